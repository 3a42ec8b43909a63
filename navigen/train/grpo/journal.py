"""Files a person reads while a training runs: a line a step, and answers as they were written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.io import write_text


class Journal:
    """Lines of JSON in a work folder; without a folder nothing is written."""

    def __init__(self, work: Path | None, step: int) -> None:
        """Take up the files of a training that goes on after `step`; later lines are of a past that did not last."""
        self.work = work
        for name in ("log.jsonl", "samples.jsonl"):
            if work is not None and (work / name).exists():
                lines = (work / name).read_text(encoding="utf-8").splitlines()
                write_text(work / name, "".join(f"{line}\n" for line in lines if lasting(line, step)))

    def note(self, row: Mapping[str, Any]) -> None:
        """Add a line to the log."""
        self._write("log.jsonl", [row])

    def show(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Add answers to those kept for reading."""
        self._write("samples.jsonl", rows)

    def _write(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        if self.work is not None:
            self.work.mkdir(parents=True, exist_ok=True)
            with (self.work / name).open("a", encoding="utf-8") as stream:
                stream.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def lasting(line: str, step: int) -> bool:
    """Return whether a line is whole and of a step up to `step`."""
    try:
        return bool(json.loads(line)["step"] <= step)
    except ValueError:
        return False
