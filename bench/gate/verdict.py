"""Non-inferiority of a candidate to a reference, metric by metric: pass, regression, or too little to tell."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.gate.pins import margin_of
from bench.stats import compare_paired
from bench.stats.resampling import FEWEST_DRAWS

POWER = 0.8
NORMAL = NormalDist()
Floats = NDArray[np.float64]


class Outcome(StrEnum):
    """What a metric says; only `PASS` lets a candidate through."""

    PASS = "pass"
    REGRESSION = "regression"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric of one pin: the two means over `cases`, and the candidate's gain with its interval.

    `gain`, `low`, `high` are in the metric's unit and turned so that above 0 is better: `low` is the one-sided bound
    at 1 - alpha that must lie above -`margin`, `high` its mirror. `detectable` is the smallest loss that as many users
    show, as significantly worse, with 80 % power. `lopsided` counts cases that only one of the two could be judged on.
    """

    metric: str
    candidate: float
    reference: float
    gain: float
    low: float
    high: float
    margin: float
    detectable: float
    cases: int
    users: int
    lopsided: int
    higher_is_better: bool
    alpha: float

    @property
    def outcome(self) -> Outcome:
        """Pass if a loss beyond the margin is excluded; otherwise a regression if there surely is some loss."""
        if self.low > -self.margin:
            return Outcome.PASS
        return Outcome.REGRESSION if self.high < 0.0 else Outcome.UNCLEAR

    @property
    def alarm(self) -> float:
        """The chance that a candidate exactly as good as the reference does not pass (normal approximation)."""
        spread = spread_of(self.detectable, self.alpha)
        return 0.0 if spread == 0.0 else NORMAL.cdf(NORMAL.inv_cdf(1 - self.alpha) - self.margin / spread)

    @property
    def needed(self) -> int:
        """About how many cases would show a loss of the margin's size with 80 % power."""
        return max(self.cases, math.ceil(self.cases * (self.detectable / self.margin) ** 2))

    @property
    def too_few(self) -> bool:
        """Whether the smallest loss that these cases can show is beyond the margin."""
        return self.detectable > self.margin


@dataclass(frozen=True, slots=True)
class Effort:
    """How many draws an interval rests on; tests that simulate thousands of gates take fewer."""

    resamples: int = 10_000
    flips: int = FEWEST_DRAWS
    fewest: int = FEWEST_DRAWS


USUAL = Effort()


def judge_metrics(
    candidate: Mapping[str, Floats],
    reference: Mapping[str, Floats],
    users: NDArray[np.int64],
    margins: Mapping[str, float | str],
    better: Mapping[str, bool],
    alpha: float = 0.05,
    effort: Effort = USUAL,
) -> list[Verdict]:
    """Return a verdict a metric of `margins`; scores are [cases] with NaN for not judged, `users` [cases] numbers.

    A case judged in one only counts with the worst score that either got anywhere: a failure costs, it never drops
    out. The interval is the wider, at each end, of the paired cluster bootstrap (BCa) and Student's t over users, at
    the two-sided level 1 - 2 alpha: where few users differ at all, the bootstrap alone is too sure of itself.
    Raises BenchError where no case, or those of one user only, are judged.
    """
    names = list(margins)
    signs = np.array([1.0 if better[name] else -1.0 for name in names])
    pairs = [filled(candidate[name], reference[name], better[name]) for name in names]
    a, b = (np.stack([pair[side] for pair in pairs], axis=1) for side in (0, 1))
    results = compare_paired(
        a * signs,
        b * signs,
        users,
        seed=0,
        resamples=effort.resamples,
        flips=effort.flips,
        fewest=effort.fewest,
        level=1 - 2 * alpha,
        power=POWER,
        alpha=2 * alpha,
    )
    found = []
    for place, (name, result) in enumerate(zip(names, results, strict=True)):
        ends = result.interval
        if result.difference is None or ends.low is None or ends.high is None or result.detectable is None:
            raise BenchError(f"{name}: {ends.n_cases} cases of {ends.n_clusters} users are judged; expected two users")
        reach = student(1 - alpha, ends.n_clusters - 1) * spread_of(result.detectable, alpha)
        means = float(np.nanmean(a[:, place])), float(np.nanmean(b[:, place]))
        found.append(
            Verdict(
                metric=name,
                candidate=means[0],
                reference=means[1],
                gain=result.difference,
                low=min(ends.low, result.difference - reach),
                high=max(ends.high, result.difference + reach),
                margin=margin_of(margins[name], means[1], name),
                detectable=result.detectable,
                cases=ends.n_cases,
                users=ends.n_clusters,
                lopsided=pairs[place][2],
                higher_is_better=better[name],
                alpha=alpha,
            )
        )
    return found


def spread_of(detectable: float, alpha: float) -> float:
    """Return the standard error behind a smallest detectable difference."""
    return detectable / (NORMAL.inv_cdf(1 - alpha) + NORMAL.inv_cdf(POWER))


def student(level: float, freedom: int) -> float:
    """Return the quantile of Student's t."""
    from scipy.stats import t

    return float(t.ppf(level, freedom))


def filled(a: Floats, b: Floats, higher_is_better: bool) -> tuple[Floats, Floats, int]:
    """Return both columns, the worst score of either standing in where only one is judged, and how often it does."""
    without_a, without_b = np.isnan(a), np.isnan(b)
    lopsided = without_a ^ without_b
    if not lopsided.any():
        return a, b, 0
    both = np.concatenate([a, b])
    worst = np.nanmin(both) if higher_is_better else np.nanmax(both)
    first, second = np.where(lopsided & without_a, worst, a), np.where(lopsided & without_b, worst, b)
    return first, second, int(lopsided.sum())
