"""The rows of several sources: those that tell the same of a system count once, others stand apart."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.errors import BenchError
from bench.leaderboard.sources import Source
from bench.report.board import Page, Row
from bench.report.groups import Group
from bench.report.scored import Column

FROM = "from"  # what tells different figures of one label apart; a word of Python, so no system has such a setting
ROUNDING = 5e-5
"""Half of the last digit that pages print. Another processor or number of threads moves what a CLIP sees by less."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of a row: the heads of its runs' keys, what they ran on, and when they were asked, if that is told."""

    source: str
    keys: tuple[str, ...]
    host: str
    asked: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with all sources that tell its figures; `system` is its label without what tells figures apart.

    `group` and `scores` are those of the sources that have them.
    """

    row: Row
    system: str
    origins: tuple[Origin, ...]
    group: Group | None = None
    scores: Column | None = None


def entries_of(told: Sequence[tuple[Source, Page]]) -> list[Entry]:
    """Return an entry for each different row of the pages of one question, in order of first appearance by label."""
    found: dict[str, list[Entry]] = defaultdict(list)
    for source, page in told:
        for row in page.rows:
            group = source.groups.get((page.question, row.label))
            asked = tuple(str(run.manifest["asked"]) for run in group.runs) if group else ()
            origin = Origin(source.name, row.keys, row.host, asked)
            new = Entry(row, row.label, (origin,), group, source.scores.get((page.question, row.label)))
            known = found[row.label]
            place = next((place for place, old in enumerate(known) if _alike(old, new)), None)
            if place is None:
                known.append(new)
            else:
                known[place] = _joined(known[place], new, page)
    return [_apart(entry) if len(entries) > 1 else entry for entries in found.values() for entry in entries]


def _alike(old: Entry, new: Entry) -> bool:
    """Return whether entries count once: equal label, seeds and failures, figures and scores equal but for rounding."""
    one, other = old.row, new.row
    if (one.label, one.seeds, one.failed) != (other.label, other.seeds, other.failed):
        return False
    if one.figures.keys() != other.figures.keys():
        return False
    if one.figures == other.figures:
        return True  # if their scores contradict each other, one of them is edited
    near = all(
        _near(getattr(line, end), getattr(other.figures[name], end))
        for name, line in one.figures.items()
        for end in ("value", "low", "high")
    )
    return near and (old.scores is None or new.scores is None or old.scores.same(new.scores, ROUNDING))


def _near(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=ROUNDING, abs_tol=ROUNDING)


def _joined(old: Entry, new: Entry, page: Page) -> Entry:
    """Return two entries that tell the same as one; scores that contradict equal figures are an error."""
    together = (*old.origins, *new.origins)
    if old.scores is not None and new.scores is not None and not old.scores.same(new.scores, ROUNDING):
        both = " and ".join(origin.source for origin in together)
        raise BenchError(f"{page.title}: {old.system}: {both} tell the same figures of different scores")
    return replace(old, origins=together, group=old.group or new.group, scores=old.scores or new.scores)


def _apart(entry: Entry) -> Entry:
    """Return an entry whose label says which sources tell these figures."""
    names = " + ".join(origin.source for origin in entry.origins)
    return replace(entry, row=replace(entry.row, settings={**entry.row.settings, FROM: names}))
