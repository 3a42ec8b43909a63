"""From score matrices to rankings with exact ties: the one place where scores become ordered answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.api import Ranking
from bench.errors import BenchError

Scores = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Rows are ranked in blocks that stay in the processor's cache; no result depends on it.
BLOCK_CELLS = 2**16


class SparseRows(Protocol):
    """What is used of scipy's `csr_array` [queries, items]: row r holds entries indptr[r] .. indptr[r + 1]."""

    shape: tuple[int, int]
    data: NDArray[Any]
    indices: NDArray[Any]
    indptr: NDArray[Any]


@dataclass(frozen=True, slots=True)
class Entries:
    """Scores of some cells of a matrix [entries]."""

    row: Ints
    column: Ints
    score: Scores

    def where(self, chosen: Ints | Bools) -> Entries:
        """Return the chosen entries, in the order of `chosen` if it holds places."""
        return Entries(self.row[chosen], self.column[chosen], self.score[chosen])

    def opens(self) -> Bools:
        """Return, for sorted entries, which of them open a tied group."""
        opens = np.ones(len(self.row), dtype=np.bool_)
        opens[1:] = (self.row[1:] != self.row[:-1]) | (self.score[1:] != self.score[:-1])
        return opens


def blocks(n: int, size: int) -> Iterator[slice]:
    """Yield slices of at most `size` that cover `range(n)` in order."""
    if size < 1:
        raise BenchError(f"blocks: size is {size}; expected at least 1")
    for start in range(0, n, size):
        yield slice(start, min(start + size, n))


