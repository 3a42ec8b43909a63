"""The 95 % interval holds the truth in about 95 % of simulated data sets: skewed, clustered, binary."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bench.rng import stream
from bench.stats import Interval, cluster_intervals

SETS = 250  # data sets side by side, one a metric: they share resampled users, but no data
ROUNDS = 12  # 3,000 data sets: the coverage found has a standard error of .004
RIGHT = (0.935, 0.965)


def share_holding(truth: float, found: list[Interval]) -> float:
    return float(np.mean([held.low <= truth <= held.high for held in found]))


def skewed(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    return rng.exponential(size=(250, SETS)), np.arange(250), 1.0


def clustered(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
    """Users of 1 to about 15 cases each, whose mean scores differ and are skewed."""
    users = np.repeat(np.arange(250), rng.geometric(0.35, size=250))
    taste = rng.gamma(2.0, 0.5, size=(250, SETS))
    return taste[users] * rng.exponential(size=(len(users), SETS)), users, 1.0


@pytest.mark.parametrize("make", [skewed, clustered])
@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_coverage(make, method: str) -> None:
    shares = []
    for number in range(ROUNDS):
        scores, users, truth = make(stream(number, "coverage", make.__name__))
        found = cluster_intervals(scores, users, seed=number, resamples=2_000, method=method)
        shares.append(share_holding(truth, found))
    assert RIGHT[0] <= np.mean(shares) <= RIGHT[1]


def test_ignoring_clusters_would_fail_the_same_test() -> None:
    scores, users, truth = clustered(stream(0, "coverage", "clustered"))
    found = cluster_intervals(scores, np.arange(len(users)), seed=0, resamples=2_000)
    assert share_holding(truth, found) < RIGHT[0] - 0.03


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize(("users", "rate"), [(500, 0.1), (400, 0.5)])
def test_exact_coverage_of_a_hit_rate(users: int, rate: float, method: str) -> None:
    """The interval of 0/1 scores depends on the number of hits only, so its coverage is a sum, not a simulation."""
    law = stats.binom(users, rate)
    coverage = 0.0
    for hits in range(int(law.ppf(1e-5)), int(law.isf(1e-5)) + 1):
        scores = (np.arange(users) < hits).astype(float)[:, None]
        held = cluster_intervals(scores, np.arange(users), seed=hits, resamples=10_000, method=method)
        coverage += law.pmf(hits) * share_holding(rate, held)
    assert RIGHT[0] <= coverage <= RIGHT[1]
