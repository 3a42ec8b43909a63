"""`navibench score`: judge stored answers again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import out
from bench.cli.options import RUNS, DataRoot, Out


def score(
    run: Annotated[str, typer.Argument(help="A run's folder, or its name: system, task:system.")],
    data_root: DataRoot = None,
    folder: Out = RUNS,
) -> None:
    """Re-score the stored answers of a run; no model is run."""
    from bench.report.text import print_run
    from bench.runner import rescore
    from bench.store import find_run

    found = rescore(find_run(run, Path(folder)), data_root)
    print_run(found, out)
    raise typer.Exit(3 if found.manifest["counts"]["failed"] else 0)
