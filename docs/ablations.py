"""What each part of the method is worth: every variant of the suite `ablations` against the whole, on the same cases.

`--measure OUT` runs the suite first (what is finished below OUT is taken up), then adds its runs to
results/ablations.runs, the comparisons to results/measured/ablations.json, and draws the figure; `--finished OUT` does
so with what is there and runs nothing, so that a part of the suite, or of its seeds, can be run at a time and anywhere.
Without either, what was measured is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.cli.run import execute
from bench.config import plain
from bench.io import canonical, write_text
from bench.kept import write_kept
from bench.plan import plan
from bench.report.groups import Group, grouped
from bench.report.paired import correct
from bench.report.render import difference, number, probability
from bench.stats import cluster_intervals, compare_paired
from bench.store import Run, find_runs
from docs.forest import Line, forest
from docs.measured import Row, read
from tasks.suites import ABLATIONS, DOMAINS, FULL, RENDERED, VARIANTS

RESULTS = Path(__file__).parent.parent / "results"
KEPT, MEASURED = RESULTS / "ablations.runs", RESULTS / "measured" / "ablations.json"
FIGURE = Path(__file__).with_name("ablations.svg")
INSTRUCTED = ("attribute-f1", "personal-effect", "clip-alignment", "clip-i", "clip-i-effect", "leak", "words")
METRICS: Mapping[str, tuple[str, ...]] = {
    Kind.NEXT_ITEM.value: ("recall@10", "ndcg@10"),
    Kind.IMAGE.value: INSTRUCTED,
    Kind.VIDEO.value: INSTRUCTED,
}
FIRST = {Kind.NEXT_ITEM.value: "recall@10", Kind.IMAGE.value: "attribute-f1", Kind.VIDEO.value: "attribute-f1"}
SHOWN = {Kind.NEXT_ITEM.value: "ndcg@10", Kind.IMAGE.value: "clip-i", Kind.VIDEO.value: "clip-i"}
ABSENT = "Not measured yet"
NAMES = (FULL.name, *(one.name for one in VARIANTS))
Found = Mapping[tuple[str, str], Group]  # by variant and task


@dataclass(frozen=True, slots=True, eq=False)
class Measured:
    """Scores of a variant on a card, averaged over seeds: `table` [cases, metrics], `users` [cases]; `means` [seeds,
    metrics]."""

    table: NDArray[np.float64]
    users: NDArray[np.int64]
    means: NDArray[np.float64]


def measure(out: Path) -> None:
    """Run what is not there yet, and add it to what is kept."""
    jobs, _ = plan(ABLATIONS)
    keep(execute(jobs, None, out))


def keep(runs: Iterable[Run]) -> None:
    """Add runs of variants to those that are kept, compare all of them anew, and draw the figure."""
    found = named([*(find_runs([KEPT]) if KEPT.exists() else ()), *runs])
    write_kept((run for group in found.values() for run in group.runs), KEPT)
    rows = joined(read(MEASURED), rows_of(found))
    write_text(MEASURED, json.dumps(rows, indent=1) + "\n")
    write_text(FIGURE, figure(rows))


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
    """Return the rows with Holm's correction of p over all comparisons of a kind of task."""
    found: list[Row] = []
    for kind in METRICS:
        own = [row for row in rows if row["task"] in tasks_of(kind)]
        tested = [row["p"] for row in own if row.get("p") is not None]
        adjusted = iter(correct(tested))
        found += [{**row, "p": next(adjusted)} if row.get("p") is not None else row for row in own]
    return found


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


def table(rows: Sequence[Row]) -> str:
    """Return the rows as Markdown, a table a card; variants that were not measured there are named below it."""
    found = {(row["task"], row["variant"], row["metric"]): row for row in rows}
    lines: list[str] = []
    for kind, metrics in METRICS.items():
        for task in tasks_of(kind):
            there = {name: row["seeds"] for name in NAMES if (row := found.get((task, name, metrics[0])))}
            lines += ["", f"### {task}", ""]
            if there:
                lines += [f"| variant | seeds | {' | '.join(metrics)} |", "|---|---:|" + "---|" * len(metrics)]
            for name, seeds in there.items():
                cells = [cell(found[task, name, metric]) for metric in metrics]
                lines.append(f"| {name} | {seeds} | {' | '.join(cells)} |")
            if absent := [name for name in NAMES if name not in there]:
                lines += ["", f"{ABSENT}: {', '.join(absent)}."]
    return "\n".join(lines[1:])


def glance(rows: Sequence[Row]) -> str:
    """Return every variant's difference from the whole, a line a variant and a column a card; * where p < .05."""
    found = {(row["task"], row["variant"], row["metric"]): row for row in rows}
    cards = [(task, FIRST[kind]) for kind in METRICS for task in tasks_of(kind)]
    heads = [f"{metric}, {task.replace('/world/', ' ')}" for task, metric in cards]
    lines = [f"| without, or other than, full | {' | '.join(heads)} |", "|---|" + "---:|" * len(cards)]
    for name in NAMES[1:]:
        own = [found.get((task, name, metric)) for task, metric in cards]
        if any(row is not None and row.get("difference") is not None for row in own):
            lines.append(f"| {name} | {' | '.join(mark(row) for row in own)} |")
    return "\n".join(lines)


def mark(row: Row | None) -> str:
    """Return a difference with its sign, and a star where it is told from 0; nothing where it was not measured."""
    if row is None or row.get("difference") is None:
        return ""
    return f"{row['difference']:+.3f}{'*' if row['p'] < 0.05 else ''}".replace("0.", ".")


def cell(row: Row) -> str:
    """Return "mean ± spread; difference [95%], p, seeds of the same sign" of a row."""
    text = number(row["value"]) + (f" ± {number(row['spread'])}" if row["spread"] is not None else "")
    if "difference" not in row:
        return f"{text} [{number(row['low'])}, {number(row['high'])}]"
    change = difference(row["difference"], row["least"], row["most"])
    return f"{text}; {change}, p {probability(row['p'])}, {row['alike']}/{row['shared']}"


def figure(rows: Sequence[Row]) -> str:
    """Return the differences from the whole as an SVG picture, a panel a card."""
    panels = {
        f"{task}: {metric}": [
            Line(row["variant"], row["difference"], row["least"], row["most"])
            for row in rows
            if row["task"] == task and row["metric"] == metric and row.get("difference") is not None
        ]
        for kind, metric in SHOWN.items()
        for task in tasks_of(kind)
    }
    return forest(panels, "Difference from the whole method, 95% interval over users")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, metavar="OUT")
    parser.add_argument("--finished", type=Path, metavar="OUT")
    told = parser.parse_args()
    if told.measure is not None:
        measure(told.measure)
    if told.finished is not None:
        keep(find_runs([told.finished]))
    rows = corrected(read(MEASURED))
    print(f"{glance(rows)}\n\n{table(rows)}")
    if FIGURE.exists():
        print(f"\n![Difference of every variant from the whole method]({FIGURE.name})")
