"""Cases as columns: every answer and target as arrays, made once per run and shared by all ranking scorers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from bench.api import Case, Cases, Failure, Ranking, Train
from bench.errors import BenchError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Items of cases [pairs]; a column is an item's place in the sorted catalogue, -1 outside it."""

    case: Ints
    column: Ints

    def keys(self, width: int) -> Ints:
        """Return one integer a pair; -1 becomes the last of `width` columns, so that cases stay apart."""
        return self.case * width + self.column % width

    def where(self, mask: NDArray[np.bool_]) -> Pairs:
        """Return the pairs at which `mask` is true."""
        return Pairs(self.case[mask], self.column[mask])


@dataclass(frozen=True, slots=True, eq=False)
class Groups:
    """Tied groups: items `ahead` of each, its `size`."""

    ahead: Ints
    size: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Hits(Groups):
    """Tied groups that hold targets: their `case` and number of `members`; sorted by case, then best first."""

    case: Ints
    members: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """All cases of a run as arrays."""

    counts: Ints  # [catalogue] training events of every item
    items: Pairs  # every listed item ...
    groups: Groups  # ... and its tied group
    rest: Groups  # [cases] the implicit last group behind the listed items, of size 0 where there is none
    barred: Pairs  # excluded items of the catalogue that the answer does not list
    targets: Pairs  # distinct targets ...
    number: Ints  # [cases] ... and how many
    hits: Hits  # the groups that hold targets which are candidates


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def encode(cases: Cases) -> Encoding:
    """Return the arrays of a run, remembered while the same `Cases` object is judged.

    Raises BenchError for answers that are not rankings, for duplicates, for tied groups that do not add up and for
    a `rest` that is not the number of unlisted candidates: any of these could earn credit that is not due.
    """
    index = {name: column for column, name in enumerate(sorted(cases.train.items))}
    width, total = len(index) + 1, len(cases.rows)
    rankings = [as_ranking(case) for case in cases.rows]
    groups = tied_groups(rankings, cases.rows)
    items = as_pairs((ranking.items for ranking in rankings), index)
    excluded = as_pairs((set(case.example.query.exclude) & index.keys() for case in cases.rows), index)
    targets = as_pairs((sorted(set(case.example.targets)) for case in cases.rows), index)
    item_keys, excluded_keys = items.keys(width), excluded.keys(width)
    barred = np.setdiff1d(excluded_keys, item_keys)
    taken = np.concatenate([items.case[items.column >= 0], barred // width])
    listed = np.bincount(items.case, minlength=total)
    rest = check_rest(rankings, len(index) - np.bincount(taken, minlength=total), cases.rows)
    due = targets.where((targets.column >= 0) & ~np.isin(targets.keys(width), excluded_keys))
    return Encoding(
        counts=training_counts(cases.train, index),
        items=items,
        groups=groups,
        rest=Groups(listed, rest),
        barred=Pairs(barred // width, barred % width),
        targets=targets,
        number=np.bincount(targets.case, minlength=total),
        hits=find_hits(due.case, due.keys(width), item_keys, groups, Groups(listed, rest)),
    )


def as_ranking(case: Case) -> Ranking:
    """Return a case's ranking; a failure is an empty one."""
    answer = case.answer
    if isinstance(answer, Failure):
        return Ranking(())
    if not isinstance(answer, Ranking):
        kind = type(answer).__name__
        raise BenchError(f"query {case.example.query.id}: ranking scorers judge a Ranking, got {kind}")
    if len(set(answer.items)) != len(answer.items):
        raise BenchError(f"query {case.example.query.id}: the ranking lists an item twice; list every item once")
    return answer


def as_pairs(rows: Iterable[Iterable[str]], index: Mapping[str, int]) -> Pairs:
    """Return the items of every row as pairs; row numbers are cases."""
    listed = [list(row) for row in rows]
    lengths = np.array([len(row) for row in listed], dtype=np.int64)
    columns = np.array([index.get(item, -1) for item in chain.from_iterable(listed)], dtype=np.int64)
    return Pairs(np.repeat(np.arange(len(lengths)), lengths), columns)


def tied_groups(rankings: Sequence[Ranking], rows: Sequence[Case]) -> Groups:
    """Return the tied group of every listed item."""
    sizes: list[int] = []
    for ranking, case in zip(rankings, rows, strict=True):
        ties = ranking.ties or (1,) * len(ranking.items)
        if sum(ties) != len(ranking.items) or min(ties, default=1) < 1:
            raise BenchError(f"query {case.example.query.id}: ties must be sizes >= 1 that sum to the items listed")
        sizes.extend(ties)
    size = np.array(sizes, dtype=np.int64)
    listed = np.array([len(ranking.items) for ranking in rankings], dtype=np.int64)
    # Items listed before the group, over all cases, less those of earlier cases.
    ahead = np.repeat(np.cumsum(size) - size, size)
    return Groups(ahead - np.repeat(np.cumsum(listed) - listed, listed), np.repeat(size, size))


def check_rest(rankings: Sequence[Ranking], unlisted: Ints, rows: Sequence[Case]) -> Ints:
    """Return every `rest`, or raise BenchError for one that is neither 0 nor the number of unlisted candidates."""
    rest = np.array([ranking.rest for ranking in rankings], dtype=np.int64)
    wrong = (rest != 0) & (rest != unlisted)
    if wrong.any():
        case = int(wrong.argmax())
        raise BenchError(
            f"query {rows[case].example.query.id}: rest is {rest[case]}; "
            f"expected 0 or the number of unlisted candidates, {unlisted[case]}"
        )
    return rest


def training_counts(train: Train, index: Mapping[str, int]) -> Ints:
    """Return the training events of every item of the catalogue [catalogue]."""
    counted = Counter(chain.from_iterable(train.sequences.values()))
    return np.array([counted[item] for item in index], dtype=np.int64)


def find_hits(case: Ints, keys: Ints, item_keys: Ints, groups: Groups, rest: Groups) -> Hits:
    """Return the groups that hold targets; `case` and `keys` are the targets', unlisted ones are in the rest."""
    order = np.argsort(item_keys, kind="stable")
    places = np.append(order, 0)[np.searchsorted(item_keys[order], keys)]
    found = np.append(item_keys, -1)[places] == keys
    behind = case[~found & (rest.size[case] > 0)]
    rows = [
        np.concatenate([case[found], behind]),
        np.concatenate([groups.ahead[places[found]], rest.ahead[behind]]),
        np.concatenate([groups.size[places[found]], rest.size[behind]]),
    ]
    (owner, ahead, size), members = np.unique(np.stack(rows), axis=1, return_counts=True)
    return Hits(ahead=ahead, size=size, case=owner, members=members.astype(np.int64))
