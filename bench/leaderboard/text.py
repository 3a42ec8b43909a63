"""A leaderboard as Markdown for a README, as CSV for a spreadsheet, as JSON for a program."""

from __future__ import annotations

import csv
import io
from typing import Any

from bench.config import plain
from bench.leaderboard.entries import Entry
from bench.leaderboard.merge import Board, Sheet
from bench.report.html.ranks import against_best
from bench.report.render import difference, guarded, interval
from bench.store import canonical_lines
from bench.submission.show import escaped

SCHEMA = 1
COLUMNS = (
    *("task", "version", "seen", "limit", "rendering", "rank", "tied", "system", "seeds", "metric", "value", "low"),
    *("high", "cases", "users", "failed", "sources", "runs", "fingerprint"),
)


def named(text: str) -> str:
    """Return text that Markdown shows as it is, with no more backslashes than a line of a table needs."""
    shown = escaped(text)
    for mark in "-()":
        shown = shown.replace(f"\\{mark}", mark)  # markup only at the start of a line, or after a bracket
    return shown.replace("www.", "www\\.")  # GitHub makes a link of it


def rank_of(sheet: Sheet, index: int) -> str:
    """Return a rank as people print it: "=2" where it is shared."""
    return f"{'=' if sheet.tied[index] else ''}{sheet.placed[index]}"


def sources_of(entry: Entry) -> list[str]:
    """Return the names of an entry's sources."""
    return [origin.source for origin in entry.origins]


def markdown(board: Board) -> str:
    """Return a table a question; names are shown as the text they are."""
    parts = [f"{board.counts()}.", ""]
    for sheet in board.sheets:
        page, behind = sheet.page, against_best(sheet.page)
        asked = page.question
        first = f"{named(asked.primary)} [{asked.level:.0%}]"
        parts += [
            f"### {named(page.title)}",
            "",
            f"{page.cases:,} cases of {page.users:,} users; data {named(asked.fingerprint[:12])}.",
            "",
            f"| rank | system | {first} | to the first row | from |",
            "|---:|---|---:|---:|---|",
        ]
        for index, entry in enumerate(sheet.entries):
            line = behind.get(entry.row.label)
            gap = "-"
            if line is not None and line.difference is not None and line.low is not None and line.high is not None:
                gap = difference(-line.difference, -line.high, -line.low)
            cells = [rank_of(sheet, index), named(entry.row.label), interval(entry.row.figures[asked.primary]), gap]
            parts.append("| " + " | ".join([*cells, ", ".join(map(named, sources_of(entry)))]) + " |")
        parts.append("")
    return "\n".join(parts)


def brief(board: Board) -> str:
    """Return one table with a line a card whose first metric is of all its cases: who is first, and how far in front.

    Systems that share the first place stand together, the best figure first; the last column is the first system that
    ranks below them.
    """
    lines = [
        "| task | metric | cases | systems | first | its figure | next below |",
        "|---|---|---:|---:|---|---:|---|",
    ]
    for sheet in board.sheets:
        page, asked = sheet.page, sheet.page.question
        whole = not asked.rendering or page.rows[0].figures[asked.primary].cases == page.cases
        if asked.limit is not None or asked.seen != "keep" or not whole:
            continue
        placed = list(zip(sheet.entries, sheet.placed, strict=True))
        first = ", ".join(named(entry.row.label) for entry, place in placed if place == 1)
        other = next((named(entry.row.label) for entry, place in placed if place > 1), "-")
        cells = [named(asked.title), f"{named(asked.primary)} [{asked.level:.0%}]"]
        cells += [f"{page.cases:,}", str(len(placed)), first]
        lines.append("| " + " | ".join([*cells, interval(page.rows[0].figures[asked.primary]), other]) + " |")
    return "\n".join([*lines, ""])


def as_csv(board: Board) -> str:
    """Return a line a question, system and metric; no cell is a formula to a spreadsheet."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for sheet in board.sheets:
        page, asked = sheet.page, sheet.page.question
        about = [guarded(text) for text in (asked.task, asked.version, asked.seen)]
        about += ["" if asked.limit is None else str(asked.limit), guarded(asked.rendering)]
        for index, entry in enumerate(sheet.entries):
            row = entry.row
            told = [sheet.placed[index], "yes" if sheet.tied[index] else "no", guarded(row.label)]
            told.append(" ".join(map(str, row.seeds)))
            keys = dict.fromkeys(key for origin in entry.origins for key in origin.keys)
            tail = [page.cases, page.users, row.failed, guarded(" ".join(sources_of(entry))), guarded(" ".join(keys))]
            for name, figure in row.figures.items():
                figures = [guarded(name), figure.value, figure.low, figure.high]
                writer.writerow([*about, *told, *figures, *tail, guarded(asked.fingerprint)])
    return text.getvalue()


def to_json(board: Board) -> str:
    """Return the board with every contrast and its source."""
    sources = [{"name": source.name, "rows": source.rows, "replaced_runs": source.replaced} for source in board.sources]
    return canonical_lines(
        {"schema": SCHEMA, "counts": board.counts(), "sources": sources, "tasks": [_sheet(one) for one in board.sheets]}
    )


def _sheet(sheet: Sheet) -> dict[str, Any]:
    systems = [
        {
            "rank": sheet.placed[index],
            "tied": sheet.tied[index],
            "label": entry.row.label,
            "origins": [plain(origin) for origin in entry.origins],
            **plain(entry.row),
        }
        for index, entry in enumerate(sheet.entries)
    ]
    pairs = [
        {**plain(told.contrast), "source": told.source, "pairs": told.pairs}
        for lines in sheet.told.values()
        for told in lines
    ]
    page = sheet.page
    return {
        "question": plain(page.question),
        "title": page.title,
        "cases": page.cases,
        "users": page.users,
        "more_is_better": sheet.more,
        "systems": systems,
        "contrasts": pairs,
    }
