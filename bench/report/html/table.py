"""A page of figures as a table that a browser can sort: what each cell says, what it sorts by, what is drawn in it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.config import plain
from bench.io import digest
from bench.report.board import Contrast, Page
from bench.report.groups import Question
from bench.report.html.chart import Mark, scale_of
from bench.report.html.ranks import against_best, ranks, ties, upward
from bench.report.render import difference, interval, number, probability

Directions = Mapping[str, bool | None]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name, what it means, whether it holds numbers."""

    name: str
    told: str = ""
    numbers: bool = True


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell: its text, what it is sorted by (None sorts last), and the interval drawn before the text."""

    text: str
    key: float | str | None
    mark: Mark | None = None
    note: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table whose first column is a rank and whose second is a name, or any other table of cells."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a page shows of a question."""

    page: Page
    slug: str
    leaders: tuple[str, ...]
    figures: Table
    pairs: Table | None
    made: Table
    gallery: str = ""
    notes: tuple[str, ...] = ()


def slug(asked: Question) -> str:
    """Return a name for files and anchors: words for people, a digest so that no two questions share it."""
    words = re.sub(r"[^a-z0-9]+", "-", asked.title.lower()).strip("-")
    return f"{words[:60].strip('-')}-{digest(plain(asked))[:8]}".lstrip("-")


def section(page: Page, directions: Directions, gallery: str = "", notes: tuple[str, ...] = ()) -> Section:
    """Return a question's tables; `directions`: metric -> whether more is better (absent: not told)."""
    placed = ranks(page)
    leaders = tuple(row.label for row, rank in zip(page.rows, placed, strict=True) if rank == 1)
    pairs = pairwise(page) if page.contrasts else None
    return Section(
        page, slug(page.question), leaders, figures(page, placed, directions), pairs, made(page), gallery, notes
    )


def figures(page: Page, placed: Sequence[int], directions: Directions) -> Table:
    """Return a row a system: rank, name, primary metric with its interval, the distance to the best, the rest."""
    asked = page.question
    main = [row.figures[asked.primary] for row in page.rows]
    scale = scale_of([end for line in main for end in (line.value, line.low, line.high)])
    others, behind, tied = page.metrics[1:], against_best(page), ties(page, placed)
    columns = (
        Column("rank", "1 + the systems that are better by a paired interval without 0; equal ranks are ties"),
        Column("system", "its name with every setting that is not the default", numbers=False),
        Column(f"{asked.primary}{_arrow(directions, asked.primary)}", f"mean, {asked.level:.0%} interval over users"),
        Column("to the first row", f"paired difference, {asked.level:.0%} interval"),
        *[Column(f"{name}{_arrow(directions, name)}") for name in others],
        Column("answered", "cases with a valid answer; the others score 0"),
        Column("judged", f"cases that {asked.primary} could judge"),
        Column("seconds", "to fit and answer; none if the run was interrupted"),
    )
    rows = []
    for index, row in enumerate(page.rows):
        figure, line = row.figures[asked.primary], behind.get(row.label)
        spread = "" if row.seed_spread is None else f"± {row.seed_spread:.4f} between seeds"
        seeds = f"{len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
        equal = "=" if tied[index] else ""
        rest = [row.figures[name].value if name in row.figures else None for name in others]
        rows.append(
            (
                Cell(f"{equal}{placed[index]}", placed[index]),
                Cell(row.label, row.label, note=seeds),
                Cell(interval(figure), figure.value, scale.mark(figure.value, figure.low, figure.high), spread),
                _behind(line),
                *[Cell(number(value), value) for value in rest],
                Cell(f"{page.cases - row.failed:,} of {page.cases:,}", page.cases - row.failed),
                Cell("-" if figure.cases is None else f"{figure.cases:,}", figure.cases),
                Cell("-" if row.seconds is None else f"{row.seconds:,.1f}", row.seconds),
            )
        )
    return Table(f"{page.title}: systems, best first", columns, tuple(rows))


def pairwise(page: Page) -> Table:
    """Return a row a pair of systems: the difference on the primary metric, drawn and in figures."""
    lines = page.contrasts
    scale = scale_of([end for line in lines for end in (line.difference, line.low, line.high)], with_zero=True)
    columns = (
        Column("system a", numbers=False),
        Column("system b", numbers=False),
        Column("a minus b", f"{page.question.primary}, paired over users, {page.question.level:.0%} interval"),
        Column("p (Holm)", "sign flips over users, corrected for all pairs of this table"),
        Column("a better for", "users"),
        Column("b better for", "users"),
        Column("equal for", "users"),
    )
    more = upward(page)
    rows = []
    for line in lines:
        better, worse = (line.wins, line.losses) if more else (line.losses, line.wins)
        rows.append(
            (
                Cell(line.a, line.a),
                Cell(line.b, line.b),
                Cell(
                    difference(line.difference, line.low, line.high),
                    line.difference,
                    scale.mark(line.difference, line.low, line.high),
                ),
                Cell(probability(line.p_holm), line.p_holm),
                *[Cell(f"{count:,}", count) for count in (better, worse, line.ties)],
            )
        )
    return Table(f"{page.title}: every pair of systems", columns, tuple(rows))


def made(page: Page) -> Table:
    """Return a row a system: which runs its figures come from, and what they were made on."""
    columns = tuple(Column(name, numbers=False) for name in ("system", "seeds", "runs", "made on"))
    rows = tuple(
        tuple(Cell(text, text) for text in (row.label, ", ".join(map(str, row.seeds)), ", ".join(row.keys), row.host))
        for row in page.rows
    )
    return Table(f"{page.title}: runs", columns, rows)


def _behind(line: Contrast | None) -> Cell:
    """Return the difference of a row to the first: the contrast the other way round."""
    if line is None or line.difference is None or line.low is None or line.high is None:
        return Cell("-", None)
    return Cell(difference(-line.difference, -line.high, -line.low), -line.difference)


def _arrow(directions: Directions, name: str) -> str:
    return {True: " ↑", False: " ↓", None: ""}[directions.get(name)]
