"""The primary metric by history length or item popularity: where a system is good, not only whether."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.markup import escape

from bench.judge import user_codes
from bench.report.board import Figure
from bench.report.render import interval
from bench.report.text import grid
from bench.stats import cluster_intervals
from bench.store import Run, current
from bench.tables import Scores

RESAMPLES = 2_000


def slice_figures(scores: Scores, by: str, metric: str) -> dict[str, tuple[Figure, int]]:
    """Return {slice: (figure, cases)} of one metric, in order of history length or popularity."""
    labels = np.array(scores.slices[by])
    fact = scores.facts["history_length" if by == "history" else "target_popularity"]
    users = user_codes(scores)
    names = sorted(set(scores.slices[by]), key=lambda name: float(np.nan_to_num(fact[labels == name], nan=-1).max()))
    found: dict[str, tuple[Figure, int]] = {}
    for name in names:
        here = labels == name
        line = cluster_intervals(scores.metrics[metric][here][:, None], users[here], seed=0, resamples=RESAMPLES)[0]
        found[name] = (Figure(line.value, line.low, line.high), int(here.sum()))
    return found


def print_slices(runs: Sequence[Run], by: str, console: Console) -> None:
    """Print a table a task: systems down, slices across, the task's primary metric in the cells."""
    newest = current(runs)
    for task in dict.fromkeys(run.task for run in newest):
        mine = [run for run in newest if run.task == task]
        primary = mine[0].manifest["task"]["primary"]
        tables = {run.label.removeprefix(f"{task} · "): slice_figures(run.read_scores(), by, primary) for run in mine}
        names = list(dict.fromkeys(name for table in tables.values() for name in table))
        rows = [
            [label, *[interval(table[name][0]) if name in table else "-" for name in names]]
            for label, table in tables.items()
        ]
        sizes = [f"{name} (n={next(table[name][1] for table in tables.values() if name in table):,})" for name in names]
        console.print(f"[bold]{escape(task)}[/]  [dim]{primary} by {by}, 95 % intervals[/]")
        console.print(grid(["system", *sizes], rows))
        console.print()
