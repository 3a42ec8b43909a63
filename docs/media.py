"""Whether figures of media mean what they say: instructions known to be better and worse, rendered and compared.

`--measure OUT` asks and renders first (runs are kept below OUT), then the figures are written to results/measured;
without it, what was measured is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import numpy as np

from bench.api import Answer, Case, Cases, Failure, Kind, Query, Train
from bench.cli.run import execute
from bench.io import write_text
from bench.judge import user_codes
from bench.listing import Suite
from bench.plan import plan
from bench.report.paired import correct
from bench.report.render import number, probability
from bench.scorers.mismatch import mismatched
from bench.stats import cluster_intervals, compare_paired
from bench.store import Run
from tasks.suites import DOMAINS
from tasks.world.captions import instruct
from tasks.world.load import load
from tasks.world.taxonomy import domain

MEASURED = Path(__file__).parent.parent / "results" / "measured" / "media-validity.json"
CASES = 200
LADDER = ("docs.media:Truth", "sft-only", "raw-history", "docs.media:OtherTruth")
NAMES = {"docs.media:Truth": "the truth told", "docs.media:OtherTruth": "another user's truth told"}
METRICS = ("clip-i", "target-retrieval@10", "clip-i-effect")


@dataclass
class Truth:
    """Tells all that is visible of the next item: the best instruction there is. It looks the truth up."""

    told: dict[str, str] = field(default_factory=dict, init=False, repr=False)
    looks: dict[str, dict[str, str]] = field(default_factory=dict, init=False, repr=False)
    name: str = field(default="", init=False)

    def fit(self, train: Train) -> None:
        """Look up what comes next."""
        self.name = next(iter(train.items)).rpartition("-")[0]
        examples = load(None, domain=self.name).examples
        cases = Cases(tuple(Case(example, Failure("")) for example in examples), train)
        for place, example in zip(self.choose(cases), examples, strict=True):
            if place is not None:
                self.told[example.query.id] = examples[place].targets[0]
        names = [attribute.name for attribute in domain(self.name).attributes]
        terms = {item.id: item.attributes["terms"] for item in train.items.values()}
        self.looks = {key: dict(zip(names, values, strict=True)) for key, values in terms.items()}

    def choose(self, cases: Cases) -> Sequence[int | None]:
        """Return whose truth is told in each case."""
        return range(len(cases.rows))

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return the instruction that says every visible value."""
        return [self.answer(query, kind) for query in queries]

    def answer(self, query: Query, kind: Kind) -> Answer:
        """Return what is told of one query."""
        if query.id not in self.told:
            return Failure("nobody else's truth is at hand")
        return instruct(domain(self.name), self.looks[self.told[query.id]], kind)


@dataclass
class OtherTruth(Truth):
    """Tells all that is visible of what another user took next: good, and for the wrong person."""

    def choose(self, cases: Cases) -> Sequence[int | None]:
        """Return the mismatched case of each."""
        return mismatched(cases, [True] * len(cases.rows))


def measure(out: Path) -> None:
    """Ask, render and compare neighbours of the ladder; every figure of a card is corrected together."""
    tasks = tuple(f"{name}/world/{kind}" for name in DOMAINS for kind in (Kind.IMAGE, Kind.VIDEO))
    jobs, _ = plan(Suite("", tasks, LADDER, settings=("sft-only.checkpoint=shipped",)), CASES)
    runs = execute(jobs, None, out)
    write_text(MEASURED, json.dumps([row for task in tasks for row in rows_of(task, runs)], indent=1) + "\n")


def rows_of(task: str, runs: Sequence[Run]) -> list[dict[str, object]]:
    """Return a row a metric and rung: mean, interval, and the paired difference from the next rung."""
    scores = {run.system: run.read_scores() for run in runs if run.task == task}
    users = user_codes(scores[LADDER[0]])
    found: list[dict[str, object]] = []
    for metric in METRICS:
        columns = {name: scores[name].metrics[metric][:, None] for name in LADDER}
        pairs = list(pairwise(LADDER))
        compared = [compare_paired(columns[a], columns[b], users, seed=0)[0] for a, b in pairs]
        adjusted = [*correct([line.p for line in compared]), None]
        for name, line, p in zip(LADDER, [*compared, None], adjusted, strict=True):
            made = cluster_intervals(columns[name], users, seed=0)[0]
            row: dict[str, object] = {"task": task, "metric": metric, "system": NAMES.get(name, name)}
            row |= {
                "value": made.value,
                "low": made.low,
                "high": made.high,
                "cases": int(np.sum(~np.isnan(columns[name]))),
            }
            if line is not None:
                row |= {"difference": line.difference, "least": line.interval.low, "most": line.interval.high, "p": p}
            found.append(row)
    return found


def table(rows: Sequence[dict[str, float]]) -> str:
    """Return the rows as Markdown."""
    lines = [
        "| card | figure | instructions | mean [95%] | minus the next rung | p (Holm) |",
        "|---|---|---|---:|---:|---:|",
    ]
    for row in rows:
        mean = f"{number(row['value'])} [{number(row['low'])}, {number(row['high'])}]"
        gap, p = "", ""
        if "difference" in row:
            gap = f"{row['difference']:+.4f} [{row['least']:+.4f}, {row['most']:+.4f}]"
            p = probability(row["p"])
        lines.append(f"| {row['task']} | {row['metric']} | {row['system']} | {mean} | {gap} | {p} |")
    return "\n".join(lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", type=Path, metavar="OUT")
    told = parser.parse_args()
    if told.measure is not None:
        measure(told.measure)
    print(table(json.loads(MEASURED.read_text(encoding="utf-8"))))
