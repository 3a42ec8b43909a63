"""Cluster bootstrap intervals of mean scores: BCa and percentile, with users as the resampling unit."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.errors import BenchError, unknown
from bench.stats.resampling import FEWEST_DRAWS, bootstrap_totals, check_draws
from bench.stats.totals import (
    Floats,
    Ints,
    Totals,
    distinct_rows,
    mean_of_judged,
    read_clusters,
    read_scores,
    total_clusters,
)

METHODS = ("bca", "percentile")
NORMAL = NormalDist()


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over judged cases with its confidence interval.

    `n_cases` and `n_clusters` count what is judged in this metric; `resamples` is how many bootstrap samples the
    interval rests on (those that hold a judged case). `degenerate` marks an interval that says nothing about spread
    and rests on no resample: `low == high == value` for fewer than two judged clusters or no variation between
    them, and all three None if no case is judged.
    """

    value: float | None
    low: float | None
    high: float | None
    n_cases: int
    n_clusters: int
    method: str
    level: float
    resamples: int
    degenerate: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """How to bootstrap; raises BenchError where a setting makes no sense."""

    seed: int
    resamples: int
    level: float
    method: str
    workers: int
    fewest: int

    def __post_init__(self) -> None:
        """Check every setting."""
        check_draws("resamples", self.resamples, self.fewest)
        if self.workers < 1:
            raise BenchError(f"workers: expected at least 1, got {self.workers}")
        if not 0.0 < self.level < 1.0:
            raise BenchError(f"level: expected a number between 0 and 1 such as 0.95, got {self.level}")
        if self.method not in METHODS:
            raise unknown("interval method", self.method, METHODS)


def cluster_intervals(
    scores: ArrayLike,
    clusters: ArrayLike,
    *,
    seed: int,
    resamples: int = 10_000,
    level: float = 0.95,
    method: str = "bca",
    workers: int = 1,
    fewest: int = FEWEST_DRAWS,
) -> list[Interval]:
    """Return the mean of each metric over its judged cases, with a cluster bootstrap interval.

    `scores` is [cases, metrics] with NaN for not judged, `clusters` [cases] an integer id a case (the user). The
    estimator is the ratio (sum of scores) / (number of judged cases) over resampled clusters; one set of resamples
    serves all metrics. `bca`: Efron 1987, "Better bootstrap confidence intervals"; bias correction with half credit
    for ties, acceleration from the leave-one-cluster-out jackknife, in closed form. `percentile`: plain quantiles.

    The result depends on the seed and on the clusters' scores only: not on the order of cases, the ids, or the
    number of `workers` (threads). As metrics share their resamples, asking for other metrics beside one moves its
    ends within Monte Carlo error. Raises BenchError for wrong shapes or types, infinite scores, a level outside
    (0, 1), an unknown method, or fewer than `fewest` resamples (lowered by tests only).
    """
    plan = Plan(seed, resamples, level, method, workers, fewest)
    values = read_scores(scores)
    return bootstrap_means(values, read_clusters(clusters, len(values)), plan)


def bootstrap_means(values: Floats, clusters: Ints, plan: Plan) -> list[Interval]:
    """Return the interval of each metric's mean for checked `values` [cases, metrics] and `clusters` [cases]."""
    means = mean_of_judged(values)
    totals = total_clusters(values, clusters, means, redrawn=True)
    spread = find_spread(totals)
    ends = dict.fromkeys(range(values.shape[1]), (0.0, 0.0, 0))
    if spread.any():
        ends |= draw_ends(totals, np.flatnonzero(spread).tolist(), plan)
    return [
        build_interval(values[:, metric], float(means[metric]), totals.counts[:, metric], end, plan)
        for metric, end in ends.items()
    ]


def find_spread(totals: Totals) -> NDArray[np.bool_]:
    """Return whether any cluster departs from the mean, bool [metrics]; a single judged cluster never does."""
    several = (totals.counts > 0).sum(axis=0) > 1
    return np.asarray(several & ~totals.tied(totals.units, totals.counts).all(axis=0))


