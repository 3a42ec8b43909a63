"""Per-cluster totals as whole numbers, so that no sum depends on the order of cases, the machine or the workers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bench.errors import BenchError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LARGEST_SCORE = 1e100
EXACT_BITS = 52  # whole numbers up to 2**53 are exact in float64; one bit is left for the doubling in sign flips
NOISE_BITS = 48  # differences below 2**-48 of the largest score are rounding, not data


@dataclass(frozen=True, slots=True, eq=False)
class Totals:
    """What each cluster adds to a ratio of sums: value sums and case counts, both [clusters, metrics].

    Sums are whole multiples of `2**exponents[metric]`, small enough that any total over a resample is exact in
    float64: addition is then associative, whatever the order, the block size or the matrix library.
    Rounding a case to a unit moves it by at most half a unit, so totals closer than one unit a case are tied.
    """

    units: Floats
    counts: Floats
    exponents: NDArray[np.int32]

    def tied(self, units: Floats, counts: Floats) -> NDArray[np.bool_]:
        """Return where `units` summed over `counts` cases cannot be told from zero."""
        return np.abs(units) <= counts


def read_scores(scores: ArrayLike, what: str = "scores") -> Floats:
    """Return `scores` as float64 [cases, metrics]; None and NaN mean not judged. Raises BenchError otherwise."""
    try:
        values = np.asarray(scores, dtype=np.float64)
    except (TypeError, ValueError):
        raise BenchError(f"{what}: expected numbers [cases, metrics], with NaN or None for not judged") from None
    if values.ndim != 2 or not values.shape[1]:
        raise BenchError(
            f"{what}: expected an array [cases, metrics], got shape {values.shape}; give a metric a column"
        )
    if (np.abs(values) > LARGEST_SCORE).any():
        raise BenchError(f"{what}: infinite or above {LARGEST_SCORE:g}; give NaN for a case that was not judged")
    return values


def read_clusters(clusters: ArrayLike, cases: int) -> Ints:
    """Return the cluster id of each case, int64 [cases]. Raises BenchError unless whole numbers, one a case."""
    ids = np.asarray(clusters)
    if ids.shape != (cases,):
        raise BenchError(f"clusters: expected one id a case, shape ({cases},), got {ids.shape}")
    if cases and ids.dtype.kind not in "iu":
        raise BenchError(
            f"clusters: expected whole numbers, got {ids.dtype}; number users by numpy.unique(return_inverse=True)"
        )
    return ids.astype(np.int64)


def mean_of_judged(values: Floats) -> Floats:
    """Return the mean of the judged cases of each metric [metrics], NaN where no case is judged.

    The sum is correctly rounded (math.fsum), so the order of cases cannot matter; a constant is its own mean.
    """
    means = np.full(values.shape[1], np.nan)
    for metric, column in enumerate(values.T):
        judged = column[~np.isnan(column)]
        if judged.size:
            constant = judged.min() == judged.max()
            means[metric] = judged[0] if constant else math.fsum(judged.tolist()) / judged.size
    return means


def total_clusters(values: Floats, clusters: Ints, centre: Floats, *, redrawn: bool) -> Totals:
    """Return the totals of `values - centre` over the judged cases of each cluster.

    `values` [cases, metrics], NaN = not judged; `clusters` [cases] any ids; `centre` [metrics]. Clusters without a
    judged case in any metric are left out. Rows are in the order of the ids, which callers must not rely on.
    `redrawn`: totals must be exact for any draw of as many clusters, not just for every cluster once.
    """
    seen = ~np.isnan(values).all(axis=1)
    values, (_, index) = values[seen], np.unique(clusters[seen], return_inverse=True)
    judged = ~np.isnan(values)
    size = int(index.max(initial=-1)) + 1
    counts = sum_by_cluster(judged.astype(np.float64), index, size)
    deviations = np.where(judged, values - centre, 0.0)
    most = size * counts.max(initial=0.0) if redrawn else counts.sum(axis=0).max(initial=0.0)
    exponents = choose_exponents(np.where(judged, values, 0.0), deviations, most)
    units = sum_by_cluster(np.rint(np.ldexp(deviations, -exponents)), index, size)
    return Totals(units, counts, exponents)


def choose_exponents(values: Floats, deviations: Floats, most: float) -> NDArray[np.int32]:
    """Return the finest unit of each metric, as a power of two, for which totals of `most` cases are exact.

    The unit is never finer than the rounding noise of the scores themselves.
    """
    exact = np.frexp(np.abs(deviations).max(axis=0, initial=0.0))[1] + int(np.frexp(most)[1]) - EXACT_BITS
    noise = np.frexp(np.abs(values).max(axis=0, initial=0.0))[1] - NOISE_BITS
    return np.asarray(np.maximum(exact, noise), dtype=np.int32)


def sum_by_cluster(columns: Floats, index: NDArray[np.intp], size: int) -> Floats:
    """Return the sums of `columns` [cases, metrics] by cluster number, [size, metrics]."""
    sums = np.empty((size, columns.shape[1]))
    for metric, column in enumerate(columns.T):
        sums[:, metric] = np.bincount(index, weights=column, minlength=size)
    return sums


def distinct_rows(rows: Floats) -> tuple[Floats, Ints]:
    """Return the distinct rows in lexicographic order and how often each occurs.

    Clusters with equal rows are exchangeable; the sorted order makes what follows independent of case order.
    """
    ranked = rows[np.lexsort(rows.T[::-1])]
    fresh = np.ones(len(rows), dtype=bool)
    fresh[1:] = (ranked[1:] != ranked[:-1]).any(axis=1)
    starts = np.flatnonzero(fresh)
    return ranked[starts], np.diff(starts, append=len(rows)).astype(np.int64)
