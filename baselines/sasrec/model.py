"""The network: item and position embeddings, causal self-attention blocks, scores by the tied item embeddings."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from baselines.sasrec.config import Settings


class Block(nn.Module):
    """A causal self-attention and a feed-forward layer, each with a residual path and its norm before it."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        width = settings.width
        self.heads = settings.heads
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])
        self.mix = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.grow = nn.Linear(width, settings.expansion * width)
        self.shrink = nn.Linear(settings.expansion * width, width)
        self.drop = nn.Dropout(settings.dropout)

    def attend(self, states: Tensor) -> Tensor:
        """Return what every position gathers from itself and those before it, [batch, length, width]."""
        batch, length, width = states.shape
        parts = self.mix(states).view(batch, length, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        rate = self.drop.p if self.training else 0.0
        seen = functional.scaled_dot_product_attention(parts[0], parts[1], parts[2], is_causal=True, dropout_p=rate)
        gathered: Tensor = self.out(seen.transpose(1, 2).reshape(batch, length, width))
        return gathered

    def forward(self, states: Tensor) -> Tensor:
        """Return new states, [batch, length, width]."""
        states = states + self.drop(self.attend(self.norms[0](states)))
        inner = self.drop(functional.gelu(self.grow(self.norms[1](states))))
        after: Tensor = states + self.drop(self.shrink(inner))
        return after


class Network(nn.Module):
    """SASRec's encoder; its states are compared with `vectors`.

    Positions count from the start token on and padding comes last, so under the causal mask a state depends on
    nothing but the items up to it: neither on later items nor on how far the batch is padded.
    """

    def __init__(self, items: int, settings: Settings) -> None:
        super().__init__()
        self.temperature = settings.temperature
        self.input_scale = settings.input_scale
        self.items = nn.Embedding(items + 1, settings.width)  # the last row is the start token's
        self.positions = nn.Embedding(settings.length + 1, settings.width)
        self.blocks = nn.ModuleList(Block(settings) for _ in range(settings.layers))
        self.norm = nn.LayerNorm(settings.width)
        self.drop = nn.Dropout(settings.input_dropout)
        for name, weight in self.named_parameters():
            if weight.dim() > 1:
                nn.init.normal_(weight, std=0.02)
            elif name.endswith("bias"):
                nn.init.zeros_(weight)

    def forward(self, rows: Tensor) -> Tensor:
        """Return a state for every position of `rows` [batch, length], [batch, length, width]."""
        states = self.encode(rows)
        return functional.normalize(states, dim=-1) / self.temperature if self.temperature else states

    def encode(self, rows: Tensor) -> Tensor:
        """Return what the blocks make of every position, [batch, length, width]."""
        steps = torch.arange(rows.shape[1], device=rows.device)
        states: Tensor = self.drop(self.embed(rows) + self.positions(steps))
        for block in self.blocks:
            states = block(states)
        normed: Tensor = self.norm(states)
        return normed

    def embed(self, rows: Tensor) -> Tensor:
        """Return the item part of the input, [batch, length, width]."""
        found: Tensor = self.input_scale * self.items(rows)
        return found

    def tables(self) -> list[Tensor]:
        """Return the embedding tables, which learn at a rate of their own."""
        return [self.items.weight, self.positions.weight]

    def vectors(self, numbers: Tensor) -> Tensor:
        """Return the item vectors that states are compared with, [*numbers.shape, width]."""
        found: Tensor = self.items(numbers)
        return functional.normalize(found, dim=-1) if self.temperature else found

    def table(self) -> Tensor:
        """Return the vectors of all items, [items, width]."""
        return self.vectors(torch.arange(self.items.num_embeddings - 1, device=self.items.weight.device))

    def score(self, rows: Tensor, lengths: Tensor) -> Tensor:
        """Return the score of every item as the next one after each row, [batch, items]."""
        ends = torch.arange(len(rows), device=rows.device)
        scores: Tensor = self(rows)[ends, lengths - 1] @ self.table().T
        return scores
