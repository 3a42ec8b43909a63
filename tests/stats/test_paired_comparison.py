"""Paired comparisons: exact p-values, uniform under the null, paired by case, clustered by user, powered as said."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.errors import BenchError
from bench.rng import stream
from bench.stats import Comparison, cluster_intervals, compare_paired, minimum_detectable_difference


def compare(a, b, users=None, **settings) -> list[Comparison]:
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    users = np.arange(len(a)) if users is None else users
    return compare_paired(a, b, users, **({"seed": 1, "resamples": 20, "fewest": 1} | settings))


def enumerate_p(differences: np.ndarray) -> float:
    """Return the exact two-sided sign-flip p-value over all sign patterns."""
    signs = np.array(list(itertools.product([-1, 1], repeat=len(differences))))
    return float(np.mean(np.abs(signs @ differences) >= abs(differences.sum()) - 1e-9))


# --- p-values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["continuous", "few values", "clustered"])
def test_p_is_that_of_all_sign_patterns(kind: str) -> None:
    rng = stream(1, "exact", kind)
    users = np.repeat(np.arange(12), rng.integers(1, 5, 12)) if kind == "clustered" else np.arange(12)
    a = rng.normal(0.25, 1.0, size=len(users))
    a = np.rint(a) / 10 if kind == "few values" else a
    exact = enumerate_p(np.bincount(users, a))
    found = compare(a[:, None], np.zeros((len(users), 1)), users, flips=40_000)[0].p
    assert 0.01 < exact < 0.6
    assert found == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 40_000) + 1e-4)


def test_p_agrees_with_scipys_permutation_test() -> None:
    differences = stream(2, "scipy").normal(0.3, 1.0, size=60)
    oracle = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=20_000, rng=np.random.default_rng(1)
    ).pvalue
    found = compare(differences[:, None], np.zeros((60, 1)), flips=20_000)[0].p
    assert found == pytest.approx(oracle, abs=4 * math.sqrt(2 * oracle * (1 - oracle) / 20_000) + 1e-4)


def test_null_p_values_are_uniform() -> None:
    rng = stream(3, "null")
    p = [
        result.p
        for number in range(4)
        for result in compare(
            rng.exponential(size=(80, 250)), rng.exponential(size=(80, 250)), flips=2_000, seed=number
        )
    ]
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    assert np.mean(np.array(p) <= 0.05) == pytest.approx(0.05, abs=0.02)


def test_null_p_values_are_uniform_for_users_with_several_cases() -> None:
    rng = stream(4, "null")
    users = np.repeat(np.arange(60), rng.geometric(0.3, 60))
    a, b = (rng.normal(size=(60, 800))[users] + rng.normal(size=(len(users), 800)) for _ in range(2))
    p = [result.p for result in compare(a, b, users, flips=2_000)]
    assert stats.kstest(p, "uniform").pvalue > 1e-3
    by_case = np.mean([result.p <= 0.05 for result in compare(a, b, flips=2_000)])
    assert by_case > 0.15  # ignoring users would fail


def test_null_p_values_of_hits_are_not_too_small() -> None:
    rng = stream(5, "null hits")
    p = []
    for number in range(500):
        a, b = (rng.random(size=(2, 300, 1)) < 0.3).astype(float)
        p.append(compare(a, b, flips=1_000, seed=number)[0].p)
    for level in (0.01, 0.05, 0.2, 0.5):
        share = np.mean(np.array(p) <= level)
        assert share <= level + 3.5 * math.sqrt(level / 500)
    assert np.mean(np.array(p) <= 0.2) > 0.1


def test_p_is_reproducible_and_never_zero() -> None:
    """Ranx's seeded permutation p-values differ from run to run, and can be 0."""
    rng = stream(6, "ranx")
    b = rng.random(size=(400, 1))
    a = b + rng.normal(0.02, 0.3, size=b.shape)
    p = [compare(a, b, workers=workers)[0].p for workers in (1, 1, 2, 4)]
    assert len(set(p)) == 1 and p[0] is not None and 0.001 < p[0] < 1
    assert compare(a, b, seed=2)[0].p != p[0]
    assert compare(b + 1.0, b, flips=5_000)[0].p == 1 / 5_001