def draw_ends(totals: Totals, metrics: list[int], plan: Plan) -> dict[int, tuple[float, float, int]]:
    """Return for each of `metrics` how far the interval's ends lie from the mean, and the resamples used."""
    counts, where = share_columns(totals.counts)
    rows, times = distinct_rows(np.hstack([totals.units, counts]))
    drawn = bootstrap_totals(rows, times, seed=plan.seed, resamples=plan.resamples, workers=plan.workers)
    ends = {}
    for metric in metrics:
        columns = [metric, totals.units.shape[1] + where[metric]]
        judged = drawn[drawn[:, columns[1]] > 0][:, columns]
        levels = plain_levels(plan.level)
        if plan.method == "bca":
            levels = bca_levels(levels, share_below(judged), acceleration(rows[:, columns], times))
        low, high = np.quantile(judged[:, 0] / judged[:, 1], levels)
        scale = int(totals.exponents[metric])
        ends[metric] = (float(np.ldexp(low, scale)), float(np.ldexp(high, scale)), len(judged))
    return ends


def share_columns(counts: Floats) -> tuple[Floats, list[int]]:
    """Return the distinct columns in order of appearance, and which of them each metric has: most judge all cases."""
    places: dict[bytes, int] = {}
    where = [places.setdefault(column.tobytes(), len(places)) for column in counts.T]
    return counts[:, [where.index(place) for place in range(len(places))]], where


def build_interval(column: Floats, mean: float, counts: Floats, end: tuple[float, float, int], plan: Plan) -> Interval:
    """Return the interval around `mean`; a mean of scores cannot leave their range, so neither may rounding."""
    n_cases, n_clusters = int(counts.sum()), int((counts > 0).sum())
    below, above, used = end
    if not n_cases:
        return Interval(None, None, None, 0, 0, plan.method, plan.level, 0, degenerate=True)
    low, high = max(float(np.nanmin(column)), mean + below), min(float(np.nanmax(column)), mean + above)
    return Interval(mean, low, high, n_cases, n_clusters, plan.method, plan.level, used, degenerate=used == 0)


def plain_levels(level: float) -> tuple[float, float]:
    """Return the two tail probabilities of the percentile interval."""
    tail = (1.0 - level) / 2.0
    return tail, 1.0 - tail


def share_below(judged: Floats) -> float:
    """Return the share of resamples below the estimate, ties counted half; kept off 0 and 1 by half a resample.

    `judged` is [resamples, 2]: units above the estimate, and the number of cases.
    """
    signs = np.where(np.abs(judged[:, 0]) <= judged[:, 1], 0.0, np.sign(judged[:, 0]))
    share = float(np.mean(0.5 - 0.5 * signs))
    edge = 0.5 / len(judged)
    return min(max(share, edge), 1.0 - edge)


def acceleration(rows: Floats, times: Ints) -> float:
    """Return Efron's acceleration from the leave-one-cluster-out jackknife of a ratio of sums.

    `rows` is [distinct, 2]: e = units above the mean, and n = number of cases; `times` [distinct] how many clusters
    have that row. Leaving out a cluster moves the ratio by -e / (N - n), N the number of all cases.
    """
    move = rows[:, 0] / (np.dot(times, rows[:, 1]) - rows[:, 1])
    move = move - np.average(move, weights=times)
    largest = np.abs(move).max()
    if largest == 0.0:  # clusters that differ by less than a float can tell bend nothing
        return 0.0
    move = move / largest  # scale-free; cubes of tiny moves would underflow
    return float(np.dot(times, move**3) / (6.0 * np.dot(times, move**2) ** 1.5))


def bca_levels(levels: tuple[float, float], below: float, bend: float) -> tuple[float, float]:
    """Return the quantile levels of the BCa interval (Efron & Tibshirani 1993, section 14.3)."""
    shift = NORMAL.inv_cdf(below)

    def adjust(level: float) -> float:
        point = shift + NORMAL.inv_cdf(level)
        stretch = 1.0 - bend * point
        if stretch <= 0.0:  # past the pole of the correction its limit is the end of the distribution
            return 1.0 if point > 0.0 else 0.0
        return NORMAL.cdf(shift + point / stretch)

    return adjust(levels[0]), adjust(levels[1])
