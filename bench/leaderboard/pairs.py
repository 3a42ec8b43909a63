"""What the comparison of two systems loads: every contrast of a question, and scores case by case at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from bench.errors import BenchError
from bench.io import write_text
from bench.leaderboard.merge import Sheet, Told
from bench.leaderboard.pairing import HERE
from bench.report.html.ranks import beaten, better
from bench.report.html.shell import script
from bench.report.render import interval, probability

UNIT = 1e-4  # differences and means are sent as whole numbers of it: all that is shown, rounded once


def write_pairs(sheet: Sheet, path: Path, gallery: str = "") -> None:
    """Write the script of a question; `gallery` leads from its page to the gallery, empty without one."""
    page = sheet.page
    primary = page.question.primary
    sources = [*sheet.sources, *([HERE] if sheet.here else [])]
    rows = [
        [row.label, interval(row.figures[primary]), _whole(row.figures[primary].value), row.figures[primary].cases]
        for row in page.rows
    ]
    lines = [
        [i, j, *_line(told, sheet.more), sources.index(told.source), told.pairs]
        for (i, j), found in sheet.told.items()
        for told in found
    ]
    lone = []
    if 2 * len(page.contrasts) < len(rows) * (len(rows) - 1):
        lone = [[i, j] for i, j in sorted(better(page)) if (min(i, j), max(i, j)) not in sheet.told]
    about = {
        "primary": primary,
        "level": f"{page.question.level:.0%}",
        "more": sheet.more,
        "sources": sources,
        "gallery": gallery,
    }
    write_text(path, script("navibench.pairs", about, rows, lines, lone, *_cases(sheet)))


def _line(told: Told, more: bool) -> list[object]:
    """Return a contrast as a page shows it: difference, interval, p, Holm p, users for a, for b, neither, verdict."""
    line = told.contrast
    loser = beaten(line, more)
    verdict = 0 if loser is None else 1 if loser == line.b else -1
    users = (line.wins, line.losses) if more else (line.losses, line.wins)
    figures = [_whole(value) for value in (line.difference, line.low, line.high)]
    return [*figures, probability(line.p), probability(line.p_holm), *users, line.ties, verdict]


def _cases(sheet: Sheet) -> tuple[list[str], list[list[float | None] | None]]:
    """Return the cases in order and, of every row whose runs are at hand, the scores of the primary metric."""
    found = [None if entry.group is None else entry.group.scores for entry in sheet.entries]
    known = [scores for scores in found if scores is not None]
    if len(known) < 2:
        return [], []
    cases = sorted(known[0].cases)
    table: list[list[float | None] | None] = []
    for scores in found:
        if scores is None:
            table.append(None)
            continue
        place = {case: index for index, case in enumerate(scores.cases)}
        if sorted(place) != cases:
            raise BenchError(f"{sheet.page.title}: runs of one question were asked different cases")
        values = scores.metrics[sheet.page.question.primary][[place[case] for case in cases]]
        table.append([None if np.isnan(value) else round(float(value), 4) + 0.0 for value in values])
    return cases, table


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value / UNIT)
