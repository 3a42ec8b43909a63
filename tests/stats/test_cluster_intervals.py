"""Intervals agree with scipy, depend on nothing but seed and clusters, and are defined for every input."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.errors import BenchError
from bench.rng import stream
from bench.stats import Interval, cluster_intervals
from bench.stats.intervals import acceleration, bca_levels, plain_levels

MANY = 50_000
# An end moves by about 0.02 standard errors from one set of 50,000 resamples to another; BCa's ends a little more.
CLOSE = 0.1


def ends(interval: Interval) -> np.ndarray:
    assert interval.low is not None and interval.high is not None
    return np.array([interval.low, interval.high])


def lognormal() -> np.ndarray:
    return np.exp(1.2 * stream(1, "lognormal").normal(size=40))


def ranking() -> np.ndarray:
    rank = stream(2, "ranking").integers(1, 30, size=60)
    return np.where(rank <= 10, 1 / np.log2(rank + 1), 0.0)


def hits() -> np.ndarray:
    return (np.arange(25) < 4).astype(float)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("make", [lognormal, ranking, hits])
def test_agrees_with_scipy(make, method: str) -> None:
    scores = make()
    found = cluster_intervals(scores[:, None], np.arange(len(scores)), seed=3, resamples=MANY, method=method)[0]
    oracle = stats.bootstrap(
        (scores,), np.mean, n_resamples=MANY, method=method, rng=np.random.default_rng(4)
    ).confidence_interval
    spread = scores.std(ddof=1) / math.sqrt(len(scores))
    close = 1e-9 if make is hits else CLOSE * spread  # ends of a coarse distribution agree to the step
    assert found.value == pytest.approx(scores.mean(), rel=1e-14)
    assert np.abs(ends(found) - np.array(oracle)).max() < close


def test_the_oracle_test_can_tell_bca_from_percentile() -> None:
    scores = lognormal()
    both = [
        ends(cluster_intervals(scores[:, None], np.arange(40), seed=3, resamples=MANY, method=method)[0])
        for method in ("bca", "percentile")
    ]
    assert np.abs(both[0] - both[1]).max() > 3 * CLOSE * scores.std(ddof=1) / math.sqrt(40)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_clusters_agree_with_scipys_ratio_of_sums(method: str) -> None:
    rng = stream(5, "ratio")
    sizes = rng.geometric(0.25, size=50)
    users = np.repeat(np.arange(50), sizes)
    scores = rng.exponential(size=50)[users] * rng.exponential(size=len(users))
    sums = np.bincount(users, scores)

    def ratio(total: np.ndarray, cases: np.ndarray, axis: int = -1) -> np.ndarray:
        return total.sum(axis=axis) / cases.sum(axis=axis)

    found = cluster_intervals(scores[:, None], users, seed=6, resamples=MANY, method=method)[0]
    oracle = stats.bootstrap(
        (sums, sizes.astype(float)), ratio, paired=True, n_resamples=MANY, method=method, rng=np.random.default_rng(7)
    )
    assert (found.n_cases, found.n_clusters) == (len(users), 50)
    assert np.abs(ends(found) - np.array(oracle.confidence_interval)).max() < CLOSE * oracle.standard_error


def test_acceleration_is_that_of_the_jackknife() -> None:
    rng = stream(8, "jackknife")
    sizes, sums = rng.integers(1, 9, size=12).astype(float), rng.exponential(size=12)
    mean = sums.sum() / sizes.sum()
    left_out = np.array([np.delete(sums, i).sum() / np.delete(sizes, i).sum() for i in range(12)])
    moves = left_out.mean() - left_out
    expected = (moves**3).sum() / (6 * (moves**2).sum() ** 1.5)
    found = acceleration(np.column_stack([sums - mean * sizes, sizes]), np.ones(12, dtype=np.int64))
    assert found == pytest.approx(expected, rel=1e-10)


def test_acceleration_counts_repeated_rows() -> None:
    rows = np.array([[-3.0, 1.0], [1.0, 1.0], [4.0, 2.0]])
    times = np.array([5, 7, 2])
    spelt_out = acceleration(np.repeat(rows, times, axis=0), np.ones(14, dtype=np.int64))
    assert acceleration(rows, times) == pytest.approx(spelt_out, rel=1e-12)


def test_bca_levels() -> None:
    plain = plain_levels(0.95)
    assert bca_levels(plain, 0.5, 0.0) == pytest.approx(plain)
    # z0 = .146 and a = .061 by hand: -1.4989 / 1.09143 + .146 = -1.2273 and 1.7909 / .89076 + .146 = 2.1565
    share = NormalDist().cdf(0.146)
    assert bca_levels(plain_levels(0.90), share, 0.061) == pytest.approx((0.10986, 0.98448), abs=1e-5)
    assert bca_levels(plain, 0.5, 0.6)[1] == 1.0  # past the pole
    assert bca_levels(plain, 0.5, -0.6)[0] == 0.0


# --- what the interval means -------------------------------------------------------------------------------------


def test_more_resamples_do_not_narrow_the_interval() -> None:
    """Lighteval's bootstrap error is too small by the root of the number of resamples."""
    scores = stream(13, "width").normal(size=(400, 1))
    normal_width = 2 * 1.96 * scores.std(ddof=1) / math.sqrt(400)
    for resamples in (2_000, 50_000):
        low, high = ends(cluster_intervals(scores, np.arange(400), seed=1, resamples=resamples)[0])
        assert high - low == pytest.approx(normal_width, rel=0.07)


