"""From score matrices to rankings with exact ties: the one place where scores become ordered answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Ranking
from bench.errors import BenchError

Scores = NDArray[np.floating[Any]]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# Rows are ranked in blocks that stay in the processor's cache; no result depends on it.
BLOCK_CELLS = 2**20


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
    order = np.empty(len(names), dtype=np.int64)
    order[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    labels = np.array(names, dtype=object)
    rankings: list[Ranking] = []
    for rows in blocks(len(scores), max(1, BLOCK_CELLS // max(1, len(names)))):
        block = scores[rows]
        values = block.astype(block.dtype if np.issubdtype(block.dtype, np.floating) else np.float64)
        check_numbers(values, rows.start)
        barred = excluded(values.shape, None if exclude is None else exclude[rows])
        rankings.extend(rank_block(values, barred, labels, order, k))
    return rankings


def check_shapes(scores: NDArray[Any], names: Sequence[str], k: int, exclude: Sequence[Sequence[int]] | None) -> None:
    """Raise BenchError unless scores, names and exclusions fit each other."""
    if scores.ndim != 2 or scores.shape[1] != len(names):
        raise BenchError(f"top_rankings: scores have shape {scores.shape}; expected [queries, {len(names)} items]")
    if exclude is not None and len(exclude) != len(scores):
        raise BenchError(f"top_rankings: {len(exclude)} exclusion lists for {len(scores)} rows; expected one a row")
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


def rank_block(values: Scores, barred: Bools, labels: NDArray[Any], order: Ints, k: int) -> Iterator[Ranking]:
    """Yield the ranking of every row of `values`, which is overwritten where `barred`."""
    chosen, rest = choose(values, barred, k)
    rows, columns = np.nonzero(chosen)
    picked = values[rows, columns]
    place = np.lexsort((order[columns], -picked, rows))
    rows, columns, picked = rows[place], columns[place], picked[place]
    opens = np.ones(len(rows), dtype=np.bool_)
    opens[1:] = (rows[1:] != rows[:-1]) | (picked[1:] != picked[:-1])
    ends = np.cumsum(np.bincount(rows, minlength=len(values))).tolist()
    first = np.flatnonzero(opens)
    sizes = np.diff(first, append=len(rows)).tolist()
    group_ends = np.cumsum(np.bincount(rows[first], minlength=len(values))).tolist()
    items = labels[columns].tolist()
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
