"""A local server that answers by a script, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Reply = tuple[int, bytes, dict[str, str]]
Script = Callable[[dict[str, Any], int], Reply]


def said(text: str | None, reason: str = "stop", **more: Any) -> Reply:
    told = {"choices": [{"message": {"role": "assistant", "content": text, **more}, "finish_reason": reason}]}
    return 200, json.dumps(told).encode(), {}


class Queue(ThreadingHTTPServer):
    """A server at which many may call at the same moment: a caller who is turned away tries again, which counts."""

    request_queue_size = 128


class Replay:
    """A server that answers by a script: (request, how often this prompt was asked before) -> reply."""

    def __init__(self) -> None:
        self.script: Script = lambda body, before: said("yes")
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.listed: Reply = (200, json.dumps({"data": []}).encode(), {})
        self.lock = threading.Lock()
        replay = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with replay.lock:
                    before = sum(one["messages"] == body["messages"] for one in replay.seen)
                    replay.seen.append(body)
                    replay.keys.append(self.headers["Authorization"])
                code, raw, headers = replay.script(body, before)
                self.send_response(code)
                for name, value in {"Content-Length": str(len(raw)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                drip = float(headers.get("Drip", 0))  # seconds between two bytes
                with suppress(ConnectionError):  # the client has given up
                    for part in [raw[place : place + 1] for place in range(len(raw))] if drip else [raw]:
                        self.wfile.write(part)
                        time.sleep(drip)

            def do_GET(self) -> None:
                replay.keys.append(self.headers["Authorization"])
                code, raw, _ = replay.listed
                self.send_response(code)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = Queue(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/v1"
