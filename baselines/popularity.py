"""Training counts, the same ranking for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from baselines.encode import Columns, Floats, fitted, flatten, rank_in_blocks
from bench.api import Answer, Query, Train


@dataclass
class Popularity:
    """Ranks items by their number of training events; test and validation events are never counted."""

    columns: Columns | None = field(default=None, init=False, repr=False)
    counts: Floats | None = field(default=None, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Count every training event; a repeated item counts every time."""
        self.columns = Columns.of(train.items)
        events, _ = flatten(self.columns.encode_training(train))
        self.counts = np.bincount(events, minlength=len(self.columns)).astype(np.float64)

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return items in order of their counts; equal counts tie."""
        counts = fitted(self.counts, self)

        def score(histories: Sequence[list[int]]) -> Floats:
            return np.broadcast_to(counts, (len(histories), len(counts)))

        # Queries differ only in what they exclude: the same exclusions share one answer.
        distinct = {query.exclude: query for query in queries}
        ranked = rank_in_blocks(fitted(self.columns, self), list(distinct.values()), k, score)
        answers = dict(zip(distinct, ranked, strict=True))
        return [answers[query.exclude] for query in queries]