def test_repeating_a_users_cases_adds_no_certainty() -> None:
    scores, users = stream(14, "repeat").gamma(1.0, size=(150, 1)), np.arange(150)
    once = cluster_intervals(scores, users, seed=1)[0]
    tenfold = cluster_intervals(np.repeat(scores, 10, axis=0), np.repeat(users, 10), seed=1)[0]
    assert (tenfold.n_cases, tenfold.n_clusters) == (1_500, 150)
    assert ends(tenfold) == pytest.approx(ends(once), abs=1e-9)


def test_unjudged_cases_are_left_out_of_their_metric_only() -> None:
    scores = stream(15, "missing").gamma(1.0, size=(100, 2))
    scores[30:, 1] = np.nan
    whole, part = cluster_intervals(scores, np.arange(100), seed=1)
    assert (whole.n_cases, part.n_cases, part.n_clusters) == (100, 30, 30)
    assert part.value == pytest.approx(scores[:30, 1].mean())
    alone = cluster_intervals(scores[:30, 1:], np.arange(30), seed=1)[0]
    assert ends(part) == pytest.approx(ends(alone), abs=0.15 * scores[:30, 1].std() / math.sqrt(30) + 0.02)


def test_none_is_not_judged() -> None:
    assert cluster_intervals([[0.5], [None]], [1, 2], seed=1)[0].n_cases == 1


def test_resamples_without_a_judged_case_do_not_count() -> None:
    scores = np.full((30, 1), np.nan)
    scores[:2, 0] = [0.0, 1.0]
    scores = np.hstack([scores, np.arange(30.0)[:, None]])
    rare, full = cluster_intervals(scores, np.arange(30), seed=1)
    assert full.resamples == 10_000
    assert rare.resamples == pytest.approx(10_000 * (1 - (1 - 2 / 30) ** 30), abs=150)
    assert (rare.value, rare.low, rare.high, rare.degenerate) == (0.5, 0.0, 1.0, False)


def test_a_constant_is_its_own_interval() -> None:
    constant, zero, varied = cluster_intervals(
        np.column_stack([np.full(90, 0.1), np.zeros(90), np.arange(90.0)]), np.arange(90) // 3, seed=1
    )
    assert (constant.value, constant.low, constant.high, constant.degenerate) == (0.1, 0.1, 0.1, True)
    assert cluster_intervals([[0.1]] * 3, [0, 1, 2], seed=1)[0].value == 0.1  # .1 + .1 + .1 is not .3
    assert (zero.value, zero.low, zero.high, zero.degenerate) == (0.0, 0.0, 0.0, True)
    assert not varied.degenerate and (varied.resamples, constant.resamples) == (10_000, 0)


