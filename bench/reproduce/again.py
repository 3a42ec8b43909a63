"""Rows made again, one after the other: data loaded once for neighbours, one row's trouble kept from the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.api import Dataset, Task
from bench.errors import BenchError
from bench.report.groups import Group
from bench.reproduce.hold import Obstacle, Outcome, Verdict, hold, rule_for
from bench.reproduce.ready import Ready, other_data
from bench.reproduce.tables import Line

Load = Callable[[Task], Dataset]
Make = Callable[[Ready, Dataset], Group]


def make_again(
    lines: Sequence[tuple[Line, Ready | Obstacle]], load: Load, make: Make, tolerance: float | None
) -> list[Verdict]:
    """Return a verdict a row, in order. `load` reads a card's data, `make` returns a row's runs of today.

    Data that cannot be loaded are not at hand; other data than the row's cannot be compared. A row whose making
    raises BenchError could not be made, and the next one is tried.
    """
    data: tuple[Task, Dataset | Obstacle] | None = None
    found: list[Verdict] = []
    for line, ready in lines:
        if isinstance(ready, Obstacle):
            found.append(Verdict(line, ready.outcome, ready.reason))
            continue
        if data is None or data[0] != ready.card:
            data = (ready.card, loaded(ready.card, load))
        found.append(_verdict(ready, data[1], make, tolerance))
    return found


def loaded(card: Task, load: Load) -> Dataset | Obstacle:
    """Return a card's data, or why they are not at hand."""
    try:
        return load(card)
    except BenchError as error:
        return Obstacle(Outcome.ABSENT, str(error))


def _verdict(ready: Ready, data: Dataset | Obstacle, make: Make, tolerance: float | None) -> Verdict:
    line = ready.line
    if isinstance(data, Dataset) and data.fingerprint != line.page.question.fingerprint:
        data = other_data("here are", data.fingerprint, line.page.question)
    if isinstance(data, Obstacle):
        return Verdict(line, data.outcome, data.reason)
    try:
        return hold(line, make(ready, data), rule_for(line.row.system, tolerance))
    except BenchError as error:
        return Verdict(line, Outcome.BROKEN, str(error))
