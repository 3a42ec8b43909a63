"""A batch of prompts with the beams that grow from them, all in one cache of a causal language model.

Beams are extra positions in the row of their prompt ("tree attention"). A new position has the number it would have in
a sequence of its own, and an attention mask of four dimensions that shows it its prompt and its own ancestors, so
nothing in the cache is ever copied from beam to beam or put in another order.

Only forks are read: where a prefix has one continuation there is nothing to choose, and its tokens wait until the next
fork below needs them as context. How many positions a level takes is fixed by catalogue and number of beams, whatever
the prompts: a row's numbers cannot depend on its neighbours. A level that nobody needs is not computed, but takes its
place in the cache all the same if another one is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.errors import BenchError
from navigen.decode.beam import Floats, renormalise
from navigen.decode.tokens import TokenCatalogue
from navigen.decode.trie import Bools, Ints

NOTHING = -1  # the slot of the prompt itself: no ancestor


@dataclass(frozen=True, slots=True)
class Level:
    """Room for the forks of one level in a row: `ends` places for the forks, `slots` for them and what leads there."""

    ends: int
    slots: int


def plan_levels(catalogue: TokenCatalogue, beams: int) -> tuple[Level, ...]:
    """Return the room that every level needs at most; the root's level needs none."""
    levels = [Level(1, 0)]
    for depth in range(1, catalogue.trie.levels):
        nodes = catalogue.trie.nodes(depth)
        forks = nodes.start + np.flatnonzero(catalogue.forks[nodes])
        counts = np.bincount(catalogue.chain(forks))
        longest = np.repeat(np.arange(len(counts)), counts)[::-1][:beams]
        levels.append(Level(len(longest), int(longest.sum())))
    return tuple(levels)


def check_model(model: Any) -> None:
    """Raise BenchError if masks of four dimensions would not do in this model what they say."""
    if model.training:
        raise BenchError("decoding: the model is in training mode; call model.eval() first")
    kind = model.config._attn_implementation
    if kind not in ("sdpa", "eager"):
        raise BenchError(f"decoding: attention is {kind!r}; load the model with attn_implementation='sdpa' or 'eager'")
    text = model.config.get_text_config()
    layers = getattr(text, "layer_types", None) or ()
    window = getattr(text, "sliding_window", None) if not layers else None
    if window is not None or any(layer != "full_attention" for layer in layers):
        raise BenchError("decoding: the model has other layers than full attention; expected full attention only")


