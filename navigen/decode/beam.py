"""Beam search in a trie, over probabilities or over any mixture of them with another distribution.

A beam is a node. Its mass is what a mixture of two distributions over items gives to the items below it:

    mass(node) = scale * p(path to the node) + extra(node)

where p multiplies the levels' probabilities, renormalised among the children that the catalogue has, and `extra` sums
item weights below the node. Nothing added: scale 1 and extra 0. As many beams as items make the search exhaustive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from navigen.decode.trie import Bools, Ints, Trie

Floats = NDArray[np.float64]


# A model of codes: (level, queries [pairs], nodes [pairs]) -> log p(child | query, node) of the children of every pair,
# end to end as `Trie.children` lists them. Pairs come in the order of their queries.
Extend = Callable[[int, Ints, Ints], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Leaves of a search, a row a leaf: whose query it answers, which item, at which mass, with which log p(path)."""

    query: Ints
    item: Ints
    mass: Floats
    path: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Beams:
    """Nodes that a search holds [beams], with mass and log p(path)."""

    query: Ints
    node: Ints
    mass: Floats
    path: Floats

    def where(self, chosen: Ints | Bools) -> Beams:
        """Return the chosen beams, in the order of `chosen` if it holds places."""
        return Beams(self.query[chosen], self.node[chosen], self.mass[chosen], self.path[chosen])

    def heaviest(self, number: int) -> Beams:
        """Return the `number` heaviest of every query, heaviest first; equal masses go by path, then by node.

        Beams must come in the order of their queries.
        """
        near = np.ones(len(self.mass), dtype=np.bool_)
        ends = np.flatnonzero(np.diff(self.query, append=-1)) + 1
        for begin, end in pairwise([0, *ends.tolist()]):  # to sort few: what is below a query's last place goes first
            if end - begin > number:
                mass = self.mass[begin:end]
                near[begin:end] = mass >= np.partition(mass, end - begin - number)[end - begin - number]
        held = self.where(near)
        order = np.lexsort((held.node, -held.path, -held.mass, held.query))
        ranks = np.arange(len(order)) - np.searchsorted(held.query, held.query)
        return held.where(order[ranks < number])


def beam_search(
    trie: Trie, extend: Extend, beams: int, scale: Floats, extra: Floats | None = None, settle: bool = False
) -> Found:
    """Return the `beams` heaviest leaves found for every query, heaviest first; equal ones keep the lower node.

    `scale` [queries]; `extra` [queries, nodes] or None for nothing. With `settle`, a node with a single item below is
    no beam but an answer: it is never extended, takes no beam's place, and all answers are returned, as they are met.
    """
    if beams < 1:
        raise BenchError(f"beam search: {beams} beams; expected at least 1")
    start = np.zeros(len(scale))
    held = Beams(np.arange(len(scale)), np.zeros(len(scale), dtype=np.int64), start, start)
    met = []
    for level in range(trie.levels):
        children, place = trie.children(held.node)
        path = held.path[place] + extend(level, held.query, held.node)
        query = held.query[place]
        mass = scale[query] * np.exp(path) + (0.0 if extra is None else extra[query, children])
        held = Beams(query, children, mass, path)
        if settle:
            alone = trie.high[children] - trie.low[children] == 1
            met.append(held.where(alone))
            held = held.where(~alone)
        held = held.heaviest(beams)
        if not len(held.node):
            break
    if settle:
        held = Beams(*(np.concatenate([getattr(part, name) for part in met]) for name in Beams.__slots__))
    return Found(held.query, trie.order[trie.low[held.node]], held.mass, held.path)


def renormalise(scores: NDArray[np.floating[Any]], place: Ints) -> Floats:
    """Return log probabilities [children] of scores [children] among the children of each parent.

    `place` [children] numbers the parents from 0 without a gap, as `Trie.children` does.
    """
    starts = np.flatnonzero(np.diff(place, prepend=-1))
    shifted = scores.astype(np.float64) - np.maximum.reduceat(scores, starts)[place]
    found: Floats = shifted - np.log(np.add.reduceat(np.exp(shifted), starts))[place]
    return found


def path_log(trie: Trie, extend: Extend, queries: Ints, items: Ints) -> Floats:
    """Return log p(item | query) of every pair, without looking at any other item than siblings on its path."""
    places = np.empty_like(trie.order)
    places[trie.order] = np.arange(len(trie.order))
    nodes = trie.nodes(trie.levels).start + places[items]
    total = np.zeros(len(nodes))
    for level in range(trie.levels - 1, -1, -1):
        parents = trie.parent[nodes]
        sizes = trie.first[parents + 1] - trie.first[parents]
        begins = np.cumsum(sizes) - sizes
        total += extend(level, queries, parents)[begins + nodes - trie.first[parents]]
        nodes = parents
    return total
