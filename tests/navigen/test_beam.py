"""Beam search against exhaustive scoring of random tree models."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.decode.beam import Extend, beam_search, path_log, renormalise
from navigen.decode.trie import Ints, Trie
from tests.navigen.test_trie import catalogues

QUERIES = 3


def random_model(trie: Trie, seed: int) -> tuple[Extend, np.ndarray]:
    """Return a model with a random distribution a node, and what it gives every node [queries, nodes] in all."""
    rng = np.random.default_rng(seed)
    table = np.zeros((QUERIES, len(trie.code)))
    for node in range(len(trie.code)):
        children = slice(trie.first[node], trie.first[node + 1])
        if children.stop > children.start:
            table[:, children] = np.log(rng.dirichlet(np.ones(children.stop - children.start), QUERIES) + 1e-9)
    total = np.zeros_like(table)
    for node in range(1, len(trie.code)):
        total[:, node] = total[:, trie.parent[node]] + table[:, node]

    def extend(level: int, queries: Ints, nodes: Ints) -> np.ndarray:
        assert (trie.depth[nodes] == level).all()
        children, place = trie.children(nodes)
        found: np.ndarray = table[queries[place], children]
        return found

    return extend, total


@given(catalogues(), st.integers(0, 99))
def test_as_many_beams_as_items_find_everything_in_order(codes: np.ndarray, seed: int) -> None:
    trie = Trie.of(codes)
    extend, total = random_model(trie, seed)
    rng = np.random.default_rng(seed)
    scale, prior = rng.random(QUERIES), rng.random((QUERIES, len(codes)))
    found = beam_search(trie, extend, len(codes), scale, trie.sums(prior))
    leaves = trie.walk(codes)
    wanted = scale[:, None] * np.exp(total[:, leaves]) + prior
    assert len(found.item) == QUERIES * len(codes)
    np.testing.assert_allclose(found.mass, wanted[found.query, found.item], rtol=1e-9)
    for query in range(QUERIES):
        assert sorted(found.item[found.query == query].tolist()) == list(range(len(codes)))
        assert (np.diff(found.mass[found.query == query]) <= 0).all()


@given(catalogues(), st.integers(0, 99), st.integers(1, 5))
def test_few_beams_follow_a_search_by_hand(codes: np.ndarray, seed: int, beams: int) -> None:
    trie = Trie.of(codes)
    extend, total = random_model(trie, seed)
    found = beam_search(trie, extend, beams, np.ones(QUERIES))
    for query in range(QUERIES):
        held = [0]
        for _ in range(trie.levels):
            nexts = [child for node in held for child in range(trie.first[node], trie.first[node + 1])]
            held = sorted(nexts, key=lambda node: (-total[query, node], node))[:beams]
        items = [int(trie.order[trie.low[node]]) for node in held]
        assert found.item[found.query == query].tolist() == items


@given(catalogues(), st.integers(0, 99), st.integers(1, 5))
def test_settled_answers_take_no_place(codes: np.ndarray, seed: int, beams: int) -> None:
    """Only nodes with several items below compete; whatever they split into is returned."""
    trie = Trie.of(codes)
    extend, total = random_model(trie, seed)
    asked: list[int] = []

    def noting(level: int, queries: Ints, nodes: Ints) -> np.ndarray:
        asked.extend(nodes.tolist())
        assert (np.diff(queries) >= 0).all()
        return extend(level, queries, nodes)

    found = beam_search(trie, noting, beams, np.ones(QUERIES), settle=True)
    single = trie.high - trie.low == 1
    assert not single[asked].any() or len(codes) == 1
    for query in range(QUERIES):
        held, met = [0], {}
        while held:
            nexts = [child for node in held for child in range(trie.first[node], trie.first[node + 1])]
            met |= {int(trie.order[trie.low[node]]): total[query, node] for node in nexts if single[node]}
            held = sorted((node for node in nexts if not single[node]), key=lambda n: (-total[query, n], n))[:beams]
        mine = found.query == query
        assert sorted(found.item[mine].tolist()) == sorted(met)
        np.testing.assert_allclose(found.path[mine], [met[item] for item in found.item[mine].tolist()], rtol=1e-9)


@given(catalogues(), st.integers(0, 99))
def test_renormalised_scores_are_probabilities_of_siblings(codes: np.ndarray, seed: int) -> None:
    trie = Trie.of(codes)
    inner = np.flatnonzero(np.diff(trie.first) > 0)
    children, place = trie.children(inner)
    scores = 300 * np.random.default_rng(seed).standard_normal(len(children))
    found = renormalise(scores, place)
    for number in range(len(inner)):
        own = scores[place == number]
        np.testing.assert_allclose(found[place == number], own - np.logaddexp.reduce(own), atol=1e-9)


@given(catalogues(), st.integers(0, 99))
def test_a_path_has_the_probability_of_its_steps(codes: np.ndarray, seed: int) -> None:
    trie = Trie.of(codes)
    extend, total = random_model(trie, seed)
    queries, items = (part.ravel() for part in np.mgrid[0:QUERIES, 0 : len(codes)])
    np.testing.assert_allclose(path_log(trie, extend, queries, items), total[queries, trie.walk(codes)[items]])


def test_equal_masses_keep_the_lower_code() -> None:
    trie = Trie.of(np.array([[3], [1], [2], [0]]))
    found = beam_search(trie, lambda level, queries, nodes: np.zeros(4 * len(nodes)), 2, np.ones(1))
    assert found.item.tolist() == [3, 1]


def test_no_beams_are_an_error() -> None:
    trie = Trie.of(np.array([[0], [1]]))
    with pytest.raises(BenchError, match="beams"):
        beam_search(trie, lambda level, queries, nodes: np.zeros(2), 0, np.ones(1))
