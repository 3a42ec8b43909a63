"""`navibench score`: judge stored answers again."""

from __future__ import annotations

from typing import Annotated

import typer

from bench.cli.console import out
from bench.cli.options import RUNS, DataRoot, Out


def score(
    run: Annotated[str, typer.Argument(help="A run's folder, or its name: system, task:system.")],
    data_root: DataRoot = None,
    folder: Out = RUNS,
) -> None:
    """Re-score stored answers; no model is run. A task of your own needs --data-root, the folder of its card."""
    from bench.report.groups import find_group
    from bench.report.text import print_run
    from bench.settle import rescore

    found = [rescore(member, data_root) for member in find_group(run, folder).runs]
    for member in found:
        print_run(member, out)
    raise typer.Exit(3 if any(member.manifest["counts"]["failed"] for member in found) else 0)
