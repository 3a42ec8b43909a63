"""Text files, plain or gzip, read line by line with bounded memory, whatever they contain."""

from __future__ import annotations

import ast
import gzip
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from bench.errors import BenchError
from tasks.ingest.rows import Notes

MAX_LINE = 1 << 22
MAX_LITERAL = 1 << 18
"""Python-literal lines above this are refused before parsing: the parser needs some hundred bytes a character."""

GZIP_MAGIC = b"\x1f\x8b"


def find_file(folder: Path, *patterns: str, required: bool = True) -> Path | None:
    """Return the one file in `folder` that matches the first pattern with a match; BenchError if none or several.

    Hidden files and folders (parts of downloads, leavings of a killed import) are not looked at.
    """
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder; check the data root (NAVIBENCH_DATA or --data-root)")
    for pattern in patterns:
        found = sorted(path for path in folder.glob(pattern) if path.is_file() and not _hidden(path, folder))
        if len(found) > 1:
            names = ", ".join(path.name for path in found[:5])
            raise BenchError(f"{folder}: {pattern} matches several files ({names}); keep one of them in the folder")
        if found:
            return found[0]
    if required:
        raise BenchError(f"{folder}: no file named {' or '.join(patterns)}")
    return None


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def need_file(folder: Path, *patterns: str) -> Path:
    """Return the one file that matches, as `find_file`, never None."""
    return cast(Path, find_file(folder, *patterns))


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, through gzip if its first bytes say so (the name alone is not trusted)."""
    try:
        with path.open("rb") as probe:
            packed = probe.read(2) == GZIP_MAGIC
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be read ({error.strerror})") from None
    if path.suffix == ".gz" and not packed:
        raise BenchError(f"{path}: is named .gz but holds no gzip data; fetch it again or rename it")
    with gzip.open(path, "rb") if packed else path.open("rb") as stream:
        yield cast(BinaryIO, stream)


def read_lines(path: Path, notes: Notes, encoding: str = "utf-8") -> Iterator[tuple[int, str]]:
    """Yield (line number, line without its end); overlong or undecodable lines are counted, damage is a BenchError."""
    number = 0
    try:
        with open_bytes(path) as stream:
            while raw := stream.readline(MAX_LINE + 1):
                number += 1
                line = _decode(raw, stream, path, number, notes=notes, encoding=encoding)
                if line is not None:
                    yield number, line
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BenchError(f"{path}: damaged or cut short after line {number}; fetch it again") from None
    except OSError as error:
        raise BenchError(f"{path}: cannot be read after line {number} ({error.strerror})") from None


def _decode(raw: bytes, stream: BinaryIO, path: Path, number: int, *, notes: Notes, encoding: str) -> str | None:
    """Return a line's text, or None after counting why there is none."""
    if len(raw) > MAX_LINE:
        while raw and not raw.endswith(b"\n"):
            raw = stream.readline(MAX_LINE)
        notes.drop(f"line longer than {MAX_LINE} bytes", path, number)
        return None
    if b"\0" in raw:
        raise BenchError(f"{path}:{number}: holds zero bytes, so it is not a text file; check what was put there")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        notes.drop(f"not {encoding} text (save the file as UTF-8)", path, number)
        return None
    return text.rstrip("\r\n").removeprefix("\ufeff" if number == 1 else "")


def read_objects(path: Path, notes: Notes, literal: bool = False) -> Iterator[tuple[int, dict[str, object]]]:
    """Yield (line number, object) of a file with one JSON object a line.

    `literal` also accepts Python dictionaries (`{'asin': ...}`), as the 2014 Amazon metadata and the Steam files
    are; they are parsed as data (`ast.literal_eval`), never run. Lines that are neither are counted.
    """
    for number, line in read_lines(path, notes):
        if not line.strip():
            continue
        value = _parse_literal(line) if literal else _parse_json(line)
        if isinstance(value, dict):
            yield number, value
        else:
            notes.drop("not one object a line", path, number)


def _parse_json(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _parse_literal(line: str) -> object:
    value = _parse_json(line)
    if value is not None or len(line) > MAX_LITERAL:
        return value
    try:
        return ast.literal_eval(line.strip())
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
