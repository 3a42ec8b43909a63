"""The tables that can be made again: stored reports of the source tree, or a file of one's own, and their rows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.api import Task
from bench.config import read_card
from bench.errors import BenchError, unknown
from bench.io import read_json
from bench.report.board import Page, Row
from bench.report.render import from_json

RESULTS = Path(__file__).resolve().parents[2] / "results"


@dataclass(frozen=True, slots=True)
class Table:
    """A stored report; `tolerance` is the absolute difference it allows its figures, None if it says nothing."""

    name: str
    path: Path
    pages: tuple[Page, ...]
    tolerance: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table with the page it stands on."""

    page: Page
    row: Row

    @property
    def label(self) -> str:
        """A name for messages."""
        return f"{self.page.title} · {self.row.label}"


@dataclass(frozen=True, slots=True)
class Cards:
    """Task ids -> paths of card files, for tasks that are not registered."""

    files: dict[str, str]

    def name(self, task: str) -> str:
        """Return what the planner knows a task by: its card's file, or its id."""
        return self.files.get(task, task)

    def root(self, task: str, root: Path | None) -> Path | None:
        """Return where a task's data lie: beside its card's file, or below the data root."""
        return Path(self.files[task]).parent if task in self.files else root


def names(folder: Path = RESULTS) -> list[str]:
    """Return the names of the tables of the source tree; an installation alone has none."""
    found = sorted(path.stem for path in folder.glob("*.json"))
    if not found:
        raise BenchError("no tables come with this installation; run from a clone, or name a stored report (FILE.json)")
    return found


def read_table(name: str, folder: Path = RESULTS) -> Table:
    """Return a table by name, or by the path of a stored report (`.json`)."""
    path = Path(name)
    if path.suffix != ".json":
        known = names(folder)
        if name not in known:
            raise unknown("table", name, known)
        path = folder / f"{name}.json"
    pages = from_json(path)
    content = read_json(path)
    told = content.get("tolerance") if isinstance(content, dict) else None
    if told is not None:
        if isinstance(told, bool) or not isinstance(told, int | float):
            raise BenchError(f"{path}: tolerance: expected a number, got {told!r}")
        check_tolerance(float(told), f"{path}: tolerance")
    return Table(path.stem, path, tuple(pages), None if told is None else float(told))


def check_tolerance(value: float, where: str) -> None:
    """Raise BenchError unless `value` can be an allowed difference."""
    if not math.isfinite(value) or value < 0:
        raise BenchError(f"{where}: expected a finite number of at least 0, got {value}")


def choose(table: Table, tasks: Sequence[str], systems: Sequence[str]) -> tuple[list[Line], Cards]:
    """Return the rows of the named tasks and systems (none named: all), and the cards of tasks named by file.

    Raises BenchError for a name that no row has, and where the names together leave no row.
    """
    files: dict[str, str] = {}
    wanted: list[str] = []
    for name in tasks:
        card: Task | None = read_card(Path(name)) if name.endswith(".toml") else None
        if card is not None:
            files[card.id] = name
        wanted.append(card.id if card is not None else name)
    lines = [Line(page, row) for page in table.pages for row in page.rows]
    _check("task", wanted, {line.page.question.task for line in lines}, table)
    _check("system", systems, {line.row.system for line in lines}, table)
    kept = [
        line
        for line in lines
        if (not wanted or line.page.question.task in wanted) and (not systems or line.row.system in systems)
    ]
    if not kept:
        raise BenchError(f"{table.path}: has no row of these tasks and systems together")
    return kept, Cards(files)


def _check(what: str, told: Sequence[str], known: set[str], table: Table) -> None:
    for name in told:
        if name not in known:
            raise unknown(f"{what} of {table.path.name}", name, known)
