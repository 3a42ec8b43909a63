"""A random order per query: the floor under every figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from baselines.encode import Columns, fitted
from bench.api import Answer, Context, Query, Train
from bench.rng import stream
from bench.topk import blocks, top_rankings


@dataclass
class Random:
    """Ranks the catalogue in an order drawn from the run's seed and the query's id alone."""

    context: Context = field(default_factory=Context)
    columns: Columns | None = field(default=None, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Learn the catalogue."""
        self.columns = Columns.of(train.items)

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return a strict order per query, the same whichever queries come with it."""
        columns = fitted(self.columns, self)
        answers: list[Answer] = []
        for rows in blocks(len(queries), 256):
            draws = [stream(self.context.seed, "random", query.id) for query in queries[rows]]
            scores = np.stack([draw.permutation(len(columns)) for draw in draws])
            barred = columns.encode_all(query.exclude for query in queries[rows])
            answers.extend(top_rankings(scores, columns.names, k, barred))
        return answers
