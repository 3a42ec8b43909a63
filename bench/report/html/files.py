"""Pictures and clips of a report: only real ones, from where they belong, each once under its content's name."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.io import file_sha256

HEADS = {
    ".png": (b"\x89PNG\r\n\x1a\n", 0),
    ".jpg": (b"\xff\xd8\xff", 0),
    ".jpeg": (b"\xff\xd8\xff", 0),
    ".gif": (b"GIF8", 0),
    ".webp": (b"WEBP", 8),
    ".mp4": (b"ftyp", 4),
    ".webm": (b"\x1aE\xdf\xa3", 0),
}
"""What a file of each kind has to begin with, and where; anything else is not copied, whatever its name."""

NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP}
LETTERS = 32  # of the sha256 of a file in its name


@dataclass
class Shelf:
    """The folder of a report's media; files are linked where the disk can, else copied."""

    folder: Path
    known: dict[Path, str] = field(default_factory=dict)

    def take(self, path: Path, inside: Path | None = None) -> str:
        """Return the name that a file has on the shelf; BenchError says why it may not stand there.

        `inside`: the folder that the file has to lie in, links followed.
        """
        real = path.resolve()
        if inside is not None and not real.is_relative_to(inside.resolve()):
            raise BenchError("the file lies outside the folder of the runs, and is not copied")
        if real not in self.known:
            self.known[real] = self._put(real)
        return self.known[real]

    def _put(self, path: Path) -> str:
        suffix = path.suffix.lower()
        if suffix not in HEADS:
            raise BenchError(f"the file is no picture or clip that a page can show ({', '.join(HEADS)})")
        if not path.is_file():
            raise BenchError("the file is gone")
        with path.open("rb") as stream:
            head = stream.read(64)
        wanted, offset = HEADS[suffix]
        if head[offset : offset + len(wanted)] != wanted:
            raise BenchError(f"the file does not hold what {suffix} says")
        name = f"{file_sha256(path)[:LETTERS]}{'-moving' if _moves(head, suffix) else ''}{suffix}"
        target = self.folder / name
        if not target.exists():
            place(path, target)
        return name


def _moves(head: bytes, suffix: str) -> bool:
    """Return whether a picture is an animation: the header of WebP has a bit for it, a GIF is taken for one."""
    return suffix == ".gif" or (suffix == ".webp" and head[12:16] == b"VP8X" and bool(head[20] & 2))


def place(path: Path, target: Path) -> None:
    """Make `target` the same file as `path`, or a copy where that cannot be."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, target)
    except OSError as error:
        if error.errno not in NO_LINK:
            raise
        shutil.copyfile(path, target)
