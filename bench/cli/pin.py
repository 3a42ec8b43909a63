"""`navibench pin`: runs become the references that later candidates are held against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.check import PINNED, groups_of, made
from bench.cli.console import note
from bench.cli.options import RUNS, DataRoot, Out
from bench.errors import BenchError


def pin(
    run: Annotated[list[str] | None, typer.Argument(help="Runs: folders, names, or folders of runs.")] = None,
    margin: Annotated[
        list[str] | None,
        typer.Option(help="METRIC=SIZE, repeatable: the largest loss allowed, .02 or a share of the mean, 10%."),
    ] = None,
    to: Annotated[Path, typer.Option(help="The file of pinned references.")] = PINNED,
    name: Annotated[list[str] | None, typer.Option(help="An entry's name, one a run; else TASK:SYSTEM.")] = None,
    card: Annotated[list[Path] | None, typer.Option(help="The card file of a task of your own, repeatable.")] = None,
    alpha: Annotated[float | None, typer.Option(help="One-sided error of passing a loss.", show_default="0.05")] = None,
    again: Annotated[bool, typer.Option("--again", help="Run every entry of the file again and pin that.")] = False,
    only: Annotated[list[str] | None, typer.Option(help="With --again: only these entries, repeatable.")] = None,
    data_root: DataRoot = None,
    folder: Out = RUNS,
) -> None:
    """Pin runs as references, with what a candidate may lose; entries of the same name keep margins not given."""
    from bench.gate.jobs import for_system
    from bench.gate.make import pin_runs
    from bench.gate.pins import read_pins

    margins = read_margins(margin or [])
    if again == bool(run):
        raise BenchError("name the runs to pin, or give --again to run the entries of the file anew")
    if again:
        pins = read_pins(to)
        pairs = made(for_system(pins, pins.choose(only or [])), data_root, folder)
        names, groups = [one for one, _ in pairs], [group for _, group in pairs]
    else:
        names, groups = list(name or []), [group for one in run or [] for group in groups_of(one, folder)]
    for done in pin_runs(to, groups, margins, names, card or [], alpha):
        note(f"pinned {done} in {to}")


def read_margins(texts: list[str]) -> dict[str, float | str]:
    """Return {metric: size} for "metric=size"; a share stays text."""
    found: dict[str, float | str] = {}
    for text in texts:
        metric, equals, size = text.rpartition("=")
        if not equals or not metric:
            raise BenchError(f"--margin {text}: expected METRIC=SIZE, for example ndcg@10=10%")
        try:
            found[metric] = float(size)
        except ValueError:
            found[metric] = size
    return found
