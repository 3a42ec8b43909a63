"""The whole method beside the baselines of its card, on the same cases: `python -m docs.beside`.

Reads the stored reports of the suites `ablations` and `language` with the per-case scores beside them; nothing is run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.api import Kind
from bench.report.board import Row, compared
from bench.report.groups import Question
from bench.report.paired import correct
from bench.report.render import difference, from_json, number, probability
from bench.report.scored import Column
from bench.report.scored_file import read_scored
from bench.stats import Comparison
from tasks.suites import DOMAINS, FULL

RESULTS = Path(__file__).parent.parent / "results"
SOURCES = ("ablations", "language")
WRITING = ("history-terms", "popular-terms")
BESIDE: Mapping[Kind, tuple[str, ...]] = {
    Kind.NEXT_ITEM: ("sft-only", "text-ids", "code-ids", "raw-history", "markov", "popularity"),
    Kind.IMAGE: ("sft-only", "text-ids", "code-ids", "raw-history", *WRITING),
    Kind.VIDEO: ("sft-only", "text-ids", "code-ids", "raw-history", *WRITING),
}


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What is stored of a system with its default settings on a card."""

    question: Question
    row: Row
    column: Column


def stored(places: Sequence[Path]) -> dict[tuple[str, str], Told]:
    """Return what reports (`*.json`, scores beside them) tell of systems without settings, by task and system."""
    found: dict[tuple[str, str], Told] = {}
    for path in places:
        pages = from_json(path)
        for page, scores in zip(pages, read_scored(path.with_suffix(".parquet"), pages), strict=True):
            columns = scores.columns()
            for row in page.rows:
                if not row.settings:
                    told = Told(page.question, row, columns[page.question, row.label])
                    found.setdefault((page.question.task, row.system), told)
    return found


def compare(found: Mapping[tuple[str, str], Told], kind: Kind) -> dict[tuple[str, str], Comparison]:
    """Return the whole method minus each system [by task and system], p corrected (Holm) over all of a kind."""
    pairs = {}
    for task, name in cards(kind):
        whole, other = found.get((task, FULL.system)), found.get((task, name))
        if whole is not None and other is not None and whole.question == other.question:
            a, b = whole.column, other.column
            pairs[task, name] = compared(a.values, b.values, a.cases.users, whole.question)
    return pairs


def cards(kind: Kind) -> Iterator[tuple[str, str]]:
    """Yield the tasks of a kind with the systems that stand beside the method there."""
    for domain in DOMAINS:
        for name in BESIDE[kind]:
            yield f"{domain}/world/{kind.value}", name


def table(found: Mapping[tuple[str, str], Told], kind: Kind) -> str:
    """Return a line a system and a column a domain: "mean ± spread; the method minus it [95%], p"."""
    tasks = [f"{domain}/world/{kind.value}" for domain in DOMAINS]
    metric = next(told.question.primary for (task, _), told in found.items() if task == tasks[0])
    pairs = compare(found, kind)
    adjusted = dict(zip(pairs, correct([line.p for line in pairs.values()]), strict=True))
    lines = [f"| {metric}, {kind.value} | {' | '.join(DOMAINS)} |", "|---|" + "---|" * len(DOMAINS)]
    for name in (FULL.system, *BESIDE[kind]):
        cells = [cell(found.get((task, name)), pairs.get((task, name)), adjusted.get((task, name))) for task in tasks]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cell(told: Told | None, line: Comparison | None, p: float | None) -> str:
    """Return a cell; nothing where a system was not measured."""
    if told is None:
        return ""
    spread = told.row.seed_spread
    text = number(told.row.figures[told.question.primary].value) + (f" ± {number(spread)}" if spread else "")
    seeds = f" ({len(told.row.seeds)} seeds)" if len(told.row.seeds) > 1 else ""
    if line is None:
        return f"{text}{seeds}"
    return f"{text}{seeds}; {difference(line.difference, line.interval.low, line.interval.high)}, p {probability(p)}"


if __name__ == "__main__":
    known = stored([RESULTS / f"{name}.json" for name in SOURCES])
    print("\n\n".join(table(known, kind) for kind in BESIDE))
