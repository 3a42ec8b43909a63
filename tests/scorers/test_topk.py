"""top_rankings against a plain sort: order, whole tied groups, the implicit tail, exclusions, and its errors."""

from __future__ import annotations

from itertools import groupby

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from bench.api import Ranking
from bench.errors import BenchError
from bench.topk import BLOCK_CELLS, blocks, top_rankings, top_sparse_rankings

VALUES = st.sampled_from([-np.inf, -1.0, -0.0, 0.0, 1.0, 1.5, np.inf])


def plain(row: list[float], names: list[str], k: int, exclude: set[int]) -> Ranking:
    """Return what the definition says, one step at a time."""
    candidates = sorted(
        (-score, name) for i, (score, name) in enumerate(zip(row, names, strict=True)) if i not in exclude
    )
    groups = [[name for _, name in group] for _, group in groupby(candidates, key=lambda pair: pair[0])]
    listed: list[list[str]] = []
    while groups and sum(map(len, listed)) < k:
        listed.append(groups.pop(0))
    rest = 0
    if listed and not groups and len(listed[-1]) > 1:
        rest = len(listed.pop())
    sizes = tuple(map(len, listed))
    return Ranking(tuple(name for group in listed for name in group), sizes if set(sizes) - {1} else (), rest)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[list[float]], list[str], int, list[list[int]]]:
    width = draw(st.integers(1, 7))
    rows = draw(st.lists(st.lists(VALUES, min_size=width, max_size=width), min_size=1, max_size=4))
    names = draw(st.permutations([f"i{number}" for number in range(width)]))
    exclude = [draw(st.lists(st.integers(0, width - 1), max_size=width)) for _ in rows]
    return rows, list(names), draw(st.integers(1, 9)), exclude


@given(tables())
@settings(max_examples=300, deadline=None)
def test_matches_a_plain_sort(table: tuple[list[list[float]], list[str], int, list[list[int]]]) -> None:
    rows, names, k, exclude = table
    wanted = [plain(row, names, k, set(barred)) for row, barred in zip(rows, exclude, strict=True)]
    assert top_rankings(np.array(rows), names, k, exclude) == wanted


@given(tables())
@settings(max_examples=300, deadline=None)
def test_sparse_rows_give_the_same(table: tuple[list[list[float]], list[str], int, list[list[int]]]) -> None:
    rows, names, k, exclude = table
    scores = np.maximum(np.array(rows), 0.0)
    assert top_sparse_rankings(csr_array(scores), names, k, exclude) == top_rankings(scores, names, k, exclude)


def test_sparse_rows_refuse_what_is_not_positive() -> None:
    for bad in (-1.0, np.nan):
        with pytest.raises(BenchError, match="not above 0"):
            top_sparse_rankings(csr_array(np.array([[bad, 1.0]])), ["a", "b"], 1)


def test_blocks_change_nothing_and_scores_stay_as_they_were() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 9, size=(BLOCK_CELLS // 40 + 70, 40)).astype(np.float32)
    names = [f"i{number}" for number in range(40)]
    exclude = [rng.integers(0, 40, size=3).tolist() for _ in scores]
    before = scores.copy()
    whole = top_rankings(scores, names, 10, exclude)
    single = [top_rankings(scores[i : i + 1], names, 10, exclude[i : i + 1])[0] for i in range(0, len(scores), 50)]
    assert whole[::50] == single
    assert np.array_equal(scores, before)


def test_column_order_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    scores = rng.integers(0, 5, size=(20, 30)).astype(float)
    names = [f"i{number:02}" for number in range(30)]
    shuffled = rng.permutation(30)
    moved = top_rankings(scores[:, shuffled], [names[column] for column in shuffled], 7)
    assert moved == top_rankings(scores, names, 7)


@pytest.mark.parametrize(
    ("scores", "k", "exclude", "says"),
    [
        ([[1.0, np.nan]], 1, None, "row 0 holds NaN"),
        ([[1.0, 2.0, 3.0]], 1, None, r"expected \[queries, 2 items\]"),
        ([[1.0, 2.0]], 0, None, "k is 0"),
        ([[1.0, 2.0]], 1, [[], []], "one a row"),
        ([[1.0, 2.0]], 1, [[2]], "outside 0..1"),
    ],
)
def test_refuses(scores: list[list[float]], k: int, exclude: list[list[int]] | None, says: str) -> None:
    with pytest.raises(BenchError, match=says):
        top_rankings(np.array(scores), ["a", "b"], k, exclude)


def test_blocks_cover_the_range_in_order() -> None:
    assert [list(range(10))[rows] for rows in blocks(10, 4)] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert list(blocks(0, 4)) == []
    with pytest.raises(BenchError, match="size is 0"):
        list(blocks(3, 0))
