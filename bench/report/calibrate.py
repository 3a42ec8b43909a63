"""Planted data sets beside real ones: whether a world's skew, lengths and simple baselines lie where real logs do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.api import Kind, Progress
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan
from bench.pose import load
from bench.report.render import number
from bench.runner import run_job

BASE = "popularity"
COMPARED = ("markov", "item-knn", "text-knn")
METRIC = "recall@10"
FIGURES = ("popularity_gini", "history_q25", "history_q50", "history_q75", "history_q95", "repeat_share")


@dataclass(frozen=True, slots=True)
class DataSet:
    """One data set: whether it is planted, its figures, recall@10 of popularity and how many times that others have.

    `ratios` hold None for a system that cannot work on it (no text).
    """

    task: str
    planted: bool
    figures: dict[str, float]
    popularity: float
    ratios: dict[str, float | None]


def compare_sets(
    names: Sequence[str],
    root: Path | None,
    out: Path,
    progress_bar: Callable[[str], AbstractContextManager[Progress]],
) -> tuple[list[DataSet], list[str]]:
    """Return the data sets, planted first, and a line for each that is not at hand; runs are kept below `out`."""
    found: list[DataSet] = []
    absent: list[str] = []
    for name in names or [name for name in catalogue.table("tasks") if catalogue.task(name).kind is Kind.NEXT_ITEM]:
        if METRIC not in catalogue.task(name).scorers:
            continue
        with progress_bar(name) as progress:
            try:
                found.append(measure(name, root, out, progress))
            except BenchError as error:
                if names:
                    raise
                absent.append(f"left out: {name} ({error})")
    if not found:
        raise BenchError("; ".join(absent) or "no next-item task with recall@10 was named")
    return sorted(found, key=lambda one: (not one.planted, one.task)), absent


def measure(name: str, root: Path | None, out: Path, progress: Progress) -> DataSet:
    """Return one data set's line: its statistics, and runs of the four systems."""
    jobs, _ = plan(Suite("", (name,), (BASE, *COMPARED)))
    dataset = load(jobs[0], root, progress)
    figures: dict[str, Any] = catalogue.resolve(catalogue.entry("data", "describe").target)(dataset)
    recall: dict[str, float | None] = {}
    for job in jobs:
        try:
            recall[job.system] = run_job(job, dataset, out, progress)[0].manifest["figures"][METRIC]["value"]
        except BenchError:
            if job.system != "text-knn" or figures["with_caption"] or figures["with_title"]:
                raise
            recall[job.system] = None
    base = recall[BASE] or 0.0
    ratios = {system: value / base if base and value is not None else None for system, value in recall.items()}
    del ratios[BASE]
    planted = bool(dataset.provenance.get("synthetic", False))
    return DataSet(jobs[0].task.id, planted, {key: float(figures[key]) for key in FIGURES}, base, ratios)


def rows_of(sets: Sequence[DataSet]) -> tuple[list[str], list[list[str]]]:
    """Return the table: a row a data set, planted ones first, marked as such."""
    names = ["data set", "planted", "gini", "history 25 %", "50 %", "75 %", "95 %", "repeats", "popularity"]
    rows = []
    for one in sets:
        lengths = [f"{one.figures[key]:.0f}" for key in FIGURES if key.startswith("history")]
        ratios = [f"{value:.2f} x" if value is not None else "-" for value in one.ratios.values()]
        shares = [f"{one.figures['popularity_gini']:.3f}", *lengths, f"{one.figures['repeat_share']:.3f}"]
        rows.append([one.task, "yes" if one.planted else "-", *shares, number(one.popularity), *ratios])
    return [*names, *COMPARED], rows


def verdicts(sets: Sequence[DataSet]) -> list[str]:
    """Return a line for each figure of a planted set that lies outside the range of the real ones at hand."""
    real = [one for one in sets if not one.planted]
    if not real:
        return ["no real data set at hand: --data-root names their folder"]
    found = []
    for one in sets:
        if one.planted:
            for name, value in _compared(one).items():
                others = [other for other in (_compared(each).get(name) for each in real) if other is not None]
                if value is not None and others and not min(others) <= value <= max(others):
                    found.append(f"{one.task}: {name} {value:.3f} is outside {min(others):.3f} .. {max(others):.3f}")
    return found or [f"every figure of the planted sets lies inside the range of the {len(real)} real ones"]


def _compared(one: DataSet) -> dict[str, float | None]:
    return {**one.figures, **{f"{system} / {BASE}": ratio for system, ratio in one.ratios.items()}}
