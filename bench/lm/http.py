"""One JSON request to a server that may be slow, busy, broken or gone: an answer or the reason why there is none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bench.api import Failure

BUSY = {408, 409, 429}
CHUNK = 2**16  # bytes
SHOWN = 300  # characters of a server's own words


class Stay(HTTPRedirectHandler):
    """Follows no redirect: the key must not go elsewhere, and a POST would become a GET."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """Return None, which makes the redirect an HTTPError."""


@dataclass(frozen=True, slots=True)
class Post:
    """Where and how to send; `jitter` gives the wait's random share of [0, 1) for an attempt. `secret`: never shown."""

    url: str
    secret: str
    timeout: float
    tries: int
    pause: float
    patience: float
    jitter: Callable[[int], float]
    sleep: Callable[[float], None] = time.sleep

    def send(self, body: Mapping[str, Any]) -> dict[str, Any] | Failure:
        """Return the server's JSON object; after the last try, or at once if trying again is no use, a Failure.

        A busy server (408, 409, 429, 5xx), a time-out, a refused or broken connection and half an answer are tried
        again, after as long as the server asks for, or a wait that doubles.
        """
        reason = ""
        for attempt in range(self.tries):
            try:
                return self._once(body)
            except HTTPError as error:
                reason = self._told(error)
                if error.code not in BUSY and error.code < 500:
                    return Failure(reason)
                wait = asked_wait(error.headers.get("Retry-After"))
            except (HTTPException, OSError, ValueError) as error:  # URLError and time-outs are OSErrors
                cause = error.reason if isinstance(error, URLError) else error
                reason, wait = self.clean(f"{type(cause).__name__}: {cause}"), None
            if wait is not None and wait > self.patience:
                return Failure(
                    f"{reason}; the server asks for a wait of {wait:.0f} s, patience is {self.patience:.0f} s"
                )
            if attempt + 1 < self.tries:
                grown = min(self.patience, self.pause * 2**attempt * (1 + self.jitter(attempt)))
                self.sleep(grown if wait is None else wait)
        return Failure(f"{reason} ({self.tries} tries)")

    def _once(self, body: Mapping[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        request = Request(self.url, json.dumps(body).encode(), headers, method="POST")
        with build_opener(Stay).open(request, timeout=self.timeout) as response:
            raw = self._whole(response)
        told = json.loads(raw)
        if not isinstance(told, dict):
            raise ValueError("the server's answer is no JSON object")
        return told

    def _whole(self, response: HTTPResponse) -> bytes:
        """Return all of an answer; a server that drips byte by byte has no more time than a silent one."""
        end, parts = time.monotonic() + self.timeout, []
        while part := response.read1(CHUNK):
            parts.append(part)
            if time.monotonic() > end:
                raise TimeoutError(f"no whole answer within {self.timeout:g} s")
        if response.length:
            raise IncompleteRead(b"".join(parts), response.length)
        return b"".join(parts)

    def _told(self, error: HTTPError) -> str:
        try:
            words = error.read(4 * SHOWN).decode("utf-8", "replace")
        except (HTTPException, OSError):
            words = ""
        return self.clean(f"HTTP {error.code} {error.reason}: {words}")

    def clean(self, text: str) -> str:
        """Return a server's words on one line, shortened, without the key."""
        text = " ".join(text.split())
        return (text.replace(self.secret, "***") if self.secret else text)[:SHOWN]


def asked_wait(header: str | None) -> float | None:
    """Return the seconds of a Retry-After header, a number or a date; None if there is none that can be read."""
    if header is None:
        return None
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(header).timestamp() - time.time())
    except ValueError:
        return None
