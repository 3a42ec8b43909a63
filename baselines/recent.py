"""The user's own items again, most recent first: how much of a task is repetition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from baselines.encode import Columns, Floats, fitted, rank_in_blocks
from bench.api import Answer, Query, Train


@dataclass
class Recent:
    """Ranks the distinct items of the history by their last occurrence; everything else ties behind."""

    columns: Columns | None = field(default=None, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Learn the catalogue."""
        self.columns = Columns.of(train.items)

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return the user's own items first; with the history masked every candidate ties."""
        columns = fitted(self.columns, self)

        def score(histories: Sequence[list[int]]) -> Floats:
            scores = np.zeros((len(histories), len(columns)))
            for row, history in zip(scores, histories, strict=True):
                for place, column in enumerate(history, 1):  # a later occurrence overwrites an earlier one
                    row[column] = place
            return scores

        return rank_in_blocks(columns, queries, k, score)
