"""From states to scores of all items: exactly, or by beam search for catalogues where that is too much."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from baselines.code_only.chances import Floats, expect_repeats, mix, seen_items
from baselines.code_only.network import Decoder
from navigen.decode.beam import Extend, beam_search, path_log, renormalise
from navigen.decode.trie import Ints, Trie


@dataclass(eq=False)
class Scoring:
    """Scores items as log probabilities, float64.

    `rate`: share of the probability that items of the history get, None: what the network gives them. `weight`: share
    of the prior in the mixture. `beams`: 0 scores every item; else items that no beam reached score -inf.
    """

    network: Decoder
    trie: Trie
    rate: float | None = None
    weight: float = 0.0
    beams: int = 0
    nodes: list[Floats] = field(default_factory=list, init=False)

    @torch.no_grad()
    def __call__(self, rows: Tensor, lengths: Tensor, prior: Floats | None = None) -> Tensor:
        """Return scores [batch, items] on the CPU; `prior` [batch, items], each row summing to 1 or all 0."""
        states = self.network.last_states(rows, lengths)
        if self.beams:
            return torch.from_numpy(self.search(states, rows.cpu(), prior))
        return self.guided(self.network.log_probabilities(states).cpu(), rows.cpu(), prior)

    def guided(self, log_p: Tensor, rows: Tensor, prior: Floats | None) -> Tensor:
        """Return the network's log p [batch, items] with the prior mixed in and repeats given their share."""
        if prior is not None and self.weight:
            log_p = mix(log_p, torch.from_numpy(prior), self.weight)
        return log_p if self.rate is None else expect_repeats(log_p, seen_items(rows, log_p.shape[1]), self.rate)

    def search(self, states: Tensor, rows: Tensor, prior: Floats | None) -> Floats:
        """Return scores [batch, items] from a beam search, -inf where no beam ended."""
        items = len(self.trie.order)
        weight = np.zeros(len(states))
        extra = None
        extend = self.extension(states)
        if prior is not None and self.weight:
            weight = np.where(prior.sum(axis=1) > 0, self.weight, 0.0)
            extra = self.trie.sums(weight[:, None] * prior)
        scale = 1 - weight
        if self.rate is not None:
            query, item = np.nonzero(seen_items(rows, items).numpy())
            own = scale[query] * np.exp(path_log(self.trie, extend, query, item))
            own += 0.0 if prior is None else weight[query] * prior[query, item]
            inside = np.bincount(query, own, len(states))
            number = np.bincount(query, minlength=len(states))
            both = (number > 0) & (number < items)
            held, left = np.where(both, inside, 1.0), np.where(both, 1 - inside, 1.0)
            more, less = np.where(both, self.rate / held, 1.0), np.where(both, (1 - self.rate) / left, 1.0)
            change = np.zeros((len(states), items))
            change[query, item] = (more - less)[query] * own
            extra = self.trie.sums(change) + (0.0 if extra is None else less[:, None] * extra)
            scale = scale * less
        found = beam_search(self.trie, extend, self.beams, scale, extra)
        scores = np.full((len(states), items), -np.inf)
        with np.errstate(divide="ignore"):
            scores[found.query, found.item] = np.log(np.maximum(found.mass, 0.0))
        return scores

    def extension(self, states: Tensor) -> Extend:
        """Return the network's part in a beam search after `states` [batch, width]."""
        asked = [self.network.level_states(states, level).cpu().numpy() for level in range(self.trie.levels)]
        if not self.nodes:
            self.nodes = [self.network.node_vectors(level).cpu().numpy() for level in range(self.trie.levels)]

        def extend(level: int, queries: Ints, nodes: Ints) -> Floats:
            children, place = self.trie.children(nodes)
            vectors = self.nodes[level][children - self.trie.nodes(level + 1).start]
            scores = np.einsum("pw,pw->p", asked[level][queries[place]], vectors)
            return renormalise(scores, place)

        return extend
