"""The primary metric by history length or item popularity: where a system is good, not only whether."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from rich.console import Console
from rich.markup import escape

from bench.judge import user_codes
from bench.report.board import Figure
from bench.report.groups import Group, Question, grouped
from bench.report.render import interval
from bench.report.text import grid
from bench.stats import cluster_intervals
from bench.store import Run
from bench.tables import Scores

FACT = {"history": "history_length", "popularity": "target_popularity"}


def slice_figures(scores: Scores, by: str, asked: Question) -> dict[str, tuple[Figure, int]]:
    """Return {slice: (figure of the primary metric, cases)}, in order of history length or popularity."""
    labels = np.array(scores.slices[by])
    fact = np.nan_to_num(scores.facts[FACT[by]], nan=-1.0)
    users = user_codes(scores)
    found: dict[str, tuple[Figure, int]] = {}
    for name in sorted(set(scores.slices[by]), key=lambda name: float(fact[labels == name].max())):
        here = labels == name
        column = scores.metrics[asked.primary][here][:, None]
        line = cluster_intervals(column, users[here], seed=0, level=asked.level)[0]
        found[name] = (Figure(line.value, line.low, line.high), int(here.sum()))
    return found


def print_slices(runs: Iterable[Run], by: str, console: Console) -> None:
    """Print a table a question: systems down, slices across, the task's primary metric in the cells."""
    for asked, groups in grouped(runs).items():
        _print(asked, groups, by, console)


def _print(asked: Question, groups: list[Group], by: str, console: Console) -> None:
    tables = {group.label: slice_figures(group.scores, by, asked) for group in groups}
    sizes = {name: cases for table in tables.values() for name, (_, cases) in table.items()}
    rows = [[name, *[interval(table[part][0]) for part in sizes]] for name, table in sorted(tables.items())]
    heads = [f"{by} {name} (n={cases:,})" for name, cases in sizes.items()]
    console.print(f"[bold]{escape(asked.title)}[/]  [dim]{asked.primary} by {by}, {asked.level:.0%} intervals[/]")
    console.print(grid(["system", *heads], rows))
    console.print()
