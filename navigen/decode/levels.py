"""A tree of softmaxes over the catalogue: a head a level that chooses among the children of a trie's node."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from navigen.decode.trie import Trie


class Head(nn.Module):
    """What a level asks of a state: the state and a correction of its own."""

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.grow = nn.Linear(width, width)
        self.shrink = nn.Linear(width, width)
        self.drop = nn.Dropout(dropout)
        self.norm = nn.LayerNorm(width)

    def forward(self, states: Tensor) -> Tensor:
        """Return states for one level, of the shape of `states`."""
        found: Tensor = self.norm(states + self.shrink(self.drop(functional.gelu(self.grow(states)))))
        return found


class Levels(nn.Module):
    """What networks share whose p(item | state) is the product of their levels' probabilities.

    At level l a node of the trie has the vector of its code plus the mean of the item embeddings below it, and competes
    with its siblings alone: no illegal code has probability and nothing has to be masked. `heads` and `codes` hold a
    module a level; `temperature` divides cosines, or 0 leaves products as they are.
    """

    heads: nn.ModuleList
    codes: nn.ModuleList
    levels: int
    temperature: float

    def lay(self, trie: Trie) -> None:
        """Register what follows from the trie: children, sizes, and every item's node in each level."""
        paths = np.empty((len(trie.order), trie.levels), dtype=np.int64)
        for level in range(trie.levels):
            nodes = trie.nodes(level + 1)
            sizes = trie.high[nodes] - trie.low[nodes]
            paths[trie.order, level] = np.repeat(np.arange(len(sizes)), sizes)
            first = trie.first[trie.nodes(level)] - nodes.start
            self.keep(f"first{level}", np.r_[first, len(sizes)])
            self.keep(f"code{level}", trie.code[nodes])
            self.keep(f"parent{level}", trie.parent[nodes] - trie.nodes(level).start)
            self.keep(f"size{level}", sizes)
        self.keep("paths", paths)

    def keep(self, name: str, values: np.ndarray) -> None:
        """Register numbers that follow from the codes: they move with the network and are in no checkpoint."""
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)), persistent=False)

    def item_table(self) -> Tensor:
        """Return the item embeddings [items + 1, width]; the last row is no item's."""
        raise NotImplementedError

    def scaled(self, states: Tensor) -> Tensor:
        """Return states of length 1 / temperature, or as they are without one."""
        return functional.normalize(states, dim=-1) / self.temperature if self.temperature else states

    def node_vectors(self, level: int, table: Tensor | None = None) -> Tensor:
        """Return the vectors of the nodes that `level` chooses from, [nodes, width]; `table`: that of the items."""
        size = self.get_buffer(f"size{level}")
        items = (self.item_table() if table is None else table)[:-1]
        below = items.new_zeros(len(size), items.shape[1]).index_add(0, self.get_buffer("paths")[:, level], items)
        vectors: Tensor = self.codes[level](self.get_buffer(f"code{level}")) + below / size.unsqueeze(1)
        return functional.normalize(vectors, dim=-1) if self.temperature else vectors

    def level_states(self, states: Tensor, level: int) -> Tensor:
        """Return what a level compares with its node vectors, of the shape of `states`."""
        return self.scaled(self.heads[level](states))

    def log_probabilities(self, states: Tensor) -> Tensor:
        """Return log p of every item [batch, items] after `states` [batch, width]; each row sums to 1."""
        table = self.item_table()
        total = states.new_zeros(len(states), 1)
        for level in range(self.levels):
            parent = self.get_buffer(f"parent{level}")
            scores = self.level_states(states, level) @ self.node_vectors(level, table).T
            top = scores.new_full((len(states), int(parent[-1]) + 1), -torch.inf)
            top = top.scatter_reduce(1, parent.expand(len(states), -1), scores.detach(), "amax")
            shares = (scores - top[:, parent]).exp()
            sums = torch.zeros_like(top).index_add(1, parent, shares)
            total = total[:, parent] + scores - (top + sums.log())[:, parent]
        return total[:, self.get_buffer("paths")[:, -1]]
