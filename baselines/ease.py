"""EASE as a system: a linear item-item model in closed form (`navigen.prior.ease`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from baselines.encode import fitted, rank_in_blocks
from bench.api import Answer, Query
from navigen.prior.ease import EaseWeights


@dataclass
class Ease(EaseWeights):
    """Ranks by the scores of EASE; the settings are those of `EaseWeights`."""

    instead: ClassVar[str] = "set largest={items} to allow it, or use item-knn"

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return items in order of the model's score; an empty history ties everything."""
        return rank_in_blocks(fitted(self.columns, self), queries, k, self.score)
