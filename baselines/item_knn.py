"""Item-based nearest neighbours: cosine of the columns of the user-item matrix (Sarwar et al. 2001)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from baselines.encode import Columns, fitted, indicator, rank_in_blocks
from bench.api import Answer, Query, Train
from bench.errors import BenchError

# Equal sums can differ in the last digit when their parts are added in another order; rounding makes them tie again.
DIGITS = 9


@dataclass
class ItemKNN:
    """Ranks by the summed similarity to the distinct items of the history.

    similarity(i, j) = users of both / (sqrt(users of i * users of j) + `shrinkage`), i != j, kept for the `neighbours`
    most similar j of every i (all that tie with the last one included; 0 = keep all).
    """

    neighbours: int = 100
    shrinkage: float = 0.0
    columns: Columns | None = field(default=None, init=False, repr=False)
    similarity: Any = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.neighbours < 0 or self.shrinkage < 0:
            raise BenchError("ItemKNN: expected neighbours >= 0 and shrinkage >= 0")

    def fit(self, train: Train) -> None:
        """Compute the similarities of the training part."""
        self.columns = Columns.of(train.items)
        users = indicator(self.columns.encode_training(train), len(self.columns))
        self.similarity = nearest(cosine(users, self.shrinkage), self.neighbours)

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return items near the history; items that are near nothing in it tie behind."""
        columns = fitted(self.columns, self)

        def score(histories: Sequence[list[int]]) -> Any:
            scores = indicator(histories, len(columns)) @ self.similarity
            scores.data = scores.data.round(DIGITS)
            scores.eliminate_zeros()
            return scores

        return rank_in_blocks(columns, queries, k, score)


def cosine(users: Any, shrinkage: float) -> Any:
    """Return the sparse similarities [items, items] of a 0/1 matrix [users, items], without the diagonal."""
    together = (users.T @ users).tocoo()
    rows, columns = together.coords
    size = np.asarray(users.sum(axis=0))
    together.data = together.data / (np.sqrt(size[rows] * size[columns]) + shrinkage)
    together.data[rows == columns] = 0.0
    found = together.tocsr()
    found.eliminate_zeros()
    return found


def nearest(similarity: Any, neighbours: int) -> Any:
    """Return the similarities with only the `neighbours` largest of every row and what ties with the last of them."""
    if neighbours == 0:
        return similarity
    values = similarity.data.round(DIGITS)
    for start, end in zip(similarity.indptr[:-1], similarity.indptr[1:], strict=True):
        if end - start > neighbours:
            row = values[start:end]
            similarity.data[start:end][row < np.partition(row, -neighbours)[-neighbours]] = 0.0
    similarity.eliminate_zeros()
    return similarity
