"""The flat trie against a trie of dictionaries: masks, steps, children and sums, on random catalogues.

Invariants: 1. the mask of a prefix is what the dictionaries allow; 2. a legal walk ends at its item, an illegal one
nowhere; 3. no result depends on the order of the catalogue; 4. sums below a node are sums over the items below it.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.decode.trie import NOWHERE, Trie


@st.composite
def catalogues(draw: st.DrawFn) -> np.ndarray:
    levels = draw(st.integers(1, 4))
    widths = draw(st.lists(st.integers(1, 6), min_size=levels, max_size=levels))
    rows = draw(st.lists(st.tuples(*(st.integers(0, width - 1) for width in widths)), min_size=1, max_size=60))
    return np.array(list(dict.fromkeys(rows)), dtype=np.int64)


def followers(codes: np.ndarray) -> dict[tuple[int, ...], set[int]]:
    """The same catalogue as dictionaries: prefix -> codes that may follow."""
    found: dict[tuple[int, ...], set[int]] = defaultdict(set)
    for code in codes.tolist():
        for depth in range(len(code)):
            found[tuple(code[:depth])].add(code[depth])
    return found


@given(catalogues())
def test_masks_are_what_dictionaries_allow(codes: np.ndarray) -> None:
    trie, wanted = Trie.of(codes), followers(codes)
    width = trie.width
    for depth in range(codes.shape[1] + 1):
        prefixes = list(product(range(width), repeat=depth))[:400]
        nodes = trie.walk(np.array(prefixes, dtype=np.int64).reshape(len(prefixes), depth))
        masks = trie.mask(nodes)
        assert masks.shape == (len(prefixes), width)
        for prefix, node, mask in zip(prefixes, nodes.tolist(), masks, strict=True):
            assert set(np.flatnonzero(mask).tolist()) == wanted.get(prefix, set())
            legal = prefix in wanted or prefix in set(map(tuple, codes.tolist()))
            assert (node != NOWHERE) == legal


@given(catalogues(), st.integers(-1, 7))
def test_steps_lead_where_dictionaries_say(codes: np.ndarray, code: int) -> None:
    trie, wanted = Trie.of(codes), followers(codes)
    for row in codes.tolist():
        for depth in range(len(row)):
            node = trie.walk(np.array([row[:depth]], dtype=np.int64).reshape(1, depth))
            (after,) = trie.step(node, np.array([code])).tolist()
            assert (after != NOWHERE) == (code in wanted[tuple(row[:depth])])
            if after != NOWHERE:
                assert (trie.parent[after], trie.code[after], trie.depth[after]) == (node[0], code, depth + 1)


@given(catalogues())
def test_every_item_is_the_leaf_of_its_code(codes: np.ndarray) -> None:
    trie = Trie.of(codes)
    leaves = trie.walk(codes)
    assert trie.levels == codes.shape[1]
    assert trie.order[trie.low[leaves]].tolist() == list(range(len(codes)))
    assert (trie.high[leaves] - trie.low[leaves] == 1).all()
    assert not trie.mask(leaves).any()
    assert trie.step(leaves, np.zeros_like(leaves)).tolist() == [NOWHERE] * len(codes)


@given(catalogues())
def test_children_stand_together_and_cover_the_trie(codes: np.ndarray) -> None:
    trie = Trie.of(codes)
    nodes = np.arange(len(trie.code))
    children, place = trie.children(nodes)
    assert children.tolist() == list(range(1, len(nodes)))
    assert trie.parent[children].tolist() == nodes[place].tolist()
    again, _ = trie.children(nodes[::-1])
    assert sorted(again.tolist()) == children.tolist()


@given(catalogues(), st.randoms(use_true_random=False))
def test_the_order_of_the_catalogue_does_not_matter(codes: np.ndarray, random: object) -> None:
    order = np.random.default_rng(len(codes)).permutation(len(codes))
    one, other = Trie.of(codes), Trie.of(codes[order])
    for name in ("first", "code", "parent", "depth", "low", "high"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
    np.testing.assert_array_equal(one.order, order[other.order])


@given(catalogues())
def test_sums_are_over_the_items_below(codes: np.ndarray) -> None:
    trie = Trie.of(codes)
    weights = np.random.default_rng(0).integers(0, 9, (3, len(codes))).astype(np.float64)
    sums = trie.sums(weights)
    for node in range(len(trie.code)):
        below = trie.order[trie.low[node] : trie.high[node]]
        np.testing.assert_array_equal(sums[:, node], weights[:, below].sum(axis=1))


def test_nowhere_stays_nowhere() -> None:
    trie = Trie.of(np.array([[0, 1], [2, 3]]))
    nodes = trie.step(np.array([NOWHERE, 0, 0, 0]), np.array([0, 4, -1, 2]))
    assert nodes.tolist() == [NOWHERE, NOWHERE, NOWHERE, 2]
    assert trie.mask(nodes).sum(axis=1).tolist() == [0, 0, 0, 1]


@pytest.mark.parametrize("codes", [[[1, 2], [1, 2]], [], [[0, -1]], [[[1]]]])
def test_impossible_catalogues_are_refused(codes: list[list[int]]) -> None:
    with pytest.raises(BenchError, match="trie"):
        Trie.of(np.array(codes, dtype=np.int64))
