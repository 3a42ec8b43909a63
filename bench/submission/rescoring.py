"""Claimed scores and figures against what the answers earn when they are judged again."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench import catalogue
from bench.api import Answer, Dataset, Example, Failure
from bench.errors import BenchError
from bench.judge import judge, summarise
from bench.plan import Job
from bench.submission.faults import Faults
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


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run says of itself: its manifest, its stored scores if they can be read, and its folder."""

    told: Mapping[str, Any]
    stored: Path | None
    place: str


def judge_again(
    job: Job,
    data: Dataset,
    examples: Sequence[Example],
    answers: Mapping[str, Answer],
    faulty: Set[str],
    media: Mapping[str, Path | Failure] | None,
    claim: Claim,
    faults: Faults,
) -> Judged:
    """Return what the answers earn, and note counts, scores and figures that claim anything else.

    Answers of `faulty` cases are not compared; in figures, the scores claimed for them stand in.
    `media` is None where what was sent of them is at fault; nothing that looks at them is compared then.
    """
    told, place = claim.told, claim.place
    unsound = dict.fromkeys(faulty, Failure("refused"))
    scores, statistics = judge(job.task, data, examples, {**answers, **unsound}, media or {}, job.rendering.backbones)
    unseen = unseen_figures(job, told, media)
    if media is not None and job.task.primary in unseen:
        faults.add(RefusalError("media-needed", f"{place}: {job.task.primary} ranks systems on {job.task.id}"))
    faults.note(count_faults(told, scores, place, ("cases", "users") if faulty else ("cases", "users", "failed")))
    claimed: Scores | None = None
    endless: Set[str] = frozenset()
    if claim.stored is not None:
        with faults.ending():
            claimed = claimed_scores(claim.stored, scores, faulty, place)
            endless = frozenset(not_finite(claim.stored))  # told of by `finite_faults`
            faults.note(score_faults(claimed, scores, faulty, unseen | endless, place))
    full = with_claimed(scores, claimed, faulty) if faulty and claimed is not None else scores
    figures = summarise(full, statistics, job.policy)
    faults.note(name_faults(told["figures"], figures, place))
    if not faulty or claimed is not None:
        unsure = unseen | endless | statistics.keys() if faulty else unseen
        same = (told["policies"]["resamples"], told["policies"]["level"]) == (job.policy.resamples, job.policy.level)
        faults.note(figure_faults(told["figures"], figures, unsure, () if same else ("low", "high"), place))
    shown = {name: told["figures"].get(name, line) if name in unseen else line for name, line in figures.items()}
    names = tuple(name for name in figures if name not in unseen)
    return Judged(shown, names, tuple(sorted(unseen)), int(scores.failed.sum()), len(scores.cases))


def unseen_figures(job: Job, told: Mapping[str, Any], media: Mapping[str, Path | Failure] | None) -> set[str]:
    """Return the scorers of media that was made and not sent, or sent wrongly."""
    if media or (media is not None and not told.get("rendering", {}).get("generator")):
        return set()
    return {name for name in job.task.scorers if of_media(name)}


def of_media(name: str) -> bool:
    """Return whether a scorer looks at pictures or clips."""
    return bool(getattr(catalogue.scorer(name), "of_media", False))


def count_faults(told: Mapping[str, Any], scores: Scores, place: str, names: Sequence[str]) -> Iterator[RefusalError]:
    """Yield other counts of cases, users or failures."""
    earned = {"cases": len(scores.cases), "users": len(set(scores.users)), "failed": int(scores.failed.sum())}
    for name in names:
        if (found := told["counts"][name]) != earned[name]:
            yield RefusalError("manifest-counts", f"{place}: {name} is {found}; the answers have {earned[name]}")


def claimed_scores(stored: Path, earned: Scores, faulty: Set[str], place: str) -> Scores:
    """Return the stored scores in the order of the earned ones; refuse other scorers, cases, users or failures."""
    try:
        claimed = read_scores(stored)
    except BenchError as error:
        raise RefusalError("scores-columns", f"{place}: {str(error).partition(': ')[2]}") from None
    if claimed.metrics.keys() != earned.metrics.keys():
        raise RefusalError("scores-columns", f"{place}: {', '.join(claimed.metrics)}")
    order = sorted(range(len(earned.cases)), key=earned.cases.__getitem__)
    if claimed.cases != tuple(earned.cases[index] for index in order):
        raise RefusalError("scores-cases", place)
    back = np.argsort(order)
    users, failed = tuple(claimed.users[index] for index in back), claimed.failed[back]
    sound = sound_cases(earned, faulty)
    if users != earned.users or not np.array_equal(failed[sound], earned.failed[sound]):
        raise RefusalError("scores-cases", place)
    return Scores(
        cases=earned.cases,
        users=users,
        failed=failed,
        facts={name: values[back] for name, values in claimed.facts.items()},
        slices={name: tuple(labels[index] for index in back) for name, labels in claimed.slices.items()},
        metrics={name: values[back] for name, values in claimed.metrics.items()},
    )


