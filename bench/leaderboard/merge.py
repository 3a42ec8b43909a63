"""Sources merged question by question: equal figures of a system count once, different ones stand apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from bench.api import Progress, ignore_progress
from bench.errors import BenchError
from bench.leaderboard.entries import FROM, Entry, entries_of
from bench.leaderboard.pairing import HERE, compare_open
from bench.leaderboard.sources import Source
from bench.report.board import Contrast, Page, Row
from bench.report.groups import Question
from bench.report.html.ranks import ranks, ties


@dataclass(frozen=True, slots=True)
class Told:
    """A contrast in the order of the sheet, with its source (`HERE`: none) and how many pairs its Holm p is over."""

    contrast: Contrast
    source: str
    pairs: int


@dataclass(frozen=True)
class Sheet:
    """One question: a merged page, its entries in the page's order, and every contrast by places (i < j).

    `page.contrasts` holds one contrast a pair that is compared: of several stored ones that corrected over most pairs.
    """

    page: Page
    entries: tuple[Entry, ...]
    told: Mapping[tuple[int, int], tuple[Told, ...]]
    placed: tuple[int, ...]
    tied: tuple[bool, ...]
    more: bool
    rows: int

    @property
    def sources(self) -> tuple[str, ...]:
        """The names of all sources, in order."""
        return tuple(dict.fromkeys(origin.source for entry in self.entries for origin in entry.origins))

    @cached_property
    def here(self) -> list[tuple[int, int]]:
        """The pairs that no source compared and that were compared here."""
        return [pair for pair, found in self.told.items() if found[0].source == HERE]

    @property
    def unpaired(self) -> int:
        """How many pairs are not compared case by case."""
        return len(self.entries) * (len(self.entries) - 1) // 2 - len(self.told)


@dataclass(frozen=True, slots=True)
class Board:
    """All sheets, by title, and the sources they were merged from."""

    sheets: tuple[Sheet, ...]
    sources: tuple[Source, ...]

    def counts(self) -> str:
        """Return in a sentence what was merged and what stands apart: nothing else was left out."""
        rows, entries = sum(sheet.rows for sheet in self.sheets), sum(len(sheet.entries) for sheet in self.sheets)
        apart = sum(FROM in entry.row.settings for sheet in self.sheets for entry in sheet.entries)
        replaced = sum(source.replaced for source in self.sources)
        here, left = sum(len(sheet.here) for sheet in self.sheets), sum(sheet.unpaired for sheet in self.sheets)
        paired = f"; {here:,} pairs that no source compared were compared here" if here else ""
        paired += f"; {left:,} pairs are not compared case by case" if left else ""
        again = f"; {replaced:,} runs replaced by newer ones of the same question" if replaced else ""
        return (
            f"{rows:,} rows in {len(self.sources):,} sources; {rows - entries:,} repeat figures of another source and "
            f"count once, {apart:,} are different figures of one label and stand apart: {entries:,} rows{again}{paired}"
        )


def merge(sources: Sequence[Source], progress: Progress = ignore_progress) -> Board:
    """Return the board of all sources; pages of one question that contradict each other are an error.

    Pairs that no source compared are compared here if both have per-case scores; `progress` counts them.
    """
    found: dict[Question, list[tuple[Source, Page]]] = defaultdict(list)
    for source in sources:
        if source.name == HERE:
            raise BenchError(f"a source cannot be called {HERE!r}, as the board calls itself; rename the folder")
        for page in source.pages:
            _check(source.name, page)
            found[page.question].append((source, page))
    order = sorted(found, key=lambda asked: (asked.title, asked.fingerprint, asked.scorers, asked.generator))
    return Board(tuple(_sheet(asked, found[asked], progress) for asked in order), tuple(sources))


def _check(name: str, page: Page) -> None:
    """Refuse a page that no report holds: without rows, without its primary figure, with a contrast of a stranger."""
    labels = [row.label for row in page.rows]
    if not labels or len({*labels}) < len(labels):
        raise BenchError(f"{name}: {page.title}: expected rows, each with a label of its own")
    for row in page.rows:
        if page.question.primary not in row.figures:
            raise BenchError(f"{name}: {page.title}: {row.label} has no {page.question.primary}")
    if strange := sorted({end for line in page.contrasts for end in (line.a, line.b)} - {*labels}):
        raise BenchError(f"{name}: {page.title}: a contrast names {strange[0]}, which has no row")


def _sheet(asked: Question, told: Sequence[tuple[Source, Page]], progress: Progress) -> Sheet:
    sizes = {(page.cases, page.users) for _, page in told}
    if len(sizes) > 1:
        names = ", ".join(source.name for source, _ in told)
        raise BenchError(f"{asked.title}: {names} tell different numbers of cases or users of one question")
    more = _direction(asked, told)
    entries = sorted(entries_of(told), key=lambda entry: (*_goodness(entry.row, asked, more), entry.row.label))
    cases, users = sizes.pop()
    lines = _contrasts(told, entries)
    labels, columns = [entry.row.label for entry in entries], [entry.scores for entry in entries]
    made = compare_open(asked, labels, columns, lines.keys(), progress)
    lines = dict(sorted({**lines, **{pair: (Told(line, HERE, len(made)),) for pair, line in made.items()}}.items()))
    best = tuple(max(found, key=lambda line: line.pairs).contrast for found in lines.values())
    page = Page(asked, cases, users, tuple(entry.row for entry in entries), best)
    placed = ranks(page)
    rows = sum(len(page.rows) for _, page in told)
    return Sheet(page, tuple(entries), lines, tuple(placed), tuple(ties(page, placed)), more, rows)


def _goodness(row: Row, asked: Question, more: bool) -> tuple[bool, float]:
    value = row.figures[asked.primary].value
    return value is None, 0.0 if value is None else -value if more else value


def _direction(asked: Question, told: Sequence[tuple[Source, Page]]) -> bool:
    """Return whether more is better: scores say so themselves, stored pages by the order of their rows."""
    known: dict[bool, str] = {}
    for source, page in told:
        if column := source.scores.get((asked, page.rows[0].label)):
            known[column.more] = source.name
            continue
        values = [row.figures[asked.primary].value for row in page.rows]
        first, last = values[0], values[-1]
        if first is not None and last is not None and first != last:
            known[first > last] = source.name
    if len(known) > 1:
        raise BenchError(f"{asked.title}: {known[True]} puts more first, {known[False]} less; one of them is edited")
    return next(iter(known), True)


def _contrasts(
    told: Sequence[tuple[Source, Page]], entries: Sequence[Entry]
) -> dict[tuple[int, int], tuple[Told, ...]]:
    place = {(origin.source, entry.system): index for index, entry in enumerate(entries) for origin in entry.origins}
    names = [entry.row.label for entry in entries]
    found: dict[tuple[int, int], list[Told]] = defaultdict(list)
    for source, page in told:
        for line in page.contrasts:
            i, j = place[source.name, line.a], place[source.name, line.b]
            turned = line if i < j else flipped(line)
            i, j = min(i, j), max(i, j)
            found[i, j].append(Told(replace(turned, a=names[i], b=names[j]), source.name, len(page.contrasts)))
    return {pair: tuple(found[pair]) for pair in sorted(found)}


def flipped(line: Contrast) -> Contrast:
    """Return b against a."""
    return replace(
        line,
        a=line.b,
        b=line.a,
        difference=_minus(line.difference),
        low=_minus(line.high),
        high=_minus(line.low),
        wins=line.losses,
        losses=line.wins,
    )


def _minus(value: float | None) -> float | None:
    return None if value is None else 0.0 - value
