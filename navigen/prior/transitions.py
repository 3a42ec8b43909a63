"""Counted transitions: what followed the last items of the history in training, exactly, ties and all.

Scores are sums of counts times fractions (1 / distance, weights such as 0.3). They are computed as integers over one
common denominator, so sums that are equal are equal floats and tie as they should.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np

from bench.api import Train
from bench.errors import BenchError, unknown
from navigen.prior.columns import Columns, Floats, fitted, flatten, pad_left

DECAYS = ("1/distance", "none")
EXACT = 2.0**53  # integers up to here are floats without rounding


@dataclass
class TransitionCounts:
    """Scores items by score(j) = sum over depth d of weights[d] * count(item d places from the end -> j).

    A pair of training events at most `window` steps apart counts 1 / its distance (`decay` "1/distance") or 1
    ("none"), in the direction of time, and `backward` times that against it, for logs that know days and not moments;
    `weights` start with the last item of the history. `back_off` lets training counts order what the score leaves
    tied, above all the items that never followed.
    """

    weights: tuple[float, ...] = (1.0, 0.5, 0.3, 0.2)
    window: int = 4
    decay: str = "1/distance"
    backward: float = 0.0
    back_off: bool = False
    columns: Columns | None = field(default=None, init=False, repr=False)
    counts: Any = field(default=None, init=False, repr=False)
    popularity: Floats | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.decay not in DECAYS:
            raise unknown("setting", f"decay={self.decay}", [f"decay={name}" for name in DECAYS])
        if self.window < 1 or not self.weights or min(*self.weights, self.backward) < 0:
            raise BenchError(f"{type(self).__name__}: expected window >= 1, backward >= 0, weights >= 0, at least one")

    def fit(self, train: Train) -> None:
        """Count directed pairs within every user's training events."""
        self.columns = Columns.of(train.items)
        steps = [Fraction(1, step if self.decay == "1/distance" else 1) for step in range(1, self.window + 1)]
        histories = self.columns.encode_training(train)
        self.counts = count_pairs(histories, as_integers(steps), len(self.columns))
        if self.backward:
            share = Fraction(str(self.backward))
            self.counts = self.counts * share.denominator + self.counts.T.tocsr() * share.numerator
        popularity = np.bincount(flatten(histories)[0], minlength=len(self.columns)).astype(np.float64)
        self.popularity = popularity if self.back_off else np.zeros_like(popularity)
        heaviest = self.counts.max() * sum(self._depths()) if self.counts.nnz else 0
        if heaviest * (popularity.max() + 1) >= EXACT:
            raise BenchError("Transitions: scores exceed exact integers; use a smaller window or rounder weights")

    def score(self, histories: Sequence[list[int]]) -> Any:
        """Return the scores [histories, items] of encoded histories: sparse, or dense with `back_off`."""
        columns, popularity = fitted(self.columns, self), fitted(self.popularity, self)
        depths = np.array(self._depths(), dtype=np.float64)[::-1]
        scores = weigh(pad_left(histories, len(depths), len(columns)), depths, len(columns)) @ self.counts
        scores.eliminate_zeros()
        return scores.toarray() * (popularity.max() + 1) + popularity if self.back_off else scores

    def _depths(self) -> list[int]:
        return as_integers([Fraction(str(weight)) for weight in self.weights])


def as_integers(fractions: Sequence[Fraction]) -> list[int]:
    """Return the fractions times their common denominator."""
    common = lcm(*(fraction.denominator for fraction in fractions))
    return [int(fraction * common) for fraction in fractions]


def count_pairs(histories: Sequence[Sequence[int]], steps: Sequence[int], width: int) -> Any:
    """Return the sparse matrix [items, items] of directed pairs, a pair at distance d counting `steps[d - 1]`."""
    from scipy.sparse import coo_array

    events, offsets = flatten(histories)
    owner = np.repeat(np.arange(len(histories)), np.diff(offsets))
    sources, targets, values = [], [], []
    for distance, value in enumerate(steps, 1):
        same = owner[distance:] == owner[:-distance]
        sources.append(events[:-distance][same])
        targets.append(events[distance:][same])
        values.append(np.full(int(same.sum()), value, dtype=np.float64))
    pairs = (np.concatenate(sources), np.concatenate(targets))
    return coo_array((np.concatenate(values), pairs), shape=(width, width)).tocsr()


def weigh(last: Any, depths: Floats, width: int) -> Any:
    """Return the sparse matrix [histories, items] of depth weights; `last` holds `width` where a history is short."""
    from scipy.sparse import coo_array

    rows, places = np.nonzero(last < width)
    return coo_array((depths[places], (rows, last[rows, places])), shape=(len(last), width)).tocsr()
