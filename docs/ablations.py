"""What each part of the method is worth: every variant of the suite `ablations` against the whole, on the same cases.

`--measure OUT` runs the suite first (what is finished below OUT is taken up), then adds its runs to
results/ablations.runs, the comparisons to results/measured/ablations.json, and draws the figure; `--finished OUT` does
so with what is there and runs nothing, so that a part of the suite, or of its seeds, can be run at a time and anywhere.
Without either, what was measured is printed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from bench.api import Kind
from bench.cli.run import execute
from bench.io import write_text
from bench.kept import write_kept
from bench.plan import plan
from bench.report.render import difference, number, probability
from bench.store import Run, find_runs
from docs.forest import Line, forest
from docs.measured import Row, read
from docs.variants import METRICS, NAMES, corrected, families, joined, key_of, named, rows_of, tasks_of
from tasks.suites import ABLATIONS

RESULTS = Path(__file__).parent.parent / "results"
KEPT, MEASURED = RESULTS / "ablations.runs", RESULTS / "measured" / "ablations.json"
FIGURE = Path(__file__).with_name("ablations.svg")
FIRST = {Kind.NEXT_ITEM.value: "recall@10", Kind.IMAGE.value: "attribute-f1", Kind.VIDEO.value: "attribute-f1"}
SHOWN = {Kind.NEXT_ITEM.value: "ndcg@10", Kind.IMAGE.value: "clip-i", Kind.VIDEO.value: "clip-i"}
ABSENT = "Not measured yet"


def measure(out: Path) -> None:
    """Run what is not there yet, and add it to what is kept."""
    jobs, _ = plan(ABLATIONS)
    keep(execute(jobs, None, out))


def keep(runs: Iterable[Run]) -> None:
    """Add runs of variants to those that are kept, compare all of them anew, and draw the figure."""
    found = named([*(find_runs([KEPT]) if KEPT.exists() else ()), *runs])
    shown = {metric for _, task in found for metric in METRICS[task.rpartition("/")[2]]}
    rows = joined(read(MEASURED), rows_of(found))
    write_kept((run for group in found.values() for run in group.runs), KEPT, shown)
    write_text(MEASURED, json.dumps(rows, indent=1) + "\n")
    write_text(FIGURE, figure(rows))


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


def counted(rows: Sequence[Row]) -> str:
    """Return a table of what Holm's correction counts: the comparisons of each family, and how many are measured."""
    tested = {key_of(row) for row in rows if row.get("p") is not None}
    lines = ["| corrected together | comparisons | measured so far |", "|---|---:|---:|"]
    for one in families():
        done = sum(key in tested for key in one.comparisons)
        lines.append(f"| {one.kind}: {one.what} | {len(one.comparisons)} | {done} |")
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
    print(f"{glance(rows)}\n\n{counted(rows)}\n\n{table(rows)}")
    if FIGURE.exists():
        print(f"\n![Difference of every variant from the whole method]({FIGURE.name})")
