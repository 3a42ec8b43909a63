"""Beam search in a trie, over probabilities or over any mixture of them with another distribution.

A beam is a node. Its mass is what a mixture of two distributions over items gives to the items below it:

    mass(node) = scale * p(path to the node) + extra(node)

where p multiplies the levels' probabilities, renormalised among the children that the catalogue has, and `extra` sums
item weights below the node. Nothing added: scale 1 and extra 0. As many beams as items make the search exhaustive.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from navigen.decode.trie import Ints, Trie

Floats = NDArray[np.float64]


# A model of codes: (level, queries [pairs], nodes [pairs]) -> log p(child | query, node) of the children of every pair,
# end to end as `Trie.children` lists them.
Extend = Callable[[int, Ints, Ints], Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Leaves of a search, a row a leaf: whose query it answers, which item of the catalogue, at which mass."""

    query: Ints
    item: Ints
    mass: Floats


def beam_search(trie: Trie, extend: Extend, beams: int, scale: Floats, extra: Floats | None = None) -> Found:
    """Return the `beams` heaviest leaves found for every query, heaviest first; equal masses keep the lower node.

    `scale` [queries]; `extra` [queries, nodes] or None for nothing.
    """
    if beams < 1:
        raise BenchError(f"beam search: {beams} beams; expected at least 1")
    query, nodes = np.arange(len(scale)), np.zeros(len(scale), dtype=np.int64)
    path = mass = np.zeros(len(scale))
    for level in range(trie.levels):
        children, place = trie.children(nodes)
        path = path[place] + extend(level, query, nodes)
        query, nodes = query[place], children
        mass = scale[query] * np.exp(path) + (0.0 if extra is None else extra[query, nodes])
        order = np.lexsort((nodes, -mass, query))
        ranks = np.arange(len(order)) - np.searchsorted(query[order], query[order])
        kept = order[ranks < beams]
        query, nodes, path, mass = query[kept], nodes[kept], path[kept], mass[kept]
    return Found(query, trie.order[trie.low[nodes]], mass)


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
