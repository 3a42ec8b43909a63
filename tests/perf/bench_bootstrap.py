"""Time and accuracy of cluster intervals beside scipy.stats.bootstrap, on ranking-like and on continuous scores."""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from scipy import stats

from bench.rng import stream
from bench.stats import cluster_intervals, compare_paired


def ranking_scores(users: int) -> np.ndarray:
    """Return eight metrics of one simulated rank a user: recall and NDCG at 1, 5, 10, reciprocal rank at 10 and 50."""
    rng = stream(0, "ranks")
    rank = np.where(rng.random(users) < 0.12, rng.geometric(0.12, users), 10**6)
    recall = [(rank <= k).astype(float) for k in (1, 5, 10)]
    gain = [np.where(rank <= k, 1 / np.log2(rank + 1), 0.0) for k in (3, 5, 10)]
    reciprocal = [np.where(rank <= k, 1 / rank, 0.0) for k in (10, 50)]
    return np.column_stack(recall + gain + reciprocal)


def continuous_scores(users: int) -> np.ndarray:
    """Return eight metrics in which no two users have the same scores."""
    return stream(0, "continuous").gamma(1.0, size=(users, 8))


def seconds(run: Callable[[], object], times: int) -> float:
    """Return the median processor time of `times` runs: unlike wall time it bears a busy machine."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return float(np.median(taken))


def our_ends(scores: np.ndarray, resamples: int) -> np.ndarray:
    """Return our BCa ends of every metric, [metrics, 2], a cluster a case as scipy has it."""
    found = cluster_intervals(scores, np.arange(len(scores)), seed=0, resamples=resamples)
    return np.array([[each.low, each.high] for each in found])


def scipy_ends(scores: np.ndarray, resamples: int) -> np.ndarray:
    """Return scipy's BCa ends of every metric, [metrics, 2], at the batch size that is fastest for 20,000 users."""
    rng = np.random.default_rng(0)
    found = [
        stats.bootstrap((column,), np.mean, n_resamples=resamples, method="BCa", batch=50, rng=rng)
        for column in scores.T
    ]
    return np.array([[each.confidence_interval.low, each.confidence_interval.high] for each in found])


def main() -> None:
    """Print processor seconds, their ratio and the largest difference of interval ends in standard errors."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--users", type=int, default=20_000)
    parser.add_argument("--resamples", type=int, default=10_000)
    given = parser.parse_args()
    tables = [make(given.users) for make in (ranking_scores, continuous_scores)]
    ours = []
    for scores in tables:
        other = scores[stream(1, "other").permutation(given.users)]
        our_ends(scores[:100], given.resamples)  # first calls load libraries
        interval = seconds(partial(our_ends, scores, given.resamples), 5)
        paired = seconds(partial(compare_paired, scores, other, np.arange(given.users), seed=0), 3)
        ours.append((interval, paired))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{given.users} users, {given.resamples} resamples, 8 metrics; our peak memory {memory:.0f} MB")
    for name, scores, (interval, paired) in zip(("ranking", "continuous"), tables, ours, strict=True):
        start = time.process_time()
        reference = scipy_ends(scores, given.resamples)
        theirs = time.process_time() - start
        error = scores.std(axis=0, ddof=1) / np.sqrt(given.users)
        gap = np.abs(our_ends(scores, given.resamples) - reference) / error[:, None]
        print(
            f"{name} ({len(np.unique(scores, axis=0))} distinct rows): intervals {interval:.3f} s, "
            f"scipy {theirs:.1f} s, ratio {theirs / interval:.0f}; "
            f"ends differ by at most {gap.max():.3f} standard errors; paired comparison {paired:.3f} s"
        )


if __name__ == "__main__":
    main()
