"""Options that several verbs share, declared once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DataRoot = Annotated[
    Path | None,
    typer.Option("--data-root", envvar="NAVIBENCH_DATA", help="Folder that holds the data sets.", show_default=False),
]
Out = Annotated[Path, typer.Option("--out", help="Folder of the runs.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
RUNS = Path("runs")


def split(text: str | None) -> list[str]:
    """Return the names in "a,b"."""
    return [name.strip() for name in (text or "").split(",") if name.strip()]
