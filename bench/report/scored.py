"""Per-case scores behind a page's comparisons, without a name of a case or a user."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.io import digest
from bench.judge import user_codes
from bench.report.groups import Group, Question
from bench.tables import Scores

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The cases of a question, in order of their ids: `digest` is the sha256 of the ids, `users` [cases] who owns them.

    Users are whole numbers in order of first appearance; nothing leads back to an id.
    """

    digest: str
    users: NDArray[np.int64]

    def same(self, other: Cases) -> bool:
        """Return whether these are the same cases of the same users."""
        return self.digest == other.digest and np.array_equal(self.users, other.users)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A system's scores of the primary metric, mean over its seeds: floats [cases], NaN where it could not judge.

    `more` tells whether more of the metric is better.
    """

    cases: Cases
    values: Floats
    more: bool

    def same(self, other: Column, rounding: float = 0.0) -> bool:
        """Return whether both hold the same scores of the same cases, but for differences up to `rounding`."""
        return (
            self.more == other.more
            and self.cases.same(other.cases)
            and np.allclose(self.values, other.values, rtol=rounding, atol=rounding, equal_nan=True)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """The scores of a page: `rows` maps the label of each row to floats [cases], sorted by label; `more` is better."""

    question: Question
    more: bool
    cases: Cases
    rows: Mapping[str, Floats]

    def columns(self) -> dict[tuple[Question, str], Column]:
        """Return the scores of every row by question and label."""
        return {(self.question, label): Column(self.cases, values, self.more) for label, values in self.rows.items()}


def scored(groups: Mapping[Question, Sequence[Group]]) -> list[Scored]:
    """Return the scores of every question's groups (`bench.report.groups.grouped`), as the contrasts take them.

    Raises BenchError where runs of one question were asked different cases.
    """
    return [_scored(asked, members) for asked, members in groups.items()]


def _scored(asked: Question, groups: Sequence[Group]) -> Scored:
    cases = cases_of(groups[0].scores)
    rows = {}
    for group in sorted(groups, key=lambda group: group.label):
        if not cases_of(group.scores).same(cases):
            told = f"{groups[0].label} and {group.label} were asked different cases of one question"
            raise BenchError(f"{asked.title}: {told}; report their runs apart")
        rows[group.label] = group.scores.metrics[asked.primary][_order(group.scores)]
    return Scored(asked, bool(groups[0].told["figures"][asked.primary]["higher_is_better"]), cases, rows)


def cases_of(scores: Scores) -> Cases:
    """Return the cases of some scores."""
    order = _order(scores)
    _, first, codes = np.unique(user_codes(scores)[order], return_index=True, return_inverse=True)
    rank = np.empty(len(first), dtype=np.int64)
    rank[np.argsort(first)] = np.arange(len(first))
    return Cases(digest([scores.cases[place] for place in order]), rank[codes])


def _order(scores: Scores) -> list[int]:
    return sorted(range(len(scores.cases)), key=scores.cases.__getitem__)
