"""One JSON request to a server that may be slow, busy, broken or gone: an answer or the reason why there is none."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from socket import gaierror
from threading import Lock
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from bench.errors import BenchError
from bench.lm.protocol import Unanswered

BUSY = {408, 409, 429}
ABSENT = (ConnectionRefusedError, gaierror)  # nobody was there to get the request
CHUNK = 2**16  # bytes
SHOWN = 300  # characters of a server's own words


@dataclass(eq=False)
class Allowance:
    """How many requests may be sent (`most`, 0: any number), and how many were, by whichever thread."""

    most: int = 0
    sent: int = 0
    lock: Lock = field(default_factory=Lock, repr=False)

    def check(self, due: int) -> None:
        """Raise BenchError unless so many more may be sent."""
        if self.most and self.sent + due > self.most:
            raise BenchError(
                f"openai: {self.sent:,} of {self.most:,} requests are sent, and {due:,} more are due. Raise the "
                "server's setting requests, or run again to send as many once more"
            )

    def take(self) -> None:
        """Count one more; raise BenchError where it may not be sent."""
        with self.lock:
            self.check(1)
            self.sent += 1


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
    allowance: Allowance = field(default_factory=Allowance)
    sleep: Callable[[float], None] = time.sleep

    def send(self, body: Mapping[str, Any]) -> dict[str, Any] | Unanswered:
        """Return the server's JSON object; after the last try, or at once if trying again is no use, what went wrong.

        A busy server (408, 409, 429, 5xx), a time-out, a refused or broken connection and half an answer are tried
        again, after as long as the server asks for, or a wait that doubles. BenchError: no more requests are allowed.
        """
        tried = 0
        while True:
            self.allowance.take()
            told = self._try(body)
            tried += 1
            if not isinstance(told, Unanswered) or told.wait is None:
                return told
            if tried >= self.tries:
                return replace(told, reason=count_tries(told.reason, tried))
            self.sleep(told.wait or grown(self.pause, self.patience, tried, self.jitter(tried - 1)))

    def _try(self, body: Mapping[str, Any]) -> dict[str, Any] | Unanswered:
        """Return what one request brings."""
        try:
            return self._once(body)
        except HTTPError as error:
            reason, paid = self._told(error), error.code >= 500  # what is refused at once costs nothing
            if error.code not in BUSY and error.code < 500:
                return Unanswered(reason, paid=paid)
            wait = asked_wait(error.headers.get("Retry-After")) or 0.0
            if wait > self.patience:
                reason += f"; the server asks for a wait of {wait:.0f} s, patience is {self.patience:.0f} s"
                return Unanswered(reason, paid=paid)
            return Unanswered(reason, wait, paid=paid)
        except (HTTPException, OSError, ValueError) as error:  # URLError and time-outs are OSErrors
            cause = error.reason if isinstance(error, URLError) else error
            absent = isinstance(error, URLError) and isinstance(cause, ABSENT)
            return Unanswered(self.clean(f"{type(cause).__name__}: {cause}"), 0.0, not absent, not absent)

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


def grown(pause: float, longest: float, tried: int, share: float) -> float:
    """Return the seconds to wait after so many tries: `pause`, doubled with each, up to `longest`.

    `share`: a random number of [0, 1) by which it is lengthened, so that not all come back at once.
    """
    return min(longest, pause * 2.0 ** min(tried - 1, 32) * (1 + share))


def count_tries(reason: str, tried: int) -> str:
    """Return a reason that says how many tries it took, if it was more than one."""
    return f"{reason} ({tried} tries)" if tried > 1 else reason


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
