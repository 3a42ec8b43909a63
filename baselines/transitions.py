"""Counted transitions as systems: what followed the last items of the history in training, exactly, ties and all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from baselines.encode import fitted, rank_in_blocks
from bench.api import Answer, Query
from navigen.prior.transitions import TransitionCounts


@dataclass
class Transitions(TransitionCounts):
    """Ranks by the weighted counts of what followed the last items; the settings are those of `TransitionCounts`."""

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return followers of the last items; items that never followed any of them tie behind."""
        return rank_in_blocks(fitted(self.columns, self), queries, k, self.score)


@dataclass
class Markov(Transitions):
    """First order: items ranked by how often they came right after the last item, in training."""

    weights: tuple[float, ...] = (1.0,)
    window: int = 1
