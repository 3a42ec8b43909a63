"""From answers to per-case scores and figures, without running any model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bench import catalogue
from bench.api import Answer, Case, Cases, Dataset, Example, Failure, Item, Kind, Query, Ranking, Setting, Task
from bench.errors import BenchError
from bench.plan import Policy
from bench.scorers.slices import history_lengths, slices, target_popularity
from bench.stats import cluster_intervals
from bench.tables import Scores

EXPECTED = {Kind.NEXT_ITEM: ("ranking",), Kind.IMAGE: ("instruction", "media"), Kind.VIDEO: ("instruction", "media")}


def checked(answer: Answer, query: Query, kind: Kind, items: Mapping[str, Item]) -> Answer:
    """Return the answer, or a Failure that says how it broke the contract: counted and shown, never dropped."""
    if isinstance(answer, Failure):
        return answer
    name = type(answer).__name__.lower()
    if name not in EXPECTED[kind]:
        return Failure(f"expected a {' or '.join(EXPECTED[kind])}, got {name}")
    return _checked_ranking(answer, query, items) if isinstance(answer, Ranking) else answer


def _checked_ranking(answer: Ranking, query: Query, items: Mapping[str, Item]) -> Answer:
    listed = set(answer.items)
    if len(listed) != len(answer.items):
        return Failure("ranks an item twice")
    strangers = [item for item in answer.items if item not in items]
    if strangers:
        return Failure(f"ranks the unknown item {strangers[0]!r}")
    if not listed.isdisjoint(query.exclude):
        return Failure("ranks an item it was told to exclude")
    if answer.ties and (sum(answer.ties) != len(answer.items) or min(answer.ties) < 1):
        return Failure("the sizes of its tied groups do not add up to its items")
    candidates = len(items) - len(set(query.exclude) & items.keys())
    if answer.rest not in (0, candidates - len(listed)):
        return Failure(f"says {answer.rest} candidates tie behind the listed ones; {candidates - len(listed)} do")
    return answer


def judge(
    task: Task,
    dataset: Dataset,
    examples: Sequence[Example],
    answers: Mapping[str, Answer],
    media: Mapping[str, Path | Failure] | None = None,
    backbones: Mapping[str, Mapping[str, Setting]] | None = None,
) -> tuple[Scores, dict[str, float | None]]:
    """Return per-case scores and whole-run statistics; an answer for every example is required.

    A Failure scores 0 where higher is better and is left unjudged elsewhere, whatever a scorer made of it. So is a
    failed rendering, in the eyes of scorers of media; these do not judge what was not to be rendered, failed or not.
    """
    ids = [example.query.id for example in examples]
    if absent := [name for name in ids if name not in answers]:
        raise BenchError(
            f"{task.id}: no answer for {len(absent)} cases, the first is {absent[0]!r}; run the task again"
        )
    files = media or {}
    rows = [Case(example, answers[example.query.id], files.get(example.query.id)) for example in examples]
    cases = Cases(tuple(rows), dataset.train, backbones or {}, task.kind)
    failed = np.array([isinstance(case.answer, Failure) for case in rows], dtype=np.bool_)
    spoilt = np.array([isinstance(case.media, Failure) for case in rows], dtype=np.bool_)
    metrics: dict[str, np.ndarray[Any, np.dtype[np.float64]]] = {}
    statistics: dict[str, float | None] = {}
    for name in task.scorers:
        scorer = catalogue.scorer(name)
        if hasattr(scorer, "measure"):
            measured = scorer.measure(cases)
            statistics[name] = None if measured is None else float(measured)
            continue
        values = np.array([np.nan if score is None else score for score in scorer(cases)], dtype=np.float64)
        if values.shape != failed.shape:
            raise BenchError(f"{name} gave {len(values)} scores for {len(failed)} cases; expected one a case")
        values[spoilt if getattr(scorer, "of_media", False) else failed] = 0.0 if scorer.higher_is_better else np.nan
        metrics[name] = values
    facts = {
        "history_length": history_lengths(cases).astype(np.float64),
        "target_popularity": target_popularity(cases).astype(np.float64),
    }
    users = tuple(example.query.user for example in examples)
    return Scores(tuple(ids), users, failed, facts, dict(slices(cases)), metrics), statistics


def summarise(scores: Scores, statistics: Mapping[str, float | None], policy: Policy) -> dict[str, Any]:
    """Return the figures of a run: per metric its mean, interval and how many cases and users stand behind it."""
    names = list(scores.metrics)
    table = np.stack([scores.metrics[name] for name in names], axis=1)
    intervals = cluster_intervals(
        table, user_codes(scores), seed=0, resamples=policy.resamples, level=policy.level, workers=1
    )
    figures: dict[str, Any] = {
        name: {
            "value": interval.value,
            "low": interval.low,
            "high": interval.high,
            "cases": interval.n_cases,
            "users": interval.n_clusters,
            "higher_is_better": catalogue.scorer(name).higher_is_better,
        }
        for name, interval in zip(names, intervals, strict=True)
    }
    for name, value in statistics.items():
        better = catalogue.scorer(name).higher_is_better
        line = {"value": value, "low": None, "high": None, "cases": len(scores.cases), "users": None}
        figures[name] = {**line, "higher_is_better": better}
    return figures


def user_codes(scores: Scores) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return an integer per case that is equal for cases of one user."""
    return np.unique(np.array(scores.users, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
