"""A file of JSON lines that only grows: whole lines count, a torn last one is written over."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.io import canonical

Row = dict[str, Any]


@dataclass(slots=True)
class Lines:
    """One file. `end`: bytes of whole lines that were read or written here; `count`: those lines.

    Reading changes nothing. Who appends is the only one to do so (see `bench.io.only_one`) and has read all before.
    """

    path: Path
    end: int = 0
    count: int = 0

    def fresh(self) -> list[Row]:
        """Return the whole lines that were not seen yet; BenchError if one is no JSON object, or if lines are gone."""
        try:
            with self.path.open("rb") as stream:
                size = stream.seek(0, os.SEEK_END)
                stream.seek(min(self.end, size))
                raw = stream.read()
        except FileNotFoundError:
            size, raw = 0, b""
        if size < self.end:
            raise BenchError(f"{self.path}: lines were taken away while it was in use; start the run anew")
        whole = raw[: raw.rfind(b"\n") + 1]
        rows = [self._row(line, self.count + place) for place, line in enumerate(whole.split(b"\n")[:-1], start=1)]
        self.end += len(whole)
        self.count += len(rows)
        return rows

    def append(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Write lines behind the last whole one, synced to disk; where that fails, none of them is left."""
        lines = [canonical(dict(row)).encode() + b"\n" for row in rows]
        if not lines:
            return
        raw = b"".join(lines)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        place = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            os.ftruncate(place, self.end)
            _write(place, raw, self.end)
            os.fsync(place)
        except OSError as error:
            os.ftruncate(place, self.end)
            raise BenchError(f"{self.path}: cannot be written ({error}); make room and run again") from error
        finally:
            os.close(place)
        self.end += len(raw)
        self.count += len(lines)

    def _row(self, line: bytes, number: int) -> Row:
        try:
            row = json.loads(line)
        except ValueError:
            row = None
        if not isinstance(row, dict):
            raise BenchError(f"{self.path}: line {number} is no JSON object; delete that line to have it asked again")
        return row


def _write(place: int, raw: bytes, start: int) -> None:
    done = 0
    while done < len(raw):
        done += os.pwrite(place, raw[done:], start + done)
