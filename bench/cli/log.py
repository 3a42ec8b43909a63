"""`navibench log`: finished runs copied into an experiment tracker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import note


def log(
    runs: Annotated[list[Path], typer.Argument(help="Run folders, or folders that hold some.")],
    to: Annotated[str, typer.Option("--to", help="wandb, mlflow or trackio; each is an extra of that name.")],
    project: Annotated[str, typer.Option(help="Project or experiment there.")] = "navibench",
) -> None:
    """Copy runs into an experiment tracker: settings, figures with intervals, keys; what is there stays as it is."""
    from bench.report.trackers import send
    from bench.store import find_runs

    sent = send(find_runs(runs), to, project)
    already = f", {sent.already} already there" if sent.already else ""
    note(f"{sent.copied} runs copied to {to}, project {project}{already}")
    if sent.remark:
        note(sent.remark)
