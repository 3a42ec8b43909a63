"""The draws behind every interval and p-value follow their laws, whichever way they are made."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from bench.errors import BenchError
from bench.rng import stream
from bench.stats.resampling import (
    BLOCK_ROWS,
    bootstrap_totals,
    check_draws,
    draw_poisson,
    flipped_totals,
    throw_evenly,
    toss_coins,
)
from bench.stats.totals import distinct_rows

NEVER = 10**9


def fit_p_value(drawn: np.ndarray, law: stats.rv_discrete) -> float:
    """Return the chi-square p-value of drawn counts against a law, rare counts pooled."""
    values = np.arange(int(drawn.max()) + 2)
    expected = law.pmf(values) * drawn.size
    expected[-1] = law.sf(values[-1] - 1) * drawn.size
    observed = np.bincount(drawn.astype(int).ravel(), minlength=len(values)).astype(float)
    last = int(np.flatnonzero(expected >= 10)[-1])
    observed = np.append(observed[:last], observed[last:].sum())
    expected = np.append(expected[:last], expected[last:].sum())
    return float(stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue)


@pytest.mark.parametrize("rate", [0.05, 0.5, 0.97, 2.0])
def test_poisson_table_draws_the_poisson_law(rate: float) -> None:
    counts = draw_poisson(stream(1, "poisson"), rate, 500, 2_000)
    assert fit_p_value(counts, stats.poisson(rate)) > 1e-3


def test_poisson_of_rate_zero_is_zero() -> None:
    assert not draw_poisson(stream(1, "poisson"), 0.0, 3, 50).any()


@given(
    balls=st.lists(st.integers(0, 400), min_size=1, max_size=6),
    cells=st.integers(1, 300),
    margin=st.sampled_from([0.0, 4.0]),
    seed=st.integers(0, 2**32),
)
@settings(max_examples=80, deadline=None)
def test_every_ball_lands_in_one_cell(balls: list[int], cells: int, margin: float, seed: int) -> None:
    counts = throw_evenly(stream(seed, "throw"), np.array(balls), cells, margin)
    assert counts.shape == (len(balls), cells)
    assert (counts >= 0).all() and (counts == np.rint(counts)).all()
    assert counts.sum(axis=1).tolist() == balls


@pytest.mark.parametrize("margin", [0.0, 4.0])  # without a margin half of the rows overshoot
@pytest.mark.parametrize(("balls", "cells"), [(900, 900), (40, 40), (500, 900), (900, 300)])
def test_thrown_counts_are_multinomial(balls: int, cells: int, margin: float) -> None:
    counts = throw_evenly(stream(2, "throw"), np.full(2_000, balls), cells, margin)
    assert fit_p_value(counts, stats.binom(balls, 1 / cells)) > 1e-3
    half = counts[:, : cells // 2].sum(
        axis=1
    )  # the sum over half of the cells is binomial only without correlation left
    assert (
        stats.kstest(
            half + stream(3, "jitter").random(2_000), continuous_binomial(balls, 0.5 * (cells // 2 * 2) / cells)
        ).pvalue
        > 1e-3
    )


def continuous_binomial(n: int, p: float):
    """Return the distribution function of a binomial count plus a uniform jitter."""

    def cdf(x: np.ndarray) -> np.ndarray:
        whole = np.floor(x)
        return stats.binom.cdf(whole - 1, n, p) + (x - whole) * stats.binom.pmf(whole, n, p)

    return cdf


def test_no_cell_is_favoured() -> None:
    balls = 5_000
    per_cell = throw_evenly(stream(4, "throw"), np.full(400, balls), balls).sum(axis=0)
    assert stats.chisquare(per_cell).pvalue > 1e-3


def test_coins_are_fair_and_independent() -> None:
    coins = toss_coins(stream(5, "coins"), 4_000, 75)
    assert fit_p_value(coins.sum(axis=1), stats.binom(75, 0.5)) > 1e-3
    assert stats.chisquare(np.append(coins.sum(axis=0), (1 - coins).sum(axis=0))).pvalue > 1e-3


def mixed_rows() -> tuple[np.ndarray, np.ndarray]:
    """Return 260 clusters of three whole-number columns: three frequent rows and forty rare ones."""
    rng = stream(6, "rows")
    frequent = np.repeat([[3.0, 0.0, 1.0], [0.0, 0.0, 1.0], [-5.0, 2.0, 2.0]], [60, 120, 40], axis=0)
    return distinct_rows(np.vstack([frequent, rng.integers(-90, 90, size=(40, 3))]))


@pytest.mark.parametrize("together", [1, 24, NEVER])
def test_bootstrap_totals_have_the_exact_moments(together: int) -> None:
    rows, times = mixed_rows()
    drawn = bootstrap_totals(rows, times, seed=7, resamples=40_000, together=together)
    clusters = np.repeat(rows, times, axis=0)
    scale = len(clusters) * clusters.var(axis=0)
    assert np.abs((drawn.mean(axis=0) - clusters.sum(axis=0)) / np.sqrt(scale / len(drawn))).max() < 4
    expected = len(clusters) * np.cov(clusters.T, bias=True)
    error = (np.cov(drawn.T) - expected) / np.sqrt(np.outer(scale, scale)) * math.sqrt(len(drawn))
    assert np.abs(error).max() < 6


@pytest.mark.parametrize("drawn_by", ["bootstrap", "flips"])
def test_grouped_and_single_draws_have_one_distribution(drawn_by: str) -> None:
    rows, times = mixed_rows()
    if drawn_by == "bootstrap":
        ways = [bootstrap_totals(rows, times, seed=8, resamples=8_000, together=t) for t in (1, 24, NEVER)]
    else:
        ways = [flipped_totals(rows, times, seed=8, flips=8_000, together=t) for t in (1, 24, NEVER)]
    for other in ways[1:]:
        assert not np.array_equal(ways[0], other)
        for column in range(rows.shape[1]):
            assert stats.ks_2samp(ways[0][:, column], other[:, column]).pvalue > 1e-3


@pytest.mark.parametrize("together", [1, NEVER])
def test_flips_reach_every_outcome_at_its_rate(together: int) -> None:
    rows, times = np.array([[1.0], [10.0]]), np.array([2, 1])
    drawn = flipped_totals(rows, times, seed=9, flips=40_000, together=together)[:, 0]
    outcomes, observed = np.unique(drawn, return_counts=True)
    assert outcomes.tolist() == [-12, -10, -8, 8, 10, 12]
    assert stats.chisquare(observed, np.array([1, 2, 1, 1, 2, 1]) * 5_000).pvalue > 1e-3


def test_blocks_are_the_same_draws_for_any_number_of_workers_or_of_draws() -> None:
    rows, times = mixed_rows()
    long = bootstrap_totals(rows, times, seed=10, resamples=3 * BLOCK_ROWS + 5)
    assert np.array_equal(long, bootstrap_totals(rows, times, seed=10, resamples=3 * BLOCK_ROWS + 5, workers=3))
    assert np.array_equal(long[:BLOCK_ROWS], bootstrap_totals(rows, times, seed=10, resamples=BLOCK_ROWS))
    assert len(np.unique(long, axis=0)) > 0.99 * len(long)  # no block repeats another's stream


def test_nothing_to_flip_gives_zeros() -> None:
    empty = flipped_totals(np.empty((0, 2)), np.empty(0, dtype=np.int64), seed=1, flips=3)
    assert np.array_equal(empty, np.zeros((3, 2)))


def test_too_few_draws_are_refused() -> None:
    check_draws("resamples", 2_000, 2_000)
    with pytest.raises(BenchError, match="resamples: expected at least 2000, got 1999"):
        check_draws("resamples", 1_999, 2_000)