def sound_cases(scores: Scores, faulty: Set[str]) -> NDArray[np.bool_]:
    """Return which cases have an answer without a fault."""
    return np.array([case not in faulty for case in scores.cases], dtype=np.bool_)


def with_claimed(scores: Scores, claimed: Scores, faulty: Set[str]) -> Scores:
    """Return scores in which those claimed stand in for those of faulty cases."""
    sound = sound_cases(scores, faulty)
    metrics = {
        name: np.where(sound, values, np.where(np.isfinite(claimed.metrics[name]), claimed.metrics[name], np.nan))
        for name, values in scores.metrics.items()
    }
    return replace(scores, failed=np.where(sound, scores.failed, claimed.failed), metrics=metrics)


def score_faults(
    claimed: Scores, earned: Scores, faulty: Set[str], unsure: Set[str], place: str
) -> Iterator[RefusalError]:
    """Yield stored per-case scores that differ anywhere: exactly, but for what a network saw."""
    sound = sound_cases(earned, faulty)
    for name, mine in {**earned.metrics, **earned.facts}.items():
        if name in unsure:
            continue
        theirs = claimed.metrics[name] if name in earned.metrics else claimed.facts[name]
        within = SEEN if name in earned.metrics and of_media(name) else 0.0
        wrong = np.flatnonzero(~_equal(mine, theirs, within) & sound)
        if wrong.size:
            at = int(wrong[0])
            told = f"{name} of {earned.cases[at]} is {theirs[at]}; the answer earns {mine[at]}"
            yield RefusalError("scores-differ", f"{place}: {told} ({wrong.size:,} differ)")
    for name, labels in earned.slices.items():
        if tuple(labels) != claimed.slices[name]:
            yield RefusalError("scores-differ", f"{place}: slices by {name}")


def finite_faults(stored: Path, place: str) -> Iterator[RefusalError]:
    """Yield columns of stored scores that hold a number that is no number."""
    yield from (RefusalError("scores-not-finite", f"{place}: {name}") for name in not_finite(stored))


def not_finite(stored: Path) -> list[str]:
    """Return the columns that hold a number that is no number; where there is none the cell is null."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.ParquetFile(stored).read()
    floating = [name for name in table.column_names if pa.types.is_floating(table.column(name).type)]
    return [name for name in floating if pc.all(pc.is_finite(table.column(name))).as_py() is False]


def _equal(mine: NDArray[np.float64], theirs: NDArray[np.float64], within: float) -> NDArray[np.bool_]:
    missing = np.isnan(mine) & np.isnan(theirs)
    with np.errstate(invalid="ignore"):
        return np.asarray(missing | (np.abs(mine - theirs) <= within), dtype=np.bool_)


def name_faults(told: Mapping[str, Any], earned: Mapping[str, Any], place: str) -> Iterator[RefusalError]:
    """Yield figures of other names."""
    if told.keys() != earned.keys():
        yield RefusalError("figures-names", f"{place}: {', '.join(sorted(told.keys() ^ earned.keys()))}")


def figure_faults(
    told: Mapping[str, Any], earned: Mapping[str, Any], unseen: Set[str], apart: Sequence[str], place: str
) -> Iterator[RefusalError]:
    """Yield values, ends of intervals and counts that differ, but for `unseen` figures and the parts set `apart`."""
    for name, line in earned.items():
        if name in unseen or name not in told:
            continue
        within = SEEN if of_media(name) else MEANS
        for part, mine in line.items():
            theirs = told[name].get(part)
            if part not in apart and not _same(theirs, mine, within):
                yield RefusalError("figures-differ", f"{place}: {name}.{part} is {theirs}; the answers earn {mine}")


def _same(theirs: object, mine: object, within: float) -> bool:
    if isinstance(mine, float) and isinstance(theirs, int | float) and not isinstance(theirs, bool):
        if math.isnan(mine):
            return False
        return abs(theirs - mine) <= within
    return type(theirs) is type(mine) and theirs == mine
