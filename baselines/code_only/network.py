"""The residual decoder: one position an item, and a head a level that chooses among the children of a trie's node."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.code_only.chances import expect_repeats, seen_items
from baselines.code_only.config import CodeSettings
from baselines.code_only.text import Bags
from baselines.sasrec.losses import SplitSoftmax, whole_softmax
from baselines.sasrec.model import Network
from navigen.decode.trie import Trie
from navigen.identifiers.quantise import Codebook


class Head(nn.Module):
    """What a level asks of a state: the state and a correction of its own."""

    def __init__(self, settings: CodeSettings) -> None:
        super().__init__()
        self.grow = nn.Linear(settings.width, settings.width)
        self.shrink = nn.Linear(settings.width, settings.width)
        self.drop = nn.Dropout(settings.dropout)
        self.norm = nn.LayerNorm(settings.width)

    def forward(self, states: Tensor) -> Tensor:
        """Return states for one level, of the shape of `states`."""
        found: Tensor = self.norm(states + self.shrink(self.drop(functional.gelu(self.grow(states)))))
        return found


class Decoder(Network):
    """SASRec's encoder over items and their codes; p(item | history) is the product of its levels' probabilities.

    An item enters as its embedding plus those of its codes. At level l a node of the trie has the vector of its code
    plus the mean of the item embeddings below it, and competes with its siblings alone: the levels are softmaxes over
    children, so no illegal code has probability and nothing has to be masked. `rate`: see `expect_repeats`.
    """

    def __init__(
        self, settings: CodeSettings, trie: Trie, book: Codebook, rate: float | None = None, bags: Bags | None = None
    ) -> None:
        codes = book.codes
        super().__init__(len(codes), settings)
        self.levels = trie.levels
        self.rate = rate
        self.heads = nn.ModuleList(Head(settings) for _ in range(trie.levels))
        self.codes = nn.ModuleList(nn.Embedding(width + 1, settings.width) for width in book.widths)
        for weight in self.code_tables():
            nn.init.normal_(weight, std=0.02)
        self.keep("item_codes", np.concatenate([codes, [book.widths]]))  # the start token has codes of its own
        paths = np.empty((len(codes), trie.levels), dtype=np.int64)
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
        self.own, self.own_dropout = settings.own, settings.own_dropout
        self.terms = None if bags is None else nn.Embedding(len(bags.terms), settings.width)
        if self.terms is not None and bags is not None:
            nn.init.normal_(self.terms.weight, std=0.02)
            self.keep("bag_terms", bags.numbers)
            self.keep("bag_weights", bags.weights.astype(np.float32))
            self.keep("bag_starts", bags.starts)

    def keep(self, name: str, values: np.ndarray) -> None:
        """Register numbers that follow from the codes: they move with the network and are in no checkpoint."""
        self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(values)), persistent=False)

    def embed(self, rows: Tensor) -> Tensor:
        """Return item and code embeddings, summed, [batch, length, width]."""
        codes: Tensor = self.get_buffer("item_codes")[rows]
        total = functional.embedding(rows, self.item_table())
        for level, table in enumerate(self.codes):
            total = total + table(codes[..., level])
        return self.input_scale * total

    def item_table(self) -> Tensor:
        """Return what items are to both ends of the network, [items + 1, width]: own and terms' embeddings, summed."""
        table = self.items.weight
        if self.terms is None:
            return table
        numbers, starts, weights = (self.get_buffer(f"bag_{part}") for part in ("terms", "starts", "weights"))
        written = functional.embedding_bag(numbers, self.terms.weight, starts, mode="sum", per_sample_weights=weights)
        own = table[:-1] if self.own else torch.zeros_like(table[:-1])
        if self.training and self.own_dropout:
            own = own * functional.dropout(torch.ones_like(own[:, :1]), self.own_dropout)
        return torch.cat([own + written, table[-1:]])

    def tables(self) -> list[Tensor]:
        """Return the embedding tables, which learn at a rate of their own."""
        text = [] if self.terms is None else [self.terms.weight]
        return [*super().tables(), *self.code_tables(), *text]

    def code_tables(self) -> list[Tensor]:
        """Return the table of each level's codes; the last row is the start token's."""
        return [weight for table in self.codes for weight in table.parameters()]

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

    def loss(self, states: Tensor, targets: Tensor) -> Tensor:
        """Return -log p(target), summed, of `states` [positions, width] and `targets` [positions]."""
        paths = self.get_buffer("paths")[targets]
        table = self.item_table()
        total = whole_softmax(self.level_states(states, 0), self.node_vectors(0, table), paths[:, 0])
        for level in range(1, self.levels):
            parents, order = paths[:, level - 1].sort(stable=True)
            first = self.get_buffer(f"first{level}")
            groups, sizes = torch.unique_consecutive(parents, return_counts=True)
            ends = sizes.cumsum(0)
            cuts = torch.stack([ends - sizes, ends, first[groups], first[groups + 1]], 1).tolist()
            parts = [(slice(a, b), slice(c, d)) for a, b, c, d in cuts if d - c > 1]
            local = paths[order, level] - first[parents]
            asked = self.level_states(states, level)[order]
            total = total + SplitSoftmax.apply(asked, self.node_vectors(level, table), local, parts)
        return total

    def log_probabilities(self, states: Tensor) -> Tensor:
        """Return log p of every item [batch, items] after `states` [batch, width]; each row sums to 1."""
        table = self.item_table()
        total = states.new_zeros(len(states), 1)
        for level in range(self.levels):
            parent = self.get_buffer(f"parent{level}")
            scores = self.level_states(states, level) @ self.node_vectors(level, table).T
            top = scores.new_full((len(states), int(parent[-1]) + 1), -torch.inf)
            top = top.scatter_reduce(1, parent.expand(len(states), -1), scores, "amax")
            shares = (scores - top[:, parent]).exp()
            sums = torch.zeros_like(top).index_add(1, parent, shares)
            total = total[:, parent] + scores - (top + sums.log())[:, parent]
        return total[:, self.get_buffer("paths")[:, -1]]

    def last_states(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return the state after each row, [batch, width]."""
        ends = torch.arange(len(rows), device=rows.device)
        found: Tensor = self.encode(rows)[ends, lengths - 1]
        return found

    def score(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return log p of every item as the next one after each row, [batch, items]."""
        log_p = self.log_probabilities(self.last_states(rows, lengths))
        return log_p if self.rate is None else expect_repeats(log_p, seen_items(rows, log_p.shape[1]), self.rate)
