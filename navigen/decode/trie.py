"""The catalogue as a trie in flat arrays: which codes may follow a prefix, for a whole batch in one step.

Nodes are numbered breadth first, siblings by code, the root is 0. So the children of a node are neighbours, the edges
sorted by (parent, code) are the nodes in order, and the items below a node, in the order of their codes, are a range.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

NOWHERE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Trie:
    """A catalogue of codes; build one with `Trie.of`.

    `first` [nodes + 1]: the children of node n are first[n] .. first[n + 1]; `code`, `parent`, `depth` [nodes] (the
    root's code and parent are -1); `low` and `high` [nodes]: the items below n are order[low[n]:high[n]]; `order`
    [items]: the rows of the catalogue in the order of their codes; `width`: one more than the largest code.
    """

    first: Ints
    code: Ints
    parent: Ints
    depth: Ints
    low: Ints
    high: Ints
    order: Ints
    width: int

    @classmethod
    def of(cls, codes: Ints) -> Trie:
        """Return the trie of `codes` [items, levels]; a code that two items share is an error."""
        if codes.ndim != 2 or not codes.size or codes.min() < 0:
            raise BenchError(f"trie: codes have shape {codes.shape}; expected [items, levels] of numbers from 0 on")
        items, levels = codes.shape
        order = np.lexsort(codes.T[::-1])
        rows = codes[order]
        code, parent, low = [np.array([-1])], [np.array([-1])], [np.array([0])]
        above, base = np.zeros(items, dtype=np.int64), 1
        opens = np.zeros(items, dtype=np.bool_)
        opens[0] = True
        for level in range(levels):
            opens = opens | np.r_[True, rows[1:, level] != rows[:-1, level]]
            starts = np.flatnonzero(opens)
            code.append(rows[starts, level])
            parent.append(above[starts])
            low.append(starts)
            above = base + np.cumsum(opens) - 1
            base += len(starts)
        if len(low[-1]) < items:
            twice = rows[np.flatnonzero(~opens)[0]].tolist()
            raise BenchError(f"trie: two items share the code {twice}; give every item a code of its own")
        parents = np.concatenate(parent)
        return cls(
            first=np.searchsorted(parents, np.arange(base + 1)).astype(np.int64),
            code=np.concatenate(code),
            parent=parents,
            depth=np.repeat(np.arange(levels + 1), [len(part) for part in low]),
            low=np.concatenate(low),
            high=np.concatenate([np.r_[part[1:], items] for part in low]),
            order=order,
            width=int(codes.max()) + 1,
        )

    @property
    def levels(self) -> int:
        """Return the length of a code."""
        return int(self.depth[-1])

    def nodes(self, depth: int) -> slice:
        """Return the range of the nodes at a depth; those at depth `levels` are the items in the order of `order`."""
        begin, end = np.searchsorted(self.depth, [depth, depth + 1]).tolist()
        return slice(begin, end)

    def children(self, nodes: Ints) -> tuple[Ints, Ints]:
        """Return the children of every node end to end, and for each the place of its parent in `nodes`."""
        sizes = self.first[nodes + 1] - self.first[nodes]
        place = np.repeat(np.arange(len(nodes)), sizes)
        within = np.arange(int(sizes.sum())) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        return self.first[nodes][place] + within, place

    def mask(self, nodes: Ints) -> Bools:
        """Return which codes may follow each node [nodes, width]; nothing follows a leaf or NOWHERE."""
        allowed = np.zeros((len(nodes), self.width), dtype=np.bool_)
        known = np.flatnonzero(nodes != NOWHERE)
        found, place = self.children(nodes[known])
        allowed[known[place], self.code[found]] = True
        return allowed

    def step(self, nodes: Ints, codes: Ints) -> Ints:
        """Return the node that each code leads to [nodes], NOWHERE if the catalogue has no such prefix."""
        keys = self.parent * (self.width + 1) + self.code
        asked = nodes * (self.width + 1) + codes
        legal = (nodes != NOWHERE) & (codes >= 0) & (codes < self.width)
        found = np.searchsorted(keys[1:], asked) + 1
        found = np.minimum(found, len(keys) - 1)
        return np.where(legal & (keys[found] == asked), found, NOWHERE)

    def walk(self, prefixes: Ints) -> Ints:
        """Return the node of every prefix [prefixes, depth]; the empty prefix is the root."""
        nodes = np.zeros(len(prefixes), dtype=np.int64)
        for codes in prefixes.T:
            nodes = self.step(nodes, codes)
        return nodes

    def sums(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what lies below every node [..., nodes] of item weights [..., items] (rows of the catalogue)."""
        sorted_weights = weights[..., self.order]
        found = np.empty((*weights.shape[:-1], len(self.code)))
        leaves = self.nodes(self.levels)
        found[..., leaves] = sorted_weights
        for depth in range(self.levels - 1, -1, -1):
            nodes = self.nodes(depth)
            below = self.nodes(depth + 1)
            starts = self.first[nodes] - below.start
            found[..., nodes] = np.add.reduceat(found[..., below], starts, axis=-1)
        return found
