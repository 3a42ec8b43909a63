"""`navibench compare`: two runs, paired case by case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.console import note, out
from bench.cli.options import RUNS, Out

if TYPE_CHECKING:
    from bench.report.paired import Verdict


def compare(
    run_a: Annotated[str, typer.Argument(help="A run's folder, or its name: system, task:system.")],
    run_b: Annotated[str, typer.Argument(help="The run to compare it with.")],
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric, repeatable.")] = None,
    gate: Annotated[bool, typer.Option("--gate", help="Exit with 1 if A is below B, p (Holm) < .05.")] = False,
    folder: Out = RUNS,
) -> None:
    """Compare A with B: paired difference with its interval, p by sign flips over users, Holm over the metrics."""
    from bench.report.paired import pair
    from bench.report.render import difference, number, probability
    from bench.report.text import grid
    from bench.store import find_run

    a, b = find_run(run_a, folder), find_run(run_b, folder)
    found = pair(a, b, metric or ())
    out.print(f"A = {a.label}\nB = {b.label}", markup=False, highlight=False)
    rows = []
    for line in found.verdicts:
        result = line.result
        rows.append(
            [
                line.metric,
                number(line.mean_a),
                number(line.mean_b),
                difference(result.difference, result.interval.low, result.interval.high),
                probability(result.p),
                probability(line.p_holm),
                f"{result.wins:,}/{result.losses:,}/{result.ties:,}",
                number(result.detectable),
            ]
        )
    names = ["metric", "A", "B", "A - B [95 %]", "p", "p (Holm)", "users won/lost/tied", "detectable at 80 %"]
    out.print(grid(names, rows))
    note(f"{found.cases:,} shared cases; left out: {found.only_a:,} only A has, {found.only_b:,} only B has")
    worse = [line.metric for line in found.verdicts if is_worse(line)]
    if gate and worse:
        note(f"A is below B on {', '.join(worse)}")
        raise typer.Exit(1)


def is_worse(line: Verdict) -> bool:
    """Return whether A is significantly below B in the metric's own direction."""
    from bench.catalogue import scorer

    higher = scorer(line.metric).higher_is_better
    if higher is None or line.p_holm is None or line.result.difference is None:
        return False
    return line.p_holm < 0.05 and (line.result.difference < 0) == higher
