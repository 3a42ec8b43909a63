"""Variants of the method as the suite `ablations` ran them: their runs, and how each differs from the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.config import plain
from bench.io import canonical
from bench.plan import plan
from bench.report.groups import Group, grouped
from bench.report.paired import correct
from bench.stats import cluster_intervals, compare_paired
from bench.store import Run
from docs.measured import Row
from tasks.suites import ABLATIONS, DOMAINS, FULL, RENDERED, VARIANTS

INSTRUCTED = ("attribute-f1", "personal-effect", "clip-alignment", "clip-i", "clip-i-effect", "leak", "words")
METRICS: Mapping[str, tuple[str, ...]] = {
    Kind.NEXT_ITEM.value: ("recall@10", "ndcg@10"),
    Kind.IMAGE.value: INSTRUCTED,
    Kind.VIDEO.value: INSTRUCTED,
}
NAMES = (FULL.name, *(one.name for one in VARIANTS))
LATER = ("contrasted reward",)  # added after results had been seen, so no part of what was planned
PLANNED = tuple(one.name for one in VARIANTS if one.name not in LATER)
Comparison = tuple[str, str, str]  # task, variant, metric
Found = Mapping[tuple[str, str], Group]  # by variant and task


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Scores of a variant on a card, averaged over seeds: `table` [cases, metrics], `users` [cases]; `means` [seeds,
    metrics]."""

    table: NDArray[np.float64]
    users: NDArray[np.int64]
    means: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Family:
    """Comparisons with the whole method that are corrected together; `what` they are of a `kind` of task."""

    kind: str
    what: str
    comparisons: tuple[Comparison, ...]


def named(runs: Iterable[Run]) -> dict[tuple[str, str], Group]:
    """Return the newest runs of each variant by its name and the task; runs of other systems are left out."""
    known: dict[str, str] = {}
    for one in (FULL, *VARIANTS):
        (job,), _ = plan(one.part(ABLATIONS.tasks[:1], (0,), RENDERED))
        known[canonical([job.system, plain(job.changed)])] = one.name
    found: dict[tuple[str, str], Group] = {}
    for asked, groups in grouped(runs).items():
        for group in groups:
            name = known.get(canonical([group.system, group.told["system"]["changed"]]))
            if name is not None:
                found[name, asked.task] = group
    return found


def rows_of(found: Found) -> list[Row]:
    """Return a row a card, variant and metric, of what was measured; p is not corrected."""
    rows: list[Row] = []
    for kind, metrics in METRICS.items():
        for task in tasks_of(kind):
            there = {name: found[name, task] for name in NAMES if (name, task) in found}
            for name, group in there.items():
                rows += rows_of_one(task, name, group, there.get(FULL.name), metrics)
    return rows


def tasks_of(kind: str) -> list[str]:
    """Return the cards of a kind."""
    return [f"{domain}/world/{kind}" for domain in DOMAINS]


def seeds_of(group: Group) -> set[int]:
    """Return the seeds that a variant was trained with."""
    return {seed_of(run) for run in group.runs}


def seed_of(run: Run) -> int:
    """Return the seed of a run."""
    return int(run.manifest["seed"])


def scores_of(runs: Sequence[Run], metrics: Sequence[str]) -> Measured:
    """Return the scores of a variant's runs, one a seed."""
    scores = [run.read_scores() for run in runs]
    tables = np.stack([np.stack([one.metrics[metric] for metric in metrics], axis=1) for one in scores])
    users = np.unique(scores[0].users, return_inverse=True)[1].astype(np.int64)
    return Measured(tables.mean(axis=0), users, np.nanmean(tables, axis=1))


def rows_of_one(task: str, name: str, group: Group, full: Group | None, metrics: Sequence[str]) -> list[dict[str, Any]]:
    """Return a variant's rows: mean, interval over users, spread between seeds, and the difference from the whole.

    The difference is over the seeds that both were trained with; where a variant has but one it is of that one. `alike`
    counts the seeds in which it has the sign that it has over all.
    """
    one = scores_of(group.runs, metrics)
    made = cluster_intervals(one.table, one.users, seed=0)
    compared = None
    seeds = seeds_of(group) & seeds_of(full) if full is not None and name != FULL.name else set()
    if full is not None and seeds:
        mine, whole = (
            scores_of(sorted((run for run in runs if run.manifest["seed"] in seeds), key=seed_of), metrics)
            for runs in (group.runs, full.runs)
        )
        compared = compare_paired(mine.table, whole.table, mine.users, seed=0)
    rows = []
    for place, metric in enumerate(metrics):
        values = one.means[:, place]
        row: dict[str, Any] = {"task": task, "variant": name, "metric": metric, "seeds": len(values)}
        row |= {"value": made[place].value, "low": made[place].low, "high": made[place].high}
        row |= {"spread": float(np.std(values, ddof=1)) if len(values) >= 3 else None}
        row |= {"cases": int(np.sum(~np.isnan(one.table[:, place])))}
        if compared is not None:
            line = compared[place]
            row |= {"difference": line.difference, "least": line.interval.low, "most": line.interval.high, "p": line.p}
            gains = np.sign(mine.means[:, place] - whole.means[:, place])
            row |= {"shared": len(gains), "alike": int(np.sum(gains == np.sign(line.difference or 0)))}
        rows.append(row)
    return rows


def joined(before: Sequence[Row], now: Sequence[Row]) -> list[Row]:
    """Return the rows of both, in the order of the tables; of a variant on a card those that are of more seeds.

    Where seeds are as many, those of `now` count.
    """
    seeds: list[dict[tuple[str, str], int]] = [
        {(row["task"], row["variant"]): row["seeds"] for row in rows} for rows in (before, now)
    ]
    older = {key for key, count in seeds[0].items() if count > seeds[1].get(key, 0)}
    rows = [row for row in before if (row["task"], row["variant"]) in older]
    rows += [row for row in now if (row["task"], row["variant"]) not in older]
    tasks = [task for kind in METRICS for task in tasks_of(kind)]
    return sorted(rows, key=lambda row: (tasks.index(row["task"]), NAMES.index(row["variant"])))


def corrected(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with Holm's correction of p over all comparisons of their families, measured or not.

    One that was planned and is not measured yet counts as if its p were 1, so that no p rises as the suite goes on.
    """
    adjusted: dict[Comparison, float | None] = {}
    raw = {key_of(row): row.get("p") for row in rows}
    for family in families():
        known = [p if (p := raw.get(one)) is not None else 1.0 for one in family.comparisons]
        adjusted |= zip(family.comparisons, correct(known), strict=True)
    return [{**row, "p": adjusted[key_of(row)]} if row.get("p") is not None else row for row in rows]


def families() -> list[Family]:
    """Return what is corrected together: a kind's planned comparisons, and apart those that were added later."""
    return [
        Family(kind, what, tuple(product(tasks_of(kind), names, metrics)))
        for what, names in (("planned", PLANNED), (" and ".join(LATER), LATER))
        for kind, metrics in METRICS.items()
    ]


def key_of(row: Row) -> Comparison:
    """Return which comparison a row is of."""
    return row["task"], row["variant"], row["metric"]