def test_equal_clusters_have_no_spread() -> None:
    thirds = np.array([0, 0, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0], dtype=float)[:, None]
    found = cluster_intervals(thirds, [0, 0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2], seed=1)[0]
    assert found.degenerate and found.value == found.low == found.high == pytest.approx(1 / 3)


def test_rounding_noise_is_no_spread() -> None:
    assert cluster_intervals([[0.1 + 0.2], [0.3]], [0, 1], seed=1)[0].degenerate


def test_one_cluster_and_none() -> None:
    one = cluster_intervals([[0.2], [0.4]], [7, 7], seed=1)[0]
    assert one.value == one.low == one.high == pytest.approx(0.3)
    assert one.degenerate and (one.n_cases, one.n_clusters) == (2, 1)
    unjudged = cluster_intervals([[math.nan]], [7], seed=1)[0]
    assert unjudged == cluster_intervals(np.empty((0, 1)), [], seed=1)[0]
    assert (unjudged.value, unjudged.low, unjudged.high, unjudged.n_cases) == (None, None, None, 0)
    assert unjudged.degenerate


numbers = st.one_of(st.sampled_from([0.0, 1.0, -1e100, 1e100, 5e-324]), st.floats(-1e100, 1e100))


@given(
    scores=st.lists(st.one_of(numbers, st.none()), min_size=1, max_size=12),
    users=st.lists(st.integers(0, 4), min_size=12, max_size=12),
    method=st.sampled_from(["bca", "percentile"]),
)
@example(scores=[0.0, 5e-324], users=[0] * 12, method="bca")
@example(scores=[0.0, 5e-324], users=[0, 1] * 6, method="bca")
@settings(max_examples=150, deadline=None)
def test_always_defined_and_within_the_scores(scores: list[float | None], users: list[int], method: str) -> None:
    found = cluster_intervals(
        [[score] for score in scores], users[: len(scores)], seed=1, resamples=40, fewest=1, method=method
    )[0]
    given_scores = [score for score in scores if score is not None]
    if not given_scores:
        assert (found.value, found.low, found.high) == (None, None, None)
        return
    low, high = ends(found)
    assert min(given_scores) <= low <= high <= max(given_scores)
    assert found.value is not None and math.isfinite(found.value)


@given(seed=st.integers(0, 1_000), power=st.integers(-40, 40))
@settings(max_examples=20, deadline=None)
def test_scaling_and_shifting_scores_moves_the_interval_along(seed: int, power: int) -> None:
    rng = stream(seed, "scale")
    scores, users = rng.gamma(1.0, size=(60, 1)), rng.integers(0, 25, 60)
    found = ends(cluster_intervals(scores, users, seed=1, resamples=500, fewest=1)[0])
    scaled = ends(cluster_intervals(scores * 2.0**power, users, seed=1, resamples=500, fewest=1)[0])
    assert scaled == pytest.approx(found * 2.0**power, rel=1e-12)
    shifted = ends(cluster_intervals(scores + 3.0, users, seed=1, resamples=500, fewest=1)[0])
    assert shifted == pytest.approx(found + 3.0, rel=1e-8)


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scores", "users", "settings", "message"),
    [
        ([0.1, 0.2], [0, 1], {}, "scores: expected an array"),
        ([["x"]], [0], {}, "scores: expected numbers"),
        (np.empty((2, 0)), [0, 1], {}, "a metric a column"),
        ([[math.inf], [0.0]], [0, 1], {}, "infinite"),
        ([[0.1], [0.2]], [0], {}, "one id a case"),
        ([[0.1], [0.2]], ["ann", "bob"], {}, "number users"),
        ([[0.1], [0.2]], [0.0, 1.0], {}, "whole numbers"),
        ([[0.1], [0.2]], [0, 1], {"resamples": 1_999}, "at least 2000"),
        ([[0.1], [0.2]], [0, 1], {"level": 95}, "level: expected a number between 0 and 1"),
        ([[0.1], [0.2]], [0, 1], {"method": "bac"}, "did you mean bca"),
        ([[0.1], [0.2]], [0, 1], {"workers": 0}, "workers: expected at least 1"),
    ],
)
def test_refuses(scores, users, settings: dict, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        cluster_intervals(scores, users, seed=1, **settings)
