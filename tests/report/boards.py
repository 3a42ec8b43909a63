"""Stored reports made up for leaderboards: figures are given, contrasts follow from them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

from bench.io import write_text
from bench.report.board import Contrast, Figure, Page, Row
from bench.report.groups import Question
from bench.report.render import to_json

WIDTH = 0.02  # half of every interval, of a mean and of a difference


def made_page(
    values: Mapping[str, float], task: str = "own/made/next-item", version: str = "1", up: bool = True, shift: float = 0
) -> Page:
    """Return a page of systems with these means; `shift` is added to the second metric."""
    names = sorted(values, key=lambda name: (-values[name] if up else values[name], name))
    asked = Question(task, version, f"{task}{version}", "keep", None, "main@10", ("main@10", "other"), 0.95)
    rows = tuple(
        Row(
            system=name,
            settings={},
            seeds=(0,),
            failed=0,
            seconds=1.5,
            figures={
                "main@10": Figure(values[name], values[name] - WIDTH, values[name] + WIDTH, 100),
                "other": Figure(values[name] / 2 + shift, None, None),
            },
            keys=(f"key-{name}"[:12],),
            host="Python 3",
        )
        for name in names
    )
    pairs = list(combinations(names, 2))
    lines = [_contrast(a, b, values[a] - values[b], len(pairs)) for a, b in pairs]
    return Page(asked, 100, 90, rows, tuple(lines))


def _contrast(a: str, b: str, gap: float, pairs: int) -> Contrast:
    p = 0.0101 if abs(gap) > WIDTH else 0.4
    wins = 40 + round(gap * 20)
    return Contrast(a, b, gap, gap - WIDTH, gap + WIDTH, p, min(1.0, p * pairs), wins, 30, 60 - wins, 0.01)


def store(folder: Path, **reports: Page | list[Page]) -> Path:
    """Write reports NAME.json into a folder and return it."""
    for name, pages in reports.items():
        write_text(folder / f"{name}.json", to_json(pages if isinstance(pages, list) else [pages]))
    return folder