@dataclass(eq=False)
class Growth:
    """Prompts `ids` [batch, width] with `real` [batch, width] false on the padding, which is on the left.

    An instance is an `Extend` of `beam_search` with `settle`; it serves one search.
    """

    model: Any
    catalogue: TokenCatalogue
    ids: Tensor
    real: Tensor
    plan: tuple[Level, ...]
    cache: Any = field(default=None, init=False)
    first: Tensor | None = field(default=None, init=False)
    used: int = field(default=0, init=False)
    late: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        """Reserve who sees whom: `sees` [batch, slots + 1, slots], the last row being that of the prompt."""
        room = sum(level.slots for level in self.plan)
        self.sees: Bools = np.zeros((len(self.ids), room + 1, room), dtype=np.bool_)
        self.lengths: Ints = self.real.sum(dim=1).numpy()
        self.keys: Ints = np.zeros(0, dtype=np.int64)
        self.slots: Ints = np.zeros(0, dtype=np.int64)

    @torch.inference_mode()
    def __call__(self, level: int, query: Ints, nodes: Ints) -> Floats:
        """Return log p of the children of every pair, end to end; an only child has log p 0."""
        children, place = self.catalogue.trie.children(nodes)
        found = np.zeros(len(children))
        forks = self.catalogue.forks[nodes]
        if not forks.any():
            self.late += self.plan[level].slots
            return found
        query, nodes = query[forks], nodes[forks]
        logits, end = self.read(level, query, nodes)
        wanted = forks[place]
        pair = (np.cumsum(forks) - 1)[place[wanted]]
        cells = (query[pair], end[pair], self.catalogue.token[children[wanted]])
        scores = logits[tuple(torch.from_numpy(part).to(logits.device) for part in cells)]
        found[wanted] = renormalise(scores.double().cpu().numpy(), pair)
        return found

    def read(self, level: int, query: Ints, nodes: Ints) -> tuple[Tensor, Ints]:
        """Return logits [batch, ends, vocabulary] after forks of one level, and each fork's place among the ends."""
        if self.first is None:
            self.first = self.forward(self.ids, self.real.long().cumsum(1) - 1, causal(self.real), 1)
        if level == 0:
            return self.first, np.zeros(len(nodes), dtype=np.int64)
        self.catch_up()
        room = self.plan[level]
        end = np.arange(len(query)) - np.searchsorted(query, query)
        ids, places = self.lay(room, query, nodes, end)
        now = slice(self.used, self.used + room.slots)
        known = self.real[:, None, :].expand(-1, room.slots, -1)
        mask = torch.cat([known, torch.from_numpy(self.sees[:, now, : now.stop])], dim=2)
        self.used = now.stop
        return self.forward(torch.from_numpy(ids), torch.from_numpy(places), mask, room.ends), end

    def lay(self, room: Level, query: Ints, nodes: Ints, end: Ints) -> tuple[Ints, Ints]:
        """Return token ids and positions [batch, slots] of the forks and what leads to them; note who sees whom.

        The forks come first, at `end`; the rest follows in any order, since order is the mask's business.
        """
        trie, lengths = self.catalogue.trie, self.catalogue.chain(nodes)
        ids = np.zeros((len(self.ids), room.slots), dtype=np.int64)
        places = np.zeros_like(ids)
        before = np.cumsum(lengths - 1) - (lengths - 1)
        begin = room.ends + before - before[np.searchsorted(query, query)]
        path = [nodes]
        for _ in range(int(lengths.max()) - 1):
            path.append(trie.parent[path[-1]].clip(min=0))
        above = self.find(query, self.catalogue.anchor[nodes])
        for back in range(len(path) - 1, -1, -1):
            on = lengths > back
            row, node = query[on], path[back][on]
            slot = end[on] if back == 0 else (begin + lengths - 1 - back)[on]
            ids[row, slot] = self.catalogue.token[node]
            places[row, slot] = self.lengths[row] + trie.depth[node] - 1
            slot = slot + self.used
            self.sees[row, slot] = self.sees[row, above[on]]
            self.sees[row, slot, slot] = True
            above[on] = slot
        keys = np.concatenate([self.keys, query * len(trie.code) + nodes])
        order = np.argsort(keys)
        self.keys, self.slots = keys[order], np.concatenate([self.slots, above])[order]
        return ids, places

    def find(self, query: Ints, nodes: Ints) -> Ints:
        """Return the slots of forks that were read before [pairs], NOTHING for the root."""
        if not len(self.keys):
            return np.full(len(nodes), NOTHING)
        place = np.searchsorted(self.keys, query * len(self.catalogue.trie.code) + nodes)
        found: Ints = np.where(nodes == 0, NOTHING, self.slots[place.clip(max=len(self.keys) - 1)])
        return found

    def catch_up(self) -> None:
        """Give the levels that nobody needed their place in the cache."""
        if self.late:
            for layer in self.cache.layers:
                shape = list(layer.keys.shape)
                shape[2] = self.late
                layer.update(layer.keys.new_zeros(shape), layer.values.new_zeros(shape))
        self.used += self.late
        self.late = 0

    def forward(self, ids: Tensor, places: Tensor, mask: Tensor, ends: int) -> Tensor:
        """Return the logits of the last (prompts) or first (beams) `ends` positions; all of them enter the cache."""
        from transformers import DynamicCache

        kept: int | Tensor = 1
        if self.cache is None:
            self.cache = DynamicCache(config=self.model.config)
        else:
            kept = torch.arange(ends, device=self.model.device)
        hidden = torch.finfo(self.model.dtype).min
        shown = torch.zeros(mask.shape, dtype=self.model.dtype).masked_fill_(~mask, hidden)[:, None]
        logits: Tensor = self.model(
            input_ids=ids.to(self.model.device),
            attention_mask=shown.to(self.model.device),
            position_ids=places.clamp(min=0).to(self.model.device),
            past_key_values=self.cache,
            use_cache=True,
            logits_to_keep=kept,
        ).logits
        return logits


def causal(real: Tensor) -> Tensor:
    """Return who sees whom among the positions of left-padded prompts [batch, width, width]; padding sees itself."""
    width = real.shape[1]
    earlier = torch.ones(width, width, dtype=torch.bool).tril()
    return (earlier & real[:, None, :]) | torch.eye(width, dtype=torch.bool)
