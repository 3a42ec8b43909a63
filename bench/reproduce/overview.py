"""What there is to make again: each table with its size, what it needs, which data are here, and how long it took."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bench import catalogue
from bench.errors import BenchError
from bench.reproduce.hold import Obstacle
from bench.reproduce.ready import today
from bench.reproduce.tables import Cards, Line, Table

HEADER = ("table", "pages", "rows", "comparable", "needs", "data here", "stored time")


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds that rows took by their own record, seeds counted; `untimed` rows were interrupted or tell none."""

    seconds: float
    untimed: int

    def __str__(self) -> str:
        """Return "12.0 min, not timed: 3"."""
        units = ((5400, 3600, "h"), (90, 60, "min"), (0, 1, "s"))
        shown = next(f"{self.seconds / size:.1f} {name}" for least, size, name in units if self.seconds >= least)
        return f"{shown}, not timed: {self.untimed}" if self.untimed else shown


def time_of(lines: Sequence[Line]) -> Time:
    """Return what rows took by their own record."""
    known = [line.row.seconds * len(line.row.seeds) for line in lines if line.row.seconds is not None]
    return Time(sum(known), len(lines) - len(known))


def needs(table: Table) -> list[str]:
    """Return the extras that a table's tasks and systems need, sorted; names no longer registered need none."""
    pairs = {("tasks", page.question.task) for page in table.pages}
    pairs |= {("systems", row.system) for page in table.pages for row in page.rows}
    found: set[str] = set()
    for group, name in pairs:
        try:
            found |= set(catalogue.entry(group, name).needs.split(","))
        except BenchError:
            continue
    return sorted(found - {""})


def tasks(tables: Sequence[Table]) -> list[str]:
    """Return every task of the tables, once."""
    return sorted({page.question.task for table in tables for page in table.pages})


def row(table: Table, extras: Callable[[str], bool], here: dict[str, bool]) -> list[str]:
    """Return a table's line of the overview. `extras` tells whether one is installed, `here` whose data are.

    Comparable are rows whose task version and data are those of today's cards.
    """
    lines = [Line(page, row) for page in table.pages for row in page.rows]
    asked = tasks([table])
    there = sum(here[name] for name in asked)
    wanted = [name if extras(name) else f"{name} (missing)" for name in needs(table)]
    comparable = sum(not isinstance(today(line, Cards({})), Obstacle) for line in lines)
    sizes = [str(number) for number in (len(table.pages), len(lines), comparable)]
    return [table.name, *sizes, ", ".join(wanted) or "-", f"{there} of {len(asked)} tasks", str(time_of(lines))]
