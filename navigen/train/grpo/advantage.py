"""Advantages: how much better an answer is than the others to the same question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

LEAST = 1e-4  # added to a standard deviation before it divides, as released
SPREAD = 1e-8  # standard deviations up to it are none, as in TRL's count


@dataclass(frozen=True, slots=True, eq=False)
class Advantages:
    """`values` [groups, group], 0 where there is no reward; `dead`: groups without any spread; `unjudged`: answers."""

    values: NDArray[np.float64]
    dead: int
    unjudged: int


def compare(rewards: Sequence[float | None], group: int, scale: str = "std") -> Advantages:
    """Return (reward - mean of its group), with scale="std" over (unbiased deviation + 1e-4).

    `rewards`: `group` after another, None where an answer was not judged: it is left out of mean and deviation and gets
    0, and so does an answer that was judged alone. Raises BenchError for a reward that is no number.
    """
    if len(rewards) % group:
        raise BenchError(f"{len(rewards)} rewards: expected a multiple of the group of {group}")
    judged = np.array([reward is not None for reward in rewards], dtype=np.bool_).reshape(-1, group)
    table = np.array([0.0 if reward is None else reward for reward in rewards], dtype=np.float64).reshape(-1, group)
    if not np.isfinite(table).all():
        raise BenchError("a reward is not finite; expected a number, or None for what could not be judged")
    counts = judged.sum(axis=1, keepdims=True)
    means = table.sum(axis=1, keepdims=True) / np.maximum(counts, 1)
    values = np.where(judged, table - means, 0.0)
    deviations = np.sqrt((values**2).sum(axis=1, keepdims=True) / np.maximum(counts - 1, 1))
    if scale == "std":
        values = values / (deviations + LEAST)
    return Advantages(values, int((deviations <= SPREAD).sum()), int((~judged).sum()))
