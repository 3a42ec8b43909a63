"""Whether reinforcement is seen by encoders that no reward used: instructions against what came next, in every case.

`--finished OUT` judges the stored answers of the suite `ablations` below OUT again, by MiniLM (the target's words) and
by the CLIP of the cards (the target's picture or clip), and writes results/measured/unseen.json; without it, what was
measured is printed. Nothing is rendered, so that no generator stands between the words and the figure.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.io import write_text
from bench.judge import judge, user_codes
from bench.plan import Job, plan
from bench.pose import load, pose
from bench.report.groups import Group
from bench.report.paired import correct
from bench.report.render import difference, number, probability
from bench.stats import compare_paired
from bench.store import find_runs
from bench.tables import read_answers
from docs.ablations import MEASURED as COMPARED
from docs.measured import Row, show
from docs.reinforced import BARE
from docs.variants import named, seeds_of, tasks_of
from tasks.suites import FULL, RENDERED

MEASURED = COMPARED.with_name("unseen.json")
METRICS = ("similarity", "similarity-effect", "clip-target", "clip-target-effect")
Floats = NDArray[np.float64]


def keep(out: Path) -> None:
    """Write the rows of all cards of instructions; Holm over all of them."""
    found = named(find_runs([out]))
    rows: list[dict[str, Any]] = []
    for kind in (Kind.IMAGE.value, Kind.VIDEO.value):
        for task in tasks_of(kind):
            bare, full = found.get((BARE, task)), found.get((FULL.name, task))
            if bare is not None and full is not None:
                rows += rows_of(task, bare, full)
    for row, p in zip(rows, correct([row["p"] for row in rows]), strict=True):
        row["p"] = p
    write_text(MEASURED, json.dumps(rows, indent=1) + "\n")


def rows_of(task: str, bare: Group, full: Group) -> list[dict[str, Any]]:
    """Return a row a metric: means before and after, the paired difference, and in how many seeds it has its sign."""
    seeds = sorted(seeds_of(bare) & seeds_of(full))
    jobs, _ = plan(FULL.part((task,), (0,), RENDERED))
    before, users = tables(bare, jobs[0], seeds)
    after, _ = tables(full, jobs[0], seeds)
    gained = np.nanmean(after - before, axis=1)
    rows = []
    for place, line in enumerate(compare_paired(after.mean(axis=0), before.mean(axis=0), users, seed=0)):
        alike = int(np.sum(np.sign(gained[:, place]) == np.sign(line.difference or 0)))
        row: dict[str, Any] = {"task": task, "metric": METRICS[place], "seeds": len(seeds), "alike": alike}
        row |= {"before": float(np.nanmean(before[..., place])), "after": float(np.nanmean(after[..., place]))}
        row |= {"difference": line.difference, "least": line.interval.low, "most": line.interval.high, "p": line.p}
        rows.append(row)
    return rows


def tables(group: Group, job: Job, seeds: Sequence[int]) -> tuple[Floats, NDArray[np.int64]]:
    """Return the scores of a group's stored answers [seeds, cases, metrics], and whose each case is [cases]."""
    data = load(job, None)
    examples = pose(job, data)
    card = replace(job.task, scorers=METRICS, primary=METRICS[0])
    runs = {run.manifest["seed"]: run for run in group.runs}
    found = []
    for seed in seeds:
        scores, _ = judge(card, data, examples, read_answers(runs[seed].answers), backbones=job.rendering.backbones)
        found.append(np.stack([scores.metrics[name] for name in METRICS], axis=1))
    return np.stack(found), user_codes(scores)


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, a line a card."""
    lines = [f"| card | seeds | {' | '.join(METRICS)} |", "|---|---:|" + "---|" * len(METRICS)]
    for task in dict.fromkeys(row["task"] for row in rows):
        own = {row["metric"]: row for row in rows if row["task"] == task}
        cells = " | ".join(cell(own[name]) for name in METRICS)
        lines.append(f"| {task} | {own[METRICS[0]]['seeds']} | {cells} |")
    return "\n".join(lines)


def cell(row: Row) -> str:
    """Return "before → after; difference [95%], p, seeds of the same sign" of a row."""
    change = difference(row["difference"], row["least"], row["most"])
    means = f"{number(row['before'])} → {number(row['after'])}"
    return f"{means}; {change}, p {probability(row['p'])}, {row['alike']}/{row['seeds']}"


if __name__ == "__main__":
    show(MEASURED, keep, table, __doc__)
