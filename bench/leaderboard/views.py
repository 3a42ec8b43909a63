"""What the pages of a leaderboard show: its tasks and systems, one task, the history of one system."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bench.io import digest
from bench.leaderboard.entries import FROM, Entry
from bench.leaderboard.merge import Board, Sheet
from bench.leaderboard.text import rank_of, sources_of
from bench.report.html.chart import scale_of
from bench.report.html.table import Cell, Column, Table, figures, slug
from bench.report.render import interval

Line = tuple[Sheet, int]  # a row of a sheet


@dataclass(frozen=True, slots=True)
class History:
    """Every row of one system: `slug` names its page, `settings` are those of all its rows."""

    name: str
    slug: str
    lines: tuple[Line, ...]


def histories(board: Board) -> dict[str, History]:
    """Return the history of every system by its label, sorted by label."""
    found: dict[str, list[Line]] = defaultdict(list)
    for sheet in board.sheets:
        for index, entry in enumerate(sheet.entries):
            found[entry.system].append((sheet, index))
    return {name: History(name, _slug(name), tuple(sorted(found[name], key=_when))) for name in sorted(found)}


def _slug(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return f"{words[:60].strip('-')}-{digest(name)[:8]}".lstrip("-")


def _series(sheet: Sheet) -> tuple[object, ...]:
    """Return what stays the same along a history: the task and how it was asked, not its version nor its data."""
    asked = sheet.page.question
    return (asked.task, asked.seen, asked.limit or 0, asked.rendering, asked.primary)


def _when(line: Line) -> tuple[object, ...]:
    sheet, index = line
    asked, entry = sheet.page.question, sheet.entries[index]
    version = tuple((len(part), part) for part in re.split(r"[.\-]", asked.version))
    return (*_series(sheet), version, _dates(entry), asked.fingerprint, sources_of(entry))


def _dates(entry: Entry) -> list[str]:
    return sorted({date for origin in entry.origins for date in origin.asked})


def _rank(sheet: Sheet, index: int) -> Cell:
    return Cell(rank_of(sheet, index), sheet.placed[index])


def tasks(board: Board) -> Table:
    """Return a row a question, with its first systems."""
    columns = (
        Column("task", numbers=False),
        Column("first", "systems that no other is better than", numbers=False),
        *[Column(name) for name in ("systems", "cases", "users")],
        *[Column(name, numbers=False) for name in ("measured by", "data", "from")],
    )
    rows = []
    for sheet in board.sheets:
        page = sheet.page
        best = [row.label for row, rank in zip(page.rows, sheet.placed, strict=True) if rank == 1]
        shown = " = ".join(best[:4]) + (f" = {len(best) - 4} more" if len(best) > 4 else "")
        counts = [Cell(f"{count:,}", count) for count in (len(page.rows), page.cases, page.users)]
        texts = [page.question.primary, page.question.fingerprint[:8], ", ".join(sheet.sources)]
        title = Cell(page.title, page.title, link=f"task/{slug(page.question)}.html")
        rows.append((title, Cell(shown, shown), *counts, *[Cell(text, text) for text in texts]))
    return Table("Tasks", columns, tuple(rows))


def systems(told: Mapping[str, History]) -> Table:
    """Return a row a system: how many questions it was asked, and in how many none is better."""
    columns = (
        Column("system", numbers=False),
        Column("questions"),
        Column("first alone", "questions in which it is better than every other system"),
        Column("first", "questions in which no other system is better"),
        Column("from", numbers=False),
    )
    rows = []
    for name, history in told.items():
        questions = len({id(sheet) for sheet, _ in history.lines})
        first = [line for line in history.lines if line[0].placed[line[1]] == 1]
        alone = sum(not sheet.tied[index] for sheet, index in first)
        sources = ", ".join(
            dict.fromkeys(one for sheet, index in history.lines for one in sources_of(sheet.entries[index]))
        )
        counts = [Cell(str(count), count) for count in (questions, alone, len(first))]
        rows.append((Cell(name, name, link=f"system/{history.slug}.html"), *counts, Cell(sources, sources)))
    return Table("Systems", columns, tuple(rows))


def standings(sheet: Sheet, told: Mapping[str, History]) -> Table:
    """Return the table of a question: that of a report, with links to histories and with sources."""
    arrows = {sheet.page.question.primary: sheet.more}
    table = figures(sheet.page, sheet.placed, arrows)
    others = len(sheet.entries) - 1
    paired = Counter(place for pair in sheet.told for place in pair)
    here = Counter(place for pair in sheet.here for place in pair)
    meaning = "other systems that it was compared with case by case, by a source or here"
    columns = (Column("paired with", meaning), Column("from", numbers=False))
    rows = []
    for index, (cells, entry) in enumerate(zip(table.rows, sheet.entries, strict=True)):
        rank, name, *rest = cells
        sources = ", ".join(sources_of(entry))
        linked = replace(name, link=f"../system/{told[entry.system].slug}.html")
        share = f", {here[index]} here" if here[index] else ""
        count = Cell(f"{paired[index]} of {others}{share}", paired[index])
        rows.append((rank, linked, *rest, count, Cell(sources, sources)))
    return replace(table, columns=(*table.columns, *columns), rows=tuple(rows))


def origins(sheet: Sheet) -> Table:
    """Return a row a system and source: which runs, when, and what they were made on."""
    columns = tuple(Column(name, numbers=False) for name in ("system", "from", "seeds", "runs", "asked", "made on"))
    rows = [
        (
            entry.row.label,
            one.source,
            ", ".join(map(str, entry.row.seeds)),
            ", ".join(one.keys),
            _days(one.asked),
            one.host,
        )
        for entry in sheet.entries
        for one in entry.origins
    ]
    cells = tuple(tuple(Cell(text, text) for text in row) for row in rows)
    return Table(f"{sheet.page.title}: runs", columns, cells)


def _days(dates: Sequence[str]) -> str:
    return ", ".join(dict.fromkeys(date[:10] for date in dates)) or "-"


def over_time(history: History) -> Table:
    """Return a row a figure that a system ever had, versions and dates of one task in order, on a scale a task."""
    columns = (
        *[Column(name, numbers=False) for name in ("task", "version", "asked", "from")],
        Column("measured by", numbers=False),
        Column("value", "mean with its interval over users, drawn on the scale of its task"),
        Column("since the line before", "difference of the means; not paired, since data or version may differ"),
        Column("rank", "among the systems of that version and data"),
        Column("of"),
        *[Column(name, numbers=False) for name in ("data", "seeds")],
    )
    ends: dict[tuple[object, ...], list[float | None]] = defaultdict(list)
    for sheet, index in history.lines:
        figure = sheet.entries[index].row.figures[sheet.page.question.primary]
        ends[_series(sheet)] += [figure.value, figure.low, figure.high]
    scales = {key: scale_of(values) for key, values in ends.items() if len(values) > 3}  # one figure needs no scale
    rows: list[tuple[Cell, ...]] = []
    before: float | None = None
    last: tuple[object, ...] = ()
    for sheet, index in history.lines:
        page, entry, key = sheet.page, sheet.entries[index], _series(sheet)
        asked, figure = page.question, entry.row.figures[page.question.primary]
        old, before, last = before if key == last else None, figure.value, key
        drawn = scales[key].mark(figure.value, figure.low, figure.high) if key in scales else None
        change = None if old is None or figure.value is None else figure.value - old
        texts = [asked.version, _days(_dates(entry)), ", ".join(sources_of(entry))]
        rows.append(
            (
                Cell(page.title, page.title, link=f"../task/{slug(asked)}.html"),
                *[Cell(text, text) for text in texts],
                Cell(asked.primary, asked.primary),
                Cell(interval(figure), figure.value, drawn),
                Cell("-" if change is None else f"{change:+.4f}", change),
                _rank(sheet, index),
                Cell(str(len(page.rows)), len(page.rows)),
                *[Cell(text, text) for text in (asked.fingerprint[:8], ", ".join(map(str, entry.row.seeds)))],
            )
        )
    return Table(f"{history.name}: figures", columns, tuple(rows))


def apart(sheet: Sheet) -> list[str]:
    """Return the systems of a question of which several sources tell different figures."""
    return sorted({entry.system for entry in sheet.entries if FROM in entry.row.settings})
