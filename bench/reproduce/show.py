"""Verdicts in words: for a terminal, as Markdown and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from bench.config import plain
from bench.report.render import interval, number
from bench.reproduce.hold import COMPARED, Held, Outcome, Verdict
from bench.reproduce.tables import Table
from bench.store import canonical_lines

SCHEMA = 1
HEADER = ("task", "system", "outcome", "metric", "stored", "now", "difference", "remark")
FIGURES = ("task", "system", "metric", "stored", "now", "difference", "outcome")


def headline(verdicts: Sequence[Verdict]) -> str:
    """Return "31 rows: 28 equal, 1 differs, 2 not at hand"."""
    counts = count(verdicts)
    told = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
    return f"{len(verdicts)} row{'s' if len(verdicts) != 1 else ''}: {told}"


def count(verdicts: Sequence[Verdict]) -> Counter[Outcome]:
    """Return how many rows have each outcome."""
    return Counter(verdict.outcome for verdict in verdicts)


def worst(verdict: Verdict) -> Held | None:
    """Return the figure that decides a row: of its outcome, the one that differs most; the primary one if equal."""
    if not verdict.compared:
        return None
    decisive = [figure for figure in verdict.figures if figure.outcome is verdict.outcome]
    if verdict.outcome is Outcome.EQUAL:
        return decisive[0]
    return max(decisive, key=lambda figure: float("inf") if figure.difference is None else abs(figure.difference))


def row(verdict: Verdict) -> list[str]:
    """Return one row of the table on screen: the figure that decides it, and what else there is to say."""
    title, system, outcome = verdict.line.page.title, verdict.line.row.label, verdict.outcome.value
    figure = worst(verdict)
    if figure is None:
        return [title, system, outcome, "", "", "", "", verdict.reason]
    return [title, system, outcome, *cells(figure), remark(verdict)]


def cells(figure: Held) -> list[str]:
    """Return a figure as cells: metric, stored with its interval, now, difference."""
    return [figure.metric, interval(figure.stored), number(figure.now), by(figure)]


def remark(verdict: Verdict) -> str:
    """Return what the deciding figure does not say: how many differ, what is not measured, other counts of failures."""
    found = []
    compared = [figure for figure in verdict.figures if figure.outcome in COMPARED]
    unequal = [figure for figure in compared if figure.outcome is not Outcome.EQUAL]
    if unequal:
        found.append(f"{len(unequal)} of {len(compared)} figures are not equal")
    gone = [figure.metric for figure in verdict.figures if figure.outcome is Outcome.OTHER]
    if gone:
        found.append(f"not measured today: {', '.join(gone)}")
    if verdict.failed is not None and verdict.failed != verdict.line.row.failed:
        found.append(f"{verdict.failed} cases failed, {verdict.line.row.failed} did in the stored row")
    if unequal and verdict.host != verdict.line.row.host:
        found.append(f"stored: {verdict.line.row.host}")
    return "; ".join(found)


def by(figure: Held) -> str:
    """Return a difference as people print it; "-" where there is none to tell."""
    difference = figure.difference
    return "-" if difference is None else "0" if difference == 0 else f"{difference:+.2g}"


def markdown(table: Table, verdicts: Sequence[Verdict]) -> str:
    """Return the rows as a Markdown table, and every figure that is not equal as a second one."""
    parts = [f"### {table.name}, made again", "", f"{headline(verdicts)}.", "", *grid(HEADER, map(row, verdicts)), ""]
    unequal = [
        [verdict.line.page.title, verdict.line.row.label, *cells(figure), figure.outcome.value]
        for verdict in verdicts
        for figure in verdict.figures
        if figure.outcome is not Outcome.EQUAL
    ]
    if unequal:
        parts += ["Figures that are not equal:", "", *grid(FIGURES, unequal), ""]
    return "\n".join(parts)


def grid(names: Sequence[str], rows: Any) -> list[str]:
    """Return the lines of a Markdown table."""
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in line) + " |" for line in lines]


def as_json(table: Table, verdicts: Sequence[Verdict], tolerance: float | None, code: int) -> str:
    """Return everything as JSON; `tolerance` null: what counts must be equal, for others the interval decides."""
    counts = count(verdicts)
    content = {
        "schema": SCHEMA,
        "table": table.name,
        "tolerance": tolerance,
        "exit": code,
        "rows": [record(verdict) for verdict in verdicts],
        "counts": {outcome.value: counts[outcome] for outcome in Outcome},
    }
    return canonical_lines(content)


def record(verdict: Verdict) -> dict[str, Any]:
    """Return one row as JSON-able values."""
    asked, stored = verdict.line.page.question, verdict.line.row
    figures = {
        figure.metric: {
            "stored": plain(figure.stored),
            "now": figure.now,
            "difference": figure.difference,
            "inside": figure.inside,
            "outcome": figure.outcome.value,
        }
        for figure in verdict.figures
    }
    return {
        **{name: getattr(asked, name) for name in ("task", "version", "fingerprint", "seen", "limit", "rendering")},
        "system": stored.system,
        "settings": stored.settings,
        "seeds": list(stored.seeds),
        "outcome": verdict.outcome.value,
        "reason": verdict.reason,
        "figures": figures,
        "failed": {"stored": stored.failed, "now": verdict.failed},
        "host": {"stored": stored.host, "now": verdict.host},
    }
