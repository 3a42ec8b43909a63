"""Keys and values of answers in the making: with room to grow, so that a token costs no copy of those before it."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from transformers.cache_utils import Cache, DynamicLayer

ROOM = 64  # positions that are added at least when room runs out


class Layer(DynamicLayer):  # type: ignore[no-untyped-call]
    """One layer's keys and values; `keys` and `values` are views of what is filled."""

    def __init__(self, keys: Tensor, values: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.lazy_initialization(keys, values)
        self.is_initialized = True
        self.held = [keys, values]
        self.show(keys.shape[2])

    def show(self, size: int) -> None:
        """Let the first `size` positions be the filled ones."""
        self.size = size
        self.keys, self.values = (part[:, :, :size] for part in self.held)

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Append positions; return all."""
        begin, end = self.size, self.size + key_states.shape[2]
        if end > self.held[0].shape[2]:
            more = max(ROOM, end - begin, begin // 2)
            self.held = [
                torch.cat([part, part.new_zeros((*part.shape[:2], more, part.shape[3]))], 2) for part in self.held
            ]
        for part, states in zip(self.held, (key_states, value_states), strict=True):
            part[:, :, begin:end] = states
        self.show(end)
        return self.held[0][:, :, :end], self.held[1][:, :, :end]

    def take(self, rows: Tensor) -> None:
        """Keep these rows, in this order."""
        self.held = [part.index_select(0, rows) for part in self.held]
        self.show(self.size)


def grow(cache: Any, rows: Tensor) -> Any:
    """Return a cache with room, of the given rows of a cache of prompts."""
    layers: list[Any] = []
    for layer in cache.layers:
        made = Layer(layer.keys, layer.values)
        made.take(rows)
        layers.append(made)
    return Cache(layers=layers)


def shown(mask: Tensor, model: Any) -> Tensor:
    """Return who sees whom [rows, from, to] as the model's attention wants it."""
    wide = mask[:, None]
    if model.config._attn_implementation == "sdpa":
        return wide
    hidden = torch.finfo(model.dtype).min
    return torch.zeros(wide.shape, dtype=model.dtype, device=wide.device).masked_fill(~wide, hidden)
