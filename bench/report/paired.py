"""Two systems on the same cases, metric by metric, with one Holm correction over the metrics shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError, unknown
from bench.judge import user_codes
from bench.report.groups import Group, question
from bench.stats import Comparison, compare_paired, holm
from bench.tables import Scores


@dataclass(frozen=True, slots=True)
class Verdict:
    """One metric's comparison over the cases judged in both: the two means, a minus b, the corrected p-value."""

    metric: str
    mean_a: float | None
    mean_b: float | None
    result: Comparison
    p_holm: float | None


@dataclass(frozen=True, slots=True)
class Paired:
    """Two systems compared on the `cases` both were asked; `only_a` and `only_b` are left out and must be shown."""

    verdicts: tuple[Verdict, ...]
    cases: int
    only_a: int
    only_b: int


def pair(a: Group, b: Group, metrics: Sequence[str] = ()) -> Paired:
    """Compare two systems on one question; other data, candidates or task are an error, another limit is not."""
    one, two = question(a.runs[0]), question(b.runs[0])
    for what in ("task", "version", "fingerprint", "seen"):
        if getattr(one, what) != getattr(two, what):
            told = f"{what} is {getattr(one, what)} in one and {getattr(two, what)} in the other"
            raise BenchError(f"these runs cannot be paired: {told}")
    first, second = a.scores, b.scores
    shared = [name for name in first.metrics if name in second.metrics]
    for name in metrics:
        if name not in shared:
            raise unknown("metric", name, shared)
    names = list(metrics) or shared
    cases = sorted({*first.cases} & {*second.cases})
    if not cases:
        raise BenchError("these runs share no case")
    table_a = _table(first, cases, names)
    table_b = _table(second, cases, names)
    results = compare_paired(table_a, table_b, user_codes(first)[_rows(first, cases)], seed=0, level=one.level)
    means = [_means(table_a[:, column], table_b[:, column]) for column in range(len(names))]
    lines = zip(names, means, results, correct([result.p for result in results]), strict=True)
    verdicts = tuple(Verdict(name, *both, result, p) for name, both, result, p in lines)
    return Paired(verdicts, len(cases), len(first.cases) - len(cases), len(second.cases) - len(cases))


def correct(p_values: Sequence[float | None]) -> list[float | None]:
    """Return Holm-adjusted p-values; None (no case to compare) is no hypothesis and stays None."""
    tested = [p for p in p_values if p is not None]
    adjusted = iter(holm(tested)) if tested else iter(())
    return [None if p is None else float(next(adjusted)) for p in p_values]


def _table(scores: Scores, cases: Sequence[str], names: Sequence[str]) -> NDArray[np.float64]:
    rows = _rows(scores, cases)
    return np.stack([scores.metrics[name][rows] for name in names], axis=1)


def _means(a: NDArray[np.float64], b: NDArray[np.float64]) -> tuple[float | None, float | None]:
    judged = ~(np.isnan(a) | np.isnan(b))
    return (float(a[judged].mean()), float(b[judged].mean())) if judged.any() else (None, None)


def _rows(scores: Scores, cases: Sequence[str]) -> NDArray[np.int64]:
    place = {case: index for index, case in enumerate(scores.cases)}
    return np.array([place[case] for case in cases], dtype=np.int64)
