"""New rows of a vocabulary as parameters of their own, so that nothing can move the old ones."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bench.errors import BenchError


class RowEmbedding(nn.Module):
    """An embedding whose table is frozen but for the rows `ids`, which are the parameter `rows` [new, width]."""

    def __init__(self, table: nn.Embedding, ids: Tensor) -> None:
        super().__init__()
        self.table = table
        self.rows = nn.Parameter(table.weight.detach()[ids].float())
        slots = torch.full((table.num_embeddings,), -1, dtype=torch.int64, device=table.weight.device)
        slots[ids] = torch.arange(len(ids), device=table.weight.device)
        self.register_buffer("ids", ids, persistent=False)
        self.register_buffer("slots", slots, persistent=False)

    @property
    def weight(self) -> Tensor:
        """Return the frozen table, whose new rows are stale while `rows` are trained."""
        return self.table.weight

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the vectors [..., width] of `tokens` [...]."""
        slots = self.get_buffer("slots")[tokens]
        old: Tensor = self.table(tokens)
        new = nn.functional.embedding(slots.clamp_min(0), self.rows).to(old.dtype)
        return torch.where((slots >= 0).unsqueeze(-1), new, old)


class RowHead(nn.Module):
    """A linear head whose weights are frozen but for the rows `ids`: `rows`, an embedding's if the two are tied."""

    def __init__(self, linear: nn.Linear, ids: Tensor, rows: nn.Parameter | None) -> None:
        super().__init__()
        self.linear = linear
        self.rows = nn.Parameter(linear.weight.detach()[ids].float()) if rows is None else rows
        self.register_buffer("ids", ids, persistent=False)

    def forward(self, states: Tensor) -> Tensor:
        """Return the logits [..., vocabulary] of `states` [..., width]."""
        ids = self.get_buffer("ids")
        bias = None if self.linear.bias is None else self.linear.bias[ids]
        new = nn.functional.linear(states, self.rows.to(states.dtype), bias)
        logits: Tensor = self.linear(states)
        return logits.index_copy(-1, ids, new)


def check_rows(table: nn.Module, head: nn.Module, new_rows: Sequence[int]) -> Tensor:
    """Return the new rows' ids on the table's device.

    Raises BenchError where they are none, repeated or outside the table, or table or head of an unknown kind.
    """
    if not isinstance(table, nn.Embedding) or type(table).forward is not nn.Embedding.forward:
        raise BenchError(f"trainable=rows: expected a plain nn.Embedding, found {type(table).__name__}; train all")
    if not isinstance(head, nn.Linear):
        raise BenchError(f"trainable=rows: expected a plain nn.Linear as head, found {type(head).__name__}; train all")
    ids = sorted(set(new_rows))
    if not ids or len(ids) != len(new_rows):
        raise BenchError("trainable=rows: expected new_rows, the ids of the new vocabulary rows, each once")
    if ids[0] < 0 or ids[-1] >= table.num_embeddings:
        raise BenchError(
            f"trainable=rows: new_rows reach from {ids[0]} to {ids[-1]}; the table has {table.num_embeddings}"
        )
    return torch.tensor(ids, device=table.weight.device)
