"""A hub for the tests: the cache of huggingface_hub laid out by hand, and a small server that answers likewise."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

COMMIT = "0123456789abcdef0123456789abcdef01234567"
Files = Mapping[str, bytes]


def lay_out(cache: Path, kind: str, name: str, files: Files, commit: str = COMMIT, listed: Files | None = None) -> Path:
    """Write a snapshot as huggingface_hub does: blobs, links to them, the list of the commit's files."""
    folder = cache / f"{kind}s--{name.replace('/', '--')}"
    snapshot = folder / "snapshots" / commit
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    snapshot.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        blob = folder / "blobs" / sha1(content).hexdigest()
        blob.write_bytes(content)
        (snapshot / path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / path).symlink_to(blob)
    told = {path: {"size": len(content), "blob_id": sha1(content).hexdigest()} for path, content in files.items()}
    told |= {path: {"size": len(content), "blob_id": "0" * 40} for path, content in (listed or {}).items()}
    (folder / "trees").mkdir(exist_ok=True)
    (folder / "trees" / f"{commit}.json").write_text(json.dumps({"format_version": 1, "files": told}))
    return snapshot


@contextmanager
def serving(kind: str, name: str, files: Files, commit: str = COMMIT) -> Iterator[tuple[str, list[str]]]:
    """Serve one repository at one commit; yields the address and the paths that were asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *told: Any) -> None:
            asked.append(str(told[1]))

        def reply(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for key, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(key.replace("_", "-"), value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def do_GET(self) -> None:
            path = urlparse(self.path).path
            resolve = f"/{'datasets/' if kind == 'dataset' else ''}{name}/resolve/{commit}/"
            if path.rstrip("/") == f"/api/{kind}s/{name}/tree/{commit}":
                entries = [
                    {"type": "file", "path": one, "size": len(body), "oid": sha1(body).hexdigest()}
                    for one, body in files.items()
                ]
                self.reply(200, json.dumps(entries).encode(), Content_Type="application/json")
            elif path.startswith(resolve) and path.removeprefix(resolve) in files:
                body = files[path.removeprefix(resolve)]
                self.reply(200, body, ETag=f'"{sha1(body).hexdigest()}"', X_Repo_Commit=commit)
            else:
                self.reply(404, b"", X_Error_Code="RepoNotFound")

        do_HEAD = do_GET  # noqa: N815

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
