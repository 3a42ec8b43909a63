"""Unpacking zip and tar archives from strangers: no path outside, no links, no devices, no bombs, all or nothing."""

from __future__ import annotations

import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from io import RawIOBase
from pathlib import Path, PurePosixPath
from typing import IO

from bench.errors import BenchError
from tasks.ingest.lines import open_bytes

MAX_MEMBERS = 200_000
MAX_RATIO = 200
"""Real tables shrink 3 to 30 times; above this an archive is a bomb or a mistake."""

CHUNK = 1 << 20
BLOCK = 512
DAMAGE = (zipfile.BadZipFile, tarfile.TarError, EOFError, zlib.error, lzma.LZMAError, OSError, RuntimeError)


def extract(path: Path, folder: Path, limit: int = 0) -> list[Path]:
    """Unpack `path` into `folder` and return the files, sorted; nothing is left there if it fails.

    limit: most bytes of all files together (0: 200 times the archive). BenchError names the archive and the member.
    """
    budget = limit or max(path.stat().st_size, 1) * MAX_RATIO
    folder.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(dir=folder, prefix=".unpack."))
    try:
        names, left = [], budget
        for name, stream in _members(path):
            names.append(_inside(path, name))
            left -= _write(path, stage / names[-1], stream, left)
        for top in sorted(stage.iterdir()):
            _move(top, folder / top.name)
    except DAMAGE as error:
        why = " ".join(str(error).split())[:160] or type(error).__name__
        raise BenchError(f"{path}: cannot be unpacked ({why}); fetch it again, or make room") from None
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return sorted(folder / name for name in names)


def _members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield (name, stream) of every file; links and devices are refused."""
    if zipfile.is_zipfile(path):
        yield from _zip_members(path)
    elif tarfile.is_tarfile(path):
        yield from _tar_members(path)
    else:
        raise BenchError(f"{path}: is neither a zip nor a tar archive; fetch it again")


def _zip_members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(path) as pack:
        for number, member in enumerate(pack.infolist()):
            _count(path, number)
            kind = member.external_attr >> 28
            if kind == 0xA:
                raise BenchError(f"{path}: holds a link ({member.filename}); not unpacked")
            if not member.is_dir():
                with pack.open(member) as stream:
                    yield member.filename, stream


def _tar_members(path: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield a tar's files. tarfile takes a damaged header for the end, so the true end is checked afterwards."""
    with open_bytes(path) as packed:
        whole = _Watch(packed)
        with tarfile.open(fileobj=whole, mode="r|") as pack:
            for number, member in enumerate(pack):
                _count(path, number)
                if member.isdir():
                    continue
                stream = pack.extractfile(member) if member.isreg() else None
                if stream is None:
                    raise BenchError(f"{path}: holds a link or a device ({member.name}); not unpacked")
                with stream:
                    yield member.name, stream
        while whole.read(CHUNK):
            pass
        if whole.last > pack.offset or whole.size < pack.offset + BLOCK:
            raise BenchError(f"{path}: damaged archive (it does not end where it should); fetch it again")


class _Watch(RawIOBase):
    """A stream that knows how far it was read and where its last byte other than zero was: a tar ends in zeros."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.size = 0
        self.last = 0

    def read(self, size: int = -1) -> bytes:
        """Read through, and remember."""
        chunk = self.stream.read(size)
        if used := len(chunk.rstrip(b"\0")):
            self.last = self.size + used
        self.size += len(chunk)
        return chunk


def _count(path: Path, number: int) -> None:
    if number >= MAX_MEMBERS:
        raise BenchError(f"{path}: holds more than {MAX_MEMBERS} members; not unpacked")


def _inside(path: Path, name: str) -> str:
    """Return a member's path below the folder, or refuse one that leads out of it."""
    inner = PurePosixPath(name.replace("\\", "/"))
    if inner.is_absolute() or ".." in inner.parts or not inner.parts or ":" in inner.parts[0]:
        raise BenchError(f"{path}: member {name!r} would leave the folder; not unpacked")
    return str(inner)


def _write(path: Path, target: Path, stream: IO[bytes], left: int) -> int:
    """Write one member and return its size; more than `left` bytes are refused while they come, not after."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with target.open("wb") as out:
        while chunk := stream.read(CHUNK):
            written += len(chunk)
            if written > left:
                raise BenchError(f"{path}: unpacks to far more than its size allows (at {target.name!r}); not unpacked")
            out.write(chunk)
    return written


def _move(source: Path, target: Path) -> None:
    """Move a file or folder into place, replacing files of an earlier unpacking."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for inner in sorted(source.iterdir()):
            _move(inner, target / inner.name)
    else:
        source.replace(target)