def top_rankings(
    scores: NDArray[Any], names: Sequence[str], k: int, exclude: Sequence[Sequence[int]] | None = None
) -> list[Ranking]:
    """Return a ranking at least `k` deep for every row of `scores` [queries, items], highest score first.

    `names` [items] are the item ids of the columns; `exclude` lists, for every row, the columns that are not
    candidates. Equal floats tie. The tied group that straddles `k` is listed whole, so the ranking may be longer than
    `k`; but the last group of all candidates, if it is reached and has several members, is expressed by
    `Ranking.rest` instead. Items inside a tied group come in sorted-name order, so that equal scores give equal
    answers whatever the order of the columns. Infinite scores are scores like any other.

    Raises BenchError for NaN scores, mismatched shapes or `k` < 1. Memory: a few copies of a block of rows.
    """
    check_shapes(scores, names, k, exclude)
    labels, order = np.array(names, dtype=object), sorted_places(names)
    rankings: list[Ranking] = []
    for rows in blocks(len(scores), max(1, BLOCK_CELLS // max(1, len(names)))):
        block = scores[rows]
        values = block.astype(block.dtype if np.issubdtype(block.dtype, np.floating) else np.float64)
        check_numbers(values, rows.start)
        barred = excluded(values.shape, None if exclude is None else exclude[rows])
        chosen, rest = choose(values, barred, k)
        row, column = np.nonzero(chosen)
        rankings.extend(write(Entries(row, column, values[row, column]), rest, labels, order))
    return rankings


def top_sparse_rankings(
    scores: SparseRows, names: Sequence[str], k: int, exclude: Sequence[Sequence[int]] | None = None
) -> list[Ranking]:
    """Return what `top_rankings` returns for the same scores, from rows that mostly hold nothing.

    Entries must be above 0, and no cell may be given twice; what a row does not hold scores 0, and so ties behind
    everything it holds. Memory: one byte a cell, so give a block of rows at a time.
    """
    check_shapes(scores, names, k, exclude)
    total, width = scores.shape
    row = np.repeat(np.arange(total), np.diff(scores.indptr))
    if not np.all(scores.data > 0):
        raise BenchError("top_sparse_rankings: an entry is not above 0; expected only positive scores")
    barred = excluded(scores.shape, exclude)
    held = Entries(row, scores.indices.astype(np.int64), scores.data).where(~barred[row, scores.indices])
    number = np.bincount(held.row, minlength=total)
    behind = width - barred.sum(axis=1) - number
    labels, order = np.array(names, dtype=object), sorted_places(names)
    held = held.where(np.lexsort((order[held.column], -held.score, held.row)))
    opens = held.opens()
    place = np.arange(len(held.row)) - np.repeat(np.cumsum(number) - number, number)
    start = place[np.flatnonzero(opens)][np.cumsum(opens) - 1]
    rest = np.where(number < k, behind, 0)
    rankings = list(write(held.where(start < k), rest, labels, order))
    # Where one candidate or none scores 0, the tail that matters is another: a few short rows, ranked in full.
    for short in np.flatnonzero(behind <= 1).tolist():
        dense = np.zeros((1, width))
        dense[0, held.column[held.row == short]] = held.score[held.row == short]
        rankings[short] = top_rankings(dense, names, k, [np.flatnonzero(barred[short]).tolist()])[0]
    return rankings


def sorted_places(names: Sequence[str]) -> Ints:
    """Return the place of every name among the sorted names [items]."""
    order = np.empty(len(names), dtype=np.int64)
    order[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return order


def check_shapes(
    scores: NDArray[Any] | SparseRows, names: Sequence[str], k: int, exclude: Sequence[Sequence[int]] | None
) -> None:
    """Raise BenchError unless scores, names and exclusions fit each other."""
    if len(scores.shape) != 2 or scores.shape[1] != len(names):
        raise BenchError(f"top_rankings: scores have shape {scores.shape}; expected [queries, {len(names)} items]")
    if exclude is not None and len(exclude) != scores.shape[0]:
        raise BenchError(f"top_rankings: {len(exclude)} exclusion lists for {scores.shape[0]} rows; expected one a row")
    if k < 1:
        raise BenchError(f"top_rankings: k is {k}; expected at least 1")


def check_numbers(values: Scores, start: int) -> None:
    """Raise BenchError for NaN, naming the first such row."""
    bad = np.isnan(values).any(axis=1)
    if bad.any():
        row = start + int(bad.argmax())
        raise BenchError(f"top_rankings: row {row} holds NaN scores; a system must give every candidate a number")


def excluded(shape: tuple[int, ...], exclude: Sequence[Sequence[int]] | None) -> Bools:
    """Return the mask [rows, items] of what is not a candidate."""
    mask = np.zeros(shape, dtype=np.bool_)
    if exclude is not None:
        lengths = [len(columns) for columns in exclude]
        columns = np.array([column for row in exclude for column in row], dtype=np.int64)
        if columns.size and (columns.min() < 0 or columns.max() >= shape[1]):
            raise BenchError(f"top_rankings: an excluded column is outside 0..{shape[1] - 1}")
        mask[np.repeat(np.arange(shape[0]), lengths), columns] = True
    return mask


def write(listed: Entries, rest: Ints, labels: NDArray[Any], order: Ints) -> Iterator[Ranking]:
    """Yield the ranking of every row: its listed entries by score, tied groups in sorted-name order, and its rest."""
    listed = listed.where(np.lexsort((order[listed.column], -listed.score, listed.row)))
    first = np.flatnonzero(listed.opens())
    sizes = np.diff(first, append=len(listed.row)).tolist()
    ends = np.cumsum(np.bincount(listed.row, minlength=len(rest))).tolist()
    group_ends = np.cumsum(np.bincount(listed.row[first], minlength=len(rest))).tolist()
    items = labels[listed.column].tolist()
    start = group_start = 0
    for end, group_end, unlisted in zip(ends, group_ends, rest.tolist(), strict=True):
        strict_order = group_end - group_start == end - start
        yield Ranking(tuple(items[start:end]), () if strict_order else tuple(sizes[group_start:group_end]), unlisted)
        start, group_start = end, group_end


def choose(values: Scores, barred: Bools, k: int) -> tuple[Bools, Ints]:
    """Return the mask of listed items [rows, items] and the size of the unlisted tied tail [rows]."""
    rows, width = values.shape
    rest = np.zeros(rows, dtype=np.int64)
    if width == 0:
        return np.zeros(values.shape, dtype=np.bool_), rest
    # Barred columns sink below every candidate or level with one at -inf; the masks below keep the two apart.
    values[barred] = -np.inf
    cut = width - min(k, width)
    least = np.partition(values, cut, axis=1)[:, cut]
    candidates = ~barred
    for row in np.flatnonzero(barred.sum(axis=1) > cut):  # fewer than k candidates: the least of them, if any
        least[row] = values[row, candidates[row]].min(initial=np.inf)
    chosen = (values >= least[:, None]) & candidates
    ends = np.flatnonzero(~((values < least[:, None]) & candidates).any(axis=1))  # rows with nothing behind
    tail = (values[ends] == least[ends, None]) & candidates[ends]
    rest[ends] = tail.sum(axis=1)
    tail[rest[ends] == 1] = False  # a last group of one is simply the last item
    rest[rest == 1] = 0
    chosen[ends] &= ~tail
    return chosen, rest
