"""A catalogue of token sequences of any length as a trie: codes, titles or lists of terms as a language model has them.

A sequence may be the beginning of another. Every sequence is therefore closed by the token that follows it in the
rendered answer, such as `"` or `<|cid_end|>`, and this token competes with the continuations. Behind it, shorter
sequences are filled up with it; nothing branches there, so the filling costs nothing and changes no probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from navigen.decode.trie import Bools, Ints, Trie


@dataclass(frozen=True, slots=True, eq=False)
class TokenCatalogue:
    """Items by their tokens; build one with `TokenCatalogue.of`.

    `trie`: of the distinct sequences, which are its rows, over dense numbers of tokens; `token` [nodes]: the vocabulary
    id that leads to a node (0 for the root); `row` [items]: each item's sequence; items with the same row tie;
    `members` [items] and `begin` [rows + 1]: the items of row r are members[begin[r]:begin[r + 1]]; `forks` [nodes]:
    whether a node has several children; `anchor` [nodes]: the nearest fork above a node, or the root.
    """

    trie: Trie
    token: Ints
    row: Ints
    members: Ints
    begin: Ints
    forks: Bools
    anchor: Ints

    @classmethod
    def of(cls, sequences: Sequence[Sequence[int]], end: int) -> TokenCatalogue:
        """Return the catalogue of one token sequence an item, each closed by the token `end`.

        BenchError: no items, an empty sequence, a negative id, or a sequence that holds `end` itself, because the
        place where it ends could not be told.
        """
        lengths = np.array([len(sequence) for sequence in sequences], dtype=np.int64)
        if not lengths.size or lengths.min() < 1:
            raise BenchError("token catalogue: an empty catalogue or item; expected at least one token an item")
        flat = np.concatenate([np.asarray(sequence, dtype=np.int64) for sequence in sequences])
        owner = np.repeat(np.arange(len(lengths)), lengths)
        if flat.min() < 0 or end < 0:
            raise BenchError("token catalogue: a negative token id; expected ids of the vocabulary")
        if (flat == end).any():
            held = int(owner[flat == end][0])
            raise BenchError(f"token catalogue: item {held} holds the closing token {end}; choose another `end`")
        ids, dense = np.unique(np.append(flat, end), return_inverse=True)
        table = np.full((len(lengths), int(lengths.max()) + 1), dense[-1])
        table[owner, np.arange(len(flat)) - np.repeat(np.cumsum(lengths) - lengths, lengths)] = dense[:-1]
        rows, row = np.unique(table, axis=0, return_inverse=True)
        row = row.ravel()
        trie = Trie.of(rows)
        forks = np.diff(trie.first) > 1
        return cls(
            trie=trie,
            token=np.where(trie.code < 0, 0, ids[trie.code]),
            row=row,
            members=np.argsort(row, kind="stable"),
            begin=np.concatenate([[0], np.cumsum(np.bincount(row))]),
            forks=forks,
            anchor=find_anchors(trie, forks),
        )

    @property
    def sizes(self) -> Ints:
        """Return how many items share each row [rows]."""
        return np.diff(self.begin)

    def on_rows(self, weights: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sums over the items of each row [..., rows] of item weights [..., items]."""
        sums: NDArray[np.float64] = np.add.reduceat(weights[..., self.members], self.begin[:-1], axis=-1)
        return sums

    def chain(self, nodes: Ints) -> Ints:
        """Return how many tokens lead from each node's anchor to it [nodes]."""
        lengths: Ints = self.trie.depth[nodes] - self.trie.depth[self.anchor[nodes]]
        return lengths


def find_anchors(trie: Trie, forks: Bools) -> Ints:
    """Return the nearest fork above every node, or the root [nodes]; the root's is itself."""
    anchor = np.zeros_like(trie.parent)
    for depth in range(2, trie.levels + 1):
        nodes = trie.nodes(depth)
        parents = trie.parent[nodes]
        anchor[nodes] = np.where(forks[parents], parents, anchor[parents])
    return anchor
