"""Text neighbours: items whose title and caption are like those of the history, by the cosine of tf-idf vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from baselines.encode import Columns, fitted, flatten, rank_in_blocks
from bench.api import Answer, Query, Train
from bench.errors import BenchError
from bench.text import DIGITS, TfIdf, item_text


@dataclass
class TextKNN:
    """Ranks by the cosine between an item's text and the mean text of the history.

    An event d places from the end weighs `decay` ** d (1 = the plain mean). An item's likeness to itself does not
    count unless `itself`: a history would only find itself. Items without text, or without a word of the history's,
    tie behind.
    """

    decay: float = 0.8
    itself: bool = False
    columns: Columns | None = field(default=None, init=False, repr=False)
    texts: Any = field(default=None, init=False, repr=False)  # [items, words]
    words: Any = field(default=None, init=False, repr=False)  # [words, items]

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise BenchError(f"TextKNN: decay is {self.decay}; expected above 0 and at most 1")

    def fit(self, train: Train) -> None:
        """Learn the words of the catalogue; training events are not looked at."""
        self.columns = Columns.of(train.items)
        texts = [item_text(train.items[name]) for name in self.columns.names]
        words = TfIdf.of(texts)
        if not words.words:
            raise BenchError("TextKNN: no item of the catalogue has a title or caption; ask a system that needs none")
        self.texts = words.vectors(texts)
        self.words = self.texts.T.tocsr()

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return items like the history; an empty history ties everything."""
        columns, texts = fitted(self.columns, self), fitted(self.texts, self)
        items, has_text = self.words, np.diff(texts.indptr) > 0

        def score(histories: Sequence[list[int]]) -> Any:
            held = weigh(histories, self.decay, len(columns))
            # Of one length per history, the mean's length moves no item past another: it is left out.
            scores = held @ texts @ items
            if not self.itself:
                own = held.copy()
                own.data = own.data * has_text[own.indices]
                scores = scores - own
            scores.data = scores.data.round(DIGITS)
            scores.eliminate_zeros()
            return scores

        return rank_in_blocks(columns, queries, k, score)


def weigh(histories: Sequence[Sequence[int]], decay: float, width: int) -> Any:
    """Return the sparse matrix [histories, width] of summed recency weights of every item."""
    from scipy.sparse import coo_array

    events, offsets = flatten(histories)
    row = np.repeat(np.arange(len(histories)), np.diff(offsets))
    weights = decay ** (offsets[row + 1] - 1 - np.arange(len(events))).astype(np.float64)
    return coo_array((weights, (row, events)), shape=(len(histories), width)).tocsr()
