"""A page's rows in results/measured: shown as they stand, or made anew from finished runs first."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

Row = Mapping[str, Any]


def read(path: Path) -> list[Row]:
    """Return what was measured; nothing before anything was."""
    rows: list[Row] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else []
    return rows


def show(path: Path, keep: Callable[[Path], None], table: Callable[[Sequence[Row]], str], about: str | None) -> None:
    """Run a page's command: `--finished OUT` measures the runs below OUT; then the table is printed."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--finished", type=Path, metavar="OUT")
    told = parser.parse_args()
    if told.finished is not None:
        keep(told.finished)
    print(table(read(path)))
