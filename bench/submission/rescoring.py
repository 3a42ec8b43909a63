"""Claimed scores and figures against what the answers earn when they are judged again."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import catalogue
from bench.api import Answer, Dataset, Example, Failure
from bench.errors import BenchError
from bench.judge import judge, summarise
from bench.plan import Job
from bench.submission.reasons import RefusalError
from bench.tables import Scores, read_scores

MEANS = 1e-9
SEEN = 1e-3
"""Scores of media come from a network in single precision, so another machine's differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the answers earn: figures as `run.json` has them, the scorers that were compared, and those that were not.

    `unchecked` are scorers of media that was not sent along.
    """

    figures: Mapping[str, Any]
    checked: tuple[str, ...]
    unchecked: tuple[str, ...]
    failed: int
    cases: int


def judge_again(
    job: Job,
    data: Dataset,
    examples: Sequence[Example],
    answers: Mapping[str, Answer],
    media: Mapping[str, Path | Failure],
    told: Mapping[str, Any],
    stored: Path,
    place: str,
) -> Judged:
    """Return what the answers earn; refuse counts, scores (if `stored`) or figures that claim anything else."""
    scores, statistics = judge(job.task, data, examples, answers, media, job.rendering.backbones)
    unseen = unseen_figures(job, told, media, place)
    check_counts(told, scores, place)
    if stored.exists():
        check_scores(stored, scores, unseen, place)
    figures = summarise(scores, statistics, job.policy)
    check_figures(told["figures"], figures, unseen, place)
    shown = {name: told["figures"][name] if name in unseen else line for name, line in figures.items()}
    names = tuple(name for name in figures if name not in unseen)
    return Judged(shown, names, tuple(sorted(unseen)), int(scores.failed.sum()), len(scores.cases))


def unseen_figures(job: Job, told: Mapping[str, Any], media: Mapping[str, Path | Failure], place: str) -> set[str]:
    """Return the scorers of media that was made and not sent; the primary one must not be among them."""
    if media or not told.get("rendering", {}).get("generator"):
        return set()
    unseen = {name for name in job.task.scorers if of_media(name)}
    if job.task.primary in unseen:
        raise RefusalError("media-needed", f"{place}: {job.task.primary} ranks systems on {job.task.id}")
    return unseen


def of_media(name: str) -> bool:
    """Return whether a scorer looks at pictures or clips."""
    return bool(getattr(catalogue.scorer(name), "of_media", False))


def check_counts(told: Mapping[str, Any], scores: Scores, place: str) -> None:
    """Refuse other counts of cases, users or failures."""
    earned = {"cases": len(scores.cases), "users": len(set(scores.users)), "failed": int(scores.failed.sum())}
    for name, value in earned.items():
        if told["counts"][name] != value:
            raise RefusalError(
                "manifest-counts", f"{place}: {name} is {told['counts'][name]}; the answers have {value}"
            )


def check_scores(stored: Path, earned: Scores, unseen: set[str], place: str) -> None:
    """Refuse stored per-case scores that differ anywhere: exactly, but for what a network saw."""
    try:
        claimed = read_scores(stored)
    except BenchError as error:
        raise RefusalError("scores-columns", f"{place}: {str(error).partition(': ')[2]}") from None
    if claimed.metrics.keys() != earned.metrics.keys():
        raise RefusalError("scores-columns", f"{place}: {', '.join(claimed.metrics)}")
    order = sorted(range(len(earned.cases)), key=earned.cases.__getitem__)
    rows = [(earned.cases[index], earned.users[index], bool(earned.failed[index])) for index in order]
    if list(zip(claimed.cases, claimed.users, claimed.failed.tolist(), strict=True)) != rows:
        raise RefusalError("scores-cases", place)
    _check_finite(stored, place)
    for name, values in {**earned.metrics, **earned.facts}.items():
        if name in unseen:
            continue
        mine, theirs = values[order], claimed.metrics.get(name, claimed.facts.get(name))
        assert theirs is not None
        within = SEEN if name in earned.metrics and of_media(name) else 0.0
        wrong = np.flatnonzero(~_equal(mine, theirs, within))
        if wrong.size:
            at = int(wrong[0])
            told = f"{name} of {rows[at][0]} is {theirs[at]}; the answer earns {mine[at]} ({wrong.size:,} differ)"
            raise RefusalError("scores-differ", f"{place}: {told}")
    for name, labels in earned.slices.items():
        if [labels[index] for index in order] != list(claimed.slices[name]):
            raise RefusalError("scores-differ", f"{place}: slices by {name}")


def _check_finite(stored: Path, place: str) -> None:
    """Refuse a number that is no number; where there is none the cell is null."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.ParquetFile(stored).read()
    for name in table.column_names:
        column = table.column(name)
        if pa.types.is_floating(column.type) and pc.all(pc.is_finite(column)).as_py() is False:
            raise RefusalError("scores-not-finite", f"{place}: {name}")


def _equal(mine: NDArray[np.float64], theirs: NDArray[np.float64], within: float) -> NDArray[np.bool_]:
    missing = np.isnan(mine) & np.isnan(theirs)
    with np.errstate(invalid="ignore"):
        return np.asarray(missing | (np.abs(mine - theirs) <= within), dtype=np.bool_)


def check_figures(told: Mapping[str, Any], earned: Mapping[str, Any], unseen: set[str], place: str) -> None:
    """Refuse figures of other names, or values, ends of intervals and counts that differ."""
    if told.keys() != earned.keys():
        raise RefusalError("figures-names", f"{place}: {', '.join(sorted(told.keys() ^ earned.keys()))}")
    for name, line in earned.items():
        if name in unseen:
            continue
        within = SEEN if of_media(name) else MEANS
        for part, mine in line.items():
            theirs = told[name].get(part)
            if not _same(theirs, mine, within):
                raise RefusalError("figures-differ", f"{place}: {name}.{part} is {theirs}; the answers earn {mine}")


def _same(theirs: object, mine: object, within: float) -> bool:
    if isinstance(mine, float) and isinstance(theirs, int | float) and not isinstance(theirs, bool):
        if math.isnan(mine):
            return False
        return abs(theirs - mine) <= within
    return type(theirs) is type(mine) and theirs == mine
