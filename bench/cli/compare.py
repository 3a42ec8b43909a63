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
    from bench.report.groups import find_group, question
    from bench.report.paired import pair
    from bench.report.render import difference, number, probability
    from bench.report.text import grid

    a, b = find_group(run_a, folder), find_group(run_b, folder)
    found = pair(a, b, metric or ())
    for name, group in (("A", a), ("B", b)):
        seeds = f", {len(group.runs)} seeds" if len(group.runs) > 1 else f", {group.runs[0].folder}"
        out.print(f"{name} = {group.label} on {question(group.runs[0]).title}{seeds}", markup=False, highlight=False)
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
    names = [
        "metric",
        "A",
        "B",
        f"A - B [{question(a.runs[0]).level:.0%}]",
        "p",
        "p (Holm)",
        "users won/lost/tied",
        "detectable at 80 %",
    ]
    out.print(grid(names, rows))
    note(f"{found.cases:,} shared cases; left out: {found.only_a:,} only A has, {found.only_b:,} only B has")
    directions = a.told["figures"]
    worse = [line.metric for line in found.verdicts if is_worse(line, directions[line.metric]["higher_is_better"])]
    if gate and worse:
        note(f"A is below B on {', '.join(worse)}")
        raise typer.Exit(1)


def is_worse(line: Verdict, higher_is_better: bool | None) -> bool:
    """Return whether A is significantly below B in the metric's own direction."""
    if higher_is_better is None or line.p_holm is None or line.result.difference is None:
        return False
    worse = line.result.difference < 0 if higher_is_better else line.result.difference > 0
    return worse and line.p_holm < 0.05
