"""A system that reads what it learnt from a folder, as trained policies do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.api import Answer, Query, Ranking, Train


@dataclass
class Follows:
    """Ranks the item after the last one first; the file `step` in its checkpoint says how far after."""

    checkpoint: str = ""

    def fit(self, train: Train) -> None:
        self.items = sorted(train.items)
        self.step = int((Path(self.checkpoint) / "step").read_text())

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        return [self.answer(query, k) for query in queries]

    def answer(self, query: Query, k: int) -> Answer:
        first = self.items.index(query.history[-1]) + self.step
        return Ranking(tuple(self.items[(first + place) % len(self.items)] for place in range(k)))

    @classmethod
    def files(cls, config: Mapping[str, Any]) -> Iterable[Path]:
        return [Path(config["checkpoint"])]
