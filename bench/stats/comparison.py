"""Paired comparison of two systems on the same cases: difference, interval, sign-flip p-value, power."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from bench.errors import BenchError
from bench.stats.intervals import Interval, Plan, bootstrap_means
from bench.stats.power import check_power, minimum_detectable_difference
from bench.stats.resampling import FEWEST_DRAWS, check_draws, flipped_totals
from bench.stats.totals import (
    NOISE_BITS,
    Floats,
    Totals,
    distinct_rows,
    read_clusters,
    read_scores,
    total_clusters,
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """How system a differs from system b in one metric, over the cases judged in both.

    `difference` is mean(a) - mean(b) and `interval` its interval. `p` is two-sided. `wins`, `losses`, `ties` count
    clusters where a's sum of scores is above, below, or equal to b's: which of the two is better is the metric's
    business. `detectable` is the smallest true difference that a comparison of this size finds with the power
    asked for (None below two clusters). `only_a`, `only_b`, `neither` count cases dropped because not judged in both.
    With no case judged in both, `difference` and `p` are None.
    """

    difference: float | None
    interval: Interval
    p: float | None
    wins: int
    losses: int
    ties: int
    detectable: float | None
    flips: int
    only_a: int
    only_b: int
    neither: int


def compare_paired(
    a: ArrayLike,
    b: ArrayLike,
    clusters: ArrayLike,
    *,
    seed: int,
    flips: int = 10_000,
    resamples: int = 10_000,
    level: float = 0.95,
    method: str = "bca",
    power: float = 0.8,
    alpha: float = 0.05,
    workers: int = 1,
    fewest: int = FEWEST_DRAWS,
) -> list[Comparison]:
    """Compare two systems' scores on the same cases, one result a metric.

    `a`, `b` are [cases, metrics], aligned, NaN for not judged; `clusters` [cases] an integer id a case (the user).
    The interval is `cluster_intervals` of the cases' differences. The p-value flips the sign of whole clusters'
    differences, m = `flips` times, the same flips for all metrics: p = (1 + #{|T*| >= |T|}) / (1 + m), never 0
    (Phipson & Smyth 2010, "Permutation p-values should never be zero"); the null is that swapping a and b within a
    cluster changes nothing. Seed, order of cases and workers as in `cluster_intervals`.

    Raises BenchError for shapes that differ, and whatever `cluster_intervals` raises it for.
    """
    plan = Plan(seed, resamples, level, method, workers, fewest)
    check_draws("flips", flips, fewest)
    check_power(power, alpha)
    first, second = read_scores(a, "a"), read_scores(b, "b")
    if first.shape != second.shape:
        raise BenchError(f"a and b: expected the same cases and metrics, got shapes {first.shape} and {second.shape}")
    ids = read_clusters(clusters, len(first))
    differences = subtract(first, second)
    totals = total_clusters(differences, ids, np.zeros(differences.shape[1]), redrawn=False)
    intervals = bootstrap_means(differences, ids, plan)
    p = flip_signs(totals, seed, flips, workers)
    results = []
    for metric, interval in enumerate(intervals):
        wins, losses, ties = count_outcomes(totals, metric)
        only_a, only_b, neither = count_dropped(first[:, metric], second[:, metric])
        tested = p[metric] if interval.n_cases else None
        detectable = detect(totals, metric, interval, power, alpha)
        results.append(
            Comparison(interval.value, interval, tested, wins, losses, ties, detectable, flips, only_a, only_b, neither)
        )
    return results


def subtract(a: Floats, b: Floats) -> Floats:
    """Return a - b, NaN where either is not judged, and 0 where they differ by rounding only."""
    difference = a - b
    noise = np.abs(difference) <= np.ldexp(np.maximum(np.abs(a), np.abs(b)), -NOISE_BITS)
    return np.where(noise, 0.0, difference)


def flip_signs(totals: Totals, seed: int, flips: int, workers: int) -> list[float]:
    """Return the two-sided sign-flip p-value of each metric.

    Clusters whose differences are equal up to a common sign are exchangeable under flips. Totals that differ by
    rounding only count as at least as extreme, which errs on the safe side.
    """
    observed = np.abs(totals.units.sum(axis=0)) - totals.counts.sum(axis=0)
    rows, times = distinct_rows(orient(totals.units))
    flipped = flipped_totals(rows, times, seed=seed, flips=flips, workers=workers)
    extreme = (np.abs(flipped) >= observed).sum(axis=0)
    return [(1 + int(count)) / (1 + flips) for count in extreme]


def orient(units: Floats) -> Floats:
    """Return the rows that are not all zero, each with the sign that makes its first non-zero entry positive."""
    moved = units[(units != 0.0).any(axis=1)]
    lead = np.take_along_axis(moved, (moved != 0.0).argmax(axis=1, keepdims=True), axis=1)
    return np.asarray(moved * np.sign(lead) + 0.0)  # + 0.0 turns -0.0 into 0.0


def count_dropped(a: Floats, b: Floats) -> tuple[int, int, int]:
    """Return how many cases are judged in a only, in b only, and in neither."""
    in_a, in_b = ~np.isnan(a), ~np.isnan(b)
    return int((in_a & ~in_b).sum()), int((in_b & ~in_a).sum()), int((~in_a & ~in_b).sum())


def count_outcomes(totals: Totals, metric: int) -> tuple[int, int, int]:
    """Return the wins, losses and ties of a, over the clusters judged in both."""
    units, counts = totals.units[:, metric], totals.counts[:, metric]
    decided = ~totals.tied(units, counts)
    wins, losses = int((decided & (units > 0)).sum()), int((decided & (units < 0)).sum())
    return wins, losses, int((counts > 0).sum()) - wins - losses


def detect(totals: Totals, metric: int, interval: Interval, power: float, alpha: float) -> float | None:
    """Return the minimum detectable difference, from the linearised (delta method) spread of a ratio of sums."""
    if interval.value is None or interval.n_clusters < 2:
        return None
    if interval.degenerate:
        return 0.0
    judged = totals.counts[:, metric] > 0
    counts = totals.counts[judged, metric]
    moves = np.ldexp(totals.units[judged, metric], int(totals.exponents[metric])) - interval.value * counts
    squares = math.fsum(np.square(moves).tolist())  # correctly rounded: the order of clusters cannot matter
    sd = math.sqrt(squares / (len(moves) - 1)) / float(np.mean(counts))
    return minimum_detectable_difference(sd, len(moves), power, alpha)
