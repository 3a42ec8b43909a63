"""Thousands of simulated gates: users with correlated cases, asked of two systems that differ by a planted drop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.gate.verdict import Effort, Verdict, judge_metrics
from bench.rng import stream

USERS = 300  # with one to three cases each, about 600 cases
GATES = 400
MEAN = 1 / 3  # of the hit rate, Beta(2, 4) over users
REDRAWN = 0.25  # share of users whose answers another training run changes, all their cases together
MARGIN = 0.07
EFFORT = Effort(resamples=2_000)


def clusters(seed: int) -> NDArray[np.int64]:
    return np.repeat(np.arange(USERS), stream(seed, "cases").integers(1, 4, size=USERS))


def draw(seed: int, drop: float, users: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return candidate and reference hits, [gates, cases]; the candidate's true mean is `drop` lower.

    A user's cases share most of their luck, so that cases are no independent evidence.
    """
    rng = stream(seed, "gates")
    taste = rng.beta(2.0, 4.0, size=(GATES, USERS))
    luck = rng.random((2, GATES, USERS))
    changed = rng.random((GATES, USERS)) < REDRAWN
    other = np.where(changed, luck[1], luck[0])
    reference = (luck[0] < taste)[:, users].astype(np.float64)
    kept = rng.random((GATES, len(users))) >= drop / MEAN
    return (other < taste)[:, users] * kept, reference


def gates(seed: int, drop: float, margin: float = MARGIN) -> list[Verdict]:
    """Return the verdicts of `GATES` independent gates, judged together: each is a metric of its own."""
    users = clusters(seed)
    candidate, reference = draw(seed, drop, users)
    names = [str(number) for number in range(GATES)]
    return judge_metrics(
        dict(zip(names, candidate, strict=True)),
        dict(zip(names, reference, strict=True)),
        users,
        dict.fromkeys(names, margin),
        dict.fromkeys(names, True),
        effort=EFFORT,
    )


def share(found: Sequence[bool]) -> float:
    return sum(found) / len(found)
