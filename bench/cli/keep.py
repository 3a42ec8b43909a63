"""`navibench keep`: finished runs put into one file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import note
from bench.cli.options import split


def keep(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, folders that hold some, or files of runs.")],
    to: Annotated[Path, typer.Option("--to", help="The file, FILE.runs.")],
    metrics: Annotated[
        str | None, typer.Option(help="Keep the scores of these only, comma separated.", show_default="all")
    ] = None,
) -> None:
    """Put what reports need of finished runs into one small file, which every report reads like a folder of runs."""
    from bench.kept import write_kept
    from bench.store import find_runs

    count = write_kept(find_runs(runs), to, split(metrics))
    note(f"{count} runs kept in {to}, {to.stat().st_size:,} bytes; answers and media are not in it")
