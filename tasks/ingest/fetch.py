"""Fetching the files of a source: bounded, resumable, checked, and pinned where the publisher gives no checksum."""

from __future__ import annotations

import hashlib
import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any

from bench.api import Progress
from bench.errors import BenchError, unknown
from bench.io import file_sha256, read_json, write_text
from tasks.ingest.archive import extract
from tasks.ingest.sources import SOURCES, File, Source

CHUNK = 1 << 20
TIMEOUT = 60.0
SCHEMES = ("https://", "http://", "file://")


@dataclass(frozen=True, slots=True)
class Reply:
    """An open download: bytes from `offset` on (0 if the server does not resume), `size` of the whole (0: unknown)."""

    stream: IO[bytes]
    offset: int = 0
    size: int = 0


Opener = Callable[[str, int], Reply]


def fetch(name: str, root: Path, progress: Progress, opener: Opener | None = None) -> list[Path]:
    """Fetch a source of `SOURCES` into `root / folder` and return its files, unpacked where they are archives.

    Files that are there and unchanged are not fetched again. A file appears under its name only when it is whole and
    matches the published checksum, or the sha256 that `provenance.json` recorded on the first fetch. Cut downloads
    with a published checksum resume. progress(file, bytes so far, bytes of all or 0). BenchError says what failed,
    from which address, and where to put the file by hand.
    """
    if name not in SOURCES:
        raise unknown("source", name, SOURCES)
    return fetch_source(name, SOURCES[name], root, progress, opener or open_address)


def fetch_source(name: str, source: Source, root: Path, progress: Progress, opener: Opener) -> list[Path]:
    """Fetch the files of a `Source`, as `fetch` does for the table's own."""
    folder = Path(root) / source.folder
    folder.mkdir(parents=True, exist_ok=True)
    pins = read_pins(folder)
    paths: list[Path] = []
    for file in source.files:
        path = folder / file.name
        pin = pins.get(file.name, {})
        if not path.is_file():
            _download(file, path, progress, opener)
        pins[file.name] = _verify(file, path, pin)
        _write_pins(folder, name, source, pins)
        paths += _unpack(path, folder) if file.archive else [path]
    _write_pins(folder, name, source, pins)
    return paths


def read_pins(folder: Path) -> dict[str, dict[str, Any]]:
    """Return what `provenance.json` of a fetched folder says of each file ({} on the first fetch)."""
    path = folder / "provenance.json"
    if not path.exists():
        return {}
    found = read_json(path)
    pins = found.get("files") if isinstance(found, dict) else None
    if not isinstance(pins, dict) or not all(isinstance(pin, dict) for pin in pins.values()):
        raise BenchError(f"{path}: is not a record of fetched files; move it away and fetch again")
    return pins


def _write_pins(folder: Path, name: str, source: Source, pins: dict[str, dict[str, Any]]) -> None:
    record = {"source": name, "licence": source.licence, "citation": source.citation, "files": pins}
    write_text(folder / "provenance.json", json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def _verify(file: File, path: Path, pin: dict[str, Any]) -> dict[str, Any]:
    """Return the record of a file on disk; BenchError if it is not what was published, or not what it was before."""
    if file.checksum:
        kind, _, expected = file.checksum.partition(":")
        found = _digest(path, kind)
        if found != expected:
            raise BenchError(f"{path}: {kind} is {found}, published is {expected}; delete the file and fetch again")
    sha256 = file_sha256(path)
    if pin.get("sha256", sha256) != sha256:
        raise BenchError(
            f"{path}: differs from the first fetch (sha256 {sha256[:12]}..., recorded {str(pin['sha256'])[:12]}...); "
            "restore it, or delete it and provenance.json to accept a new version"
        )
    checked = file.checksum or "no published checksum: recorded on first fetch"
    return {"address": file.address, "bytes": path.stat().st_size, "sha256": sha256, "checked": checked}


def _digest(path: Path, kind: str) -> str:
    total = hashlib.new(kind, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            total.update(chunk)
    return total.hexdigest()


def _download(file: File, path: Path, progress: Progress, opener: Opener) -> None:
    """Fill `<name>.part` and rename it when whole. Without a published checksum a part is never continued."""
    part = path.with_name(f".{path.name}.part")
    done = part.stat().st_size if file.checksum and part.exists() else 0
    with _reaching(file, path):
        reply = opener(file.address, done)
        with reply.stream as stream, part.open("r+b" if reply.offset else "wb") as out:
            out.seek(reply.offset)
            out.truncate()
            done = _copy(file, stream, out, reply, progress)
    if reply.size and done != reply.size:
        raise BenchError(f"{file.address}: cut short at {done} of {reply.size} bytes; run the same command again")
    if file.checksum and _digest(part, file.checksum.partition(":")[0]) != file.checksum.partition(":")[2]:
        part.unlink()
        raise BenchError(f"{file.address}: does not match the published {file.checksum}; nothing was kept, fetch again")
    part.replace(path)


def _copy(file: File, stream: IO[bytes], out: IO[bytes], reply: Reply, progress: Progress) -> int:
    done = reply.offset
    progress(file.name, done, reply.size)
    while chunk := stream.read(CHUNK):
        done += len(chunk)
        if done > file.limit:
            raise BenchError(f"{file.address}: larger than the {file.limit} bytes expected at most; stopped")
        out.write(chunk)
        progress(file.name, done, reply.size)
    return done


@contextmanager
def _reaching(file: File, path: Path) -> Iterator[None]:
    """Turn network failures into the one line that says what to do by hand."""
    try:
        yield
    except urllib.error.HTTPError as error:
        raise BenchError(f"{file.address}: the server answers {error.code}; {_by_hand(path)}") from None
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise BenchError(f"{file.address}: cannot be fetched ({reason}); {_by_hand(path)}") from None


def _by_hand(path: Path) -> str:
    return f"get it by other means, put it at {path}, and run the same command again"


def _unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack once: a list of the members beside the archive says that it was done, and what to expect."""
    done = folder / f".{path.name}.members.json"
    sha256 = file_sha256(path)
    if done.exists():
        record = read_json(done)
        if isinstance(record, dict) and record.get("sha256") == sha256:
            files = [folder / str(name) for name in record.get("files", [])]
            if all(one.is_file() for one in files):
                return files
    files = extract(path, folder)
    names = [one.relative_to(folder).as_posix() for one in files]
    write_text(done, json.dumps({"sha256": sha256, "files": names}, indent=1) + "\n")
    return files


def open_address(address: str, offset: int) -> Reply:
    """Open an http(s) or file address from `offset` on, where the server can."""
    if not address.startswith(SCHEMES):
        raise BenchError(f"{address}: only https, http and file addresses are fetched")
    headers = {"User-Agent": "navibench", **({"Range": f"bytes={offset}-"} if offset else {})}
    try:
        answer = urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        if error.code == 416 and offset:
            return open_address(address, 0)
        raise
    size = int(answer.headers.get("Content-Length") or 0)
    resumed = getattr(answer, "status", None) == 206
    begin = offset if resumed else 0
    return Reply(answer, begin, begin + size if size else 0)