def test_pairing_is_used() -> None:
    """Lm-eval compares unpaired: p = .080 where McNemar's paired test gives .008 on the same hits."""
    both, only_a, only_b, neither = 75, 30, 12, 83
    a = np.repeat([1.0, 1.0, 0.0, 0.0], [both, only_a, only_b, neither])[:, None]
    b = np.repeat([1.0, 0.0, 1.0, 0.0], [both, only_a, only_b, neither])[:, None]
    paired = stats.binomtest(only_a, only_a + only_b).pvalue
    unpaired = 2 * stats.norm.sf((a.mean() - b.mean()) / math.sqrt((a.var() + b.var()) / 200))
    assert paired == pytest.approx(0.008, abs=0.001) and unpaired == pytest.approx(0.07, abs=0.02)
    found = compare(a, b, flips=50_000)[0]
    assert found.p == pytest.approx(paired, abs=4 * math.sqrt(paired / 50_000))
    assert (found.wins, found.losses, found.ties) == (only_a, only_b, both + neither)


# --- the difference, its interval and the counts ------------------------------------------------------------------


def test_the_interval_is_that_of_the_differences() -> None:
    rng = stream(7, "interval")
    a, b, users = rng.gamma(1.0, size=(300, 2)), rng.gamma(1.0, size=(300, 2)), rng.integers(0, 90, 300)
    found = compare_paired(a, b, users, seed=5)
    assert [result.interval for result in found] == cluster_intervals(a - b, users, seed=5)
    assert [result.difference for result in found] == pytest.approx((a - b).mean(axis=0))


def test_only_cases_judged_in_both_count() -> None:
    nan = math.nan
    a = np.array([[1.0], [0.5], [nan], [nan], [0.0], [nan]])
    b = np.array([[0.0], [nan], [0.5], [nan], [0.5], [1.0]])
    found = compare(a, b)[0]
    assert (found.interval.n_cases, found.only_a, found.only_b, found.neither) == (2, 1, 2, 1)
    assert found.difference == 0.25
    assert (found.wins, found.losses, found.ties) == (1, 1, 0)


def test_wins_and_losses_are_counted_over_clusters() -> None:
    a, b = [[1.0], [1.0], [0.0], [0.3], [0.5]], [[0.0], [0.0], [3.0], [0.1 + 0.2], [0.1]]
    found = compare(a, b, [0, 0, 0, 1, 2])[0]
    assert (found.wins, found.losses, found.ties) == (1, 1, 1)


def test_differences_that_cancel_within_a_user_are_a_tie() -> None:
    tenths = [(i / 10, j / 10, -(i + j) / 10) for i in range(1, 10) for j in range(1, 10)]
    a = np.array(tenths).reshape(-1, 1)
    found = compare(a, np.zeros(a.shape), np.repeat(np.arange(81), 3))[0]
    assert (found.wins, found.losses, found.ties, found.p) == (0, 0, 81, 1.0)


def test_rounding_is_no_difference() -> None:
    a = np.full((50, 1), 0.1 + 0.2)
    found = compare(a, np.full((50, 1), 0.3))[0]
    assert (found.difference, found.p, found.ties, found.detectable) == (0.0, 1.0, 50, 0.0)
    assert (found.interval.low, found.interval.high, found.interval.degenerate) == (0.0, 0.0, True)


def test_one_cluster_and_none() -> None:
    one = compare([[1.0], [1.0]], [[0.0], [0.5]], [4, 4])[0]
    assert (one.difference, one.p, one.wins, one.detectable) == (0.75, 1.0, 1, None)
    nothing = compare([[math.nan]], [[1.0]])[0]
    assert (nothing.difference, nothing.p, nothing.detectable, nothing.only_b) == (None, None, None, 1)
    assert compare(np.empty((0, 1)), np.empty((0, 1)), [])[0].p is None


grades = st.sampled_from([math.nan, 0.0, 0.1, 0.3, 0.5, 1.0])
pairs = st.integers(1, 25).flatmap(
    lambda cases: st.tuples(
        *(st.lists(st.tuples(grades, grades), min_size=cases, max_size=cases) for _ in range(2)),
        st.lists(st.integers(0, 9), min_size=cases, max_size=cases),
        st.permutations(range(cases)),
    )
)


