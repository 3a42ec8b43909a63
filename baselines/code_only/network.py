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
from navigen.decode.levels import Head, Levels
from navigen.decode.trie import Trie
from navigen.identifiers.quantise import Codebook


class Decoder(Network, Levels):
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
        self.heads = nn.ModuleList(Head(settings.width, settings.dropout) for _ in range(trie.levels))
        self.codes = nn.ModuleList(nn.Embedding(width + 1, settings.width) for width in book.widths)
        for weight in self.code_tables():
            nn.init.normal_(weight, std=0.02)
        self.keep("item_codes", np.concatenate([codes, [book.widths]]))  # the start token has codes of its own
        self.lay(trie)
        self.own, self.own_dropout = settings.own, settings.own_dropout
        self.terms = None if bags is None else nn.Embedding(len(bags.terms), settings.width)
        if self.terms is not None and bags is not None:
            nn.init.normal_(self.terms.weight, std=0.02)
            self.keep("bag_terms", bags.numbers)
            self.keep("bag_weights", bags.weights.astype(np.float32))
            self.keep("bag_starts", bags.starts)

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

    def last_states(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return the state after each row, [batch, width]."""
        ends = torch.arange(len(rows), device=rows.device)
        found: Tensor = self.encode(rows)[ends, lengths - 1]
        return found

    def score(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return log p of every item as the next one after each row, [batch, items]."""
        log_p = self.log_probabilities(self.last_states(rows, lengths))
        return log_p if self.rate is None else expect_repeats(log_p, seen_items(rows, log_p.shape[1]), self.rate)