@given(pair=pairs)
@settings(max_examples=60, deadline=None)
def test_order_does_not_matter_and_swapping_mirrors(pair) -> None:
    a, b, users, order = (np.array(part) for part in pair)
    found = compare(a, b, users, flips=60, resamples=200)
    assert found == compare(a[order], b[order], 7 - users[order], flips=60, resamples=200)
    for here, there in zip(found, compare(b, a, users, flips=60, resamples=200), strict=True):
        assert (here.p, here.wins, here.losses, here.ties) == (there.p, there.losses, there.wins, there.ties)
        assert (here.only_a, here.only_b, here.neither) == (there.only_b, there.only_a, there.neither)
        assert here.difference == (None if there.difference is None else -there.difference)
        assert here.detectable == there.detectable


def test_workers_do_not_matter() -> None:
    rng = stream(8, "workers")
    a, b, users = rng.random((3_000, 2)), rng.random((3_000, 2)), rng.integers(0, 1_500, 3_000)
    one, two, four = (compare(a, b, users, resamples=2_500, flips=2_500, workers=w) for w in (1, 2, 4))
    assert one == two == four


# --- the smallest difference a comparison can detect --------------------------------------------------------------


def test_minimum_detectable_difference_worked_by_hand() -> None:
    assert minimum_detectable_difference(0.5, 100) == pytest.approx((1.959964 + 0.841621) * 0.05, abs=1e-6)
    assert minimum_detectable_difference(0.5, 100, power=0.9, alpha=0.01) == pytest.approx(
        (stats.norm.isf(0.005) + stats.norm.isf(0.1)) * 0.05
    )
    assert minimum_detectable_difference(0.0, 2) == 0.0


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_the_detectable_difference_is_found_with_the_power_said(power: float) -> None:
    rng = stream(9, "power")
    users = np.repeat(np.arange(120), rng.geometric(0.4, 120))
    noise = rng.normal(size=(120, 1_200))[users] + rng.exponential(size=(len(users), 1_200))
    pilot = compare(noise, np.ones(noise.shape), users, flips=1, power=power)
    shift = float(np.mean([result.detectable for result in pilot]))
    found = compare(noise + shift, np.ones(noise.shape), users, flips=1_000, power=power)
    assert np.mean([result.p <= 0.05 for result in found]) == pytest.approx(power, abs=0.045)


def test_detectable_uses_the_sd_of_cluster_differences() -> None:
    differences = stream(10, "sd").normal(size=50)
    found = compare(differences[:, None], np.zeros((50, 1)))[0]
    assert found.detectable == pytest.approx(minimum_detectable_difference(differences.std(ddof=1), 50))
    tenfold = compare(np.repeat(differences, 10)[:, None], np.zeros((500, 1)), np.repeat(np.arange(50), 10))[0]
    assert tenfold.detectable == pytest.approx(found.detectable)


@pytest.mark.parametrize(
    ("sd", "n", "power", "alpha"),
    [(-0.1, 9, 0.8, 0.05), (math.nan, 9, 0.8, 0.05), (0.1, 1, 0.8, 0.05), (0.1, 9, 1.0, 0.05), (0.1, 9, 0.8, 0.0)],
)
def test_refuses_what_has_no_power(sd: float, n: int, power: float, alpha: float) -> None:
    with pytest.raises(BenchError):
        minimum_detectable_difference(sd, n, power, alpha)


@pytest.mark.parametrize(
    ("b", "settings", "message"),
    [
        ([[0.0]], {}, "the same cases and metrics"),
        ([0.0, 1.0], {}, "b: expected an array"),
        ([[0.0], [1.0]], {"flips": 1_999}, "flips: expected at least 2000"),
        ([[0.0], [1.0]], {"power": 80}, "power and alpha"),
    ],
)
def test_refuses(b, settings: dict, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        compare_paired([[0.0], [1.0]], b, [0, 1], **({"seed": 1} | settings))
