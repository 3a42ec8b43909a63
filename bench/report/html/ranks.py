"""Ranks that say no more than the comparisons: systems that cannot be told apart share one."""

from __future__ import annotations

from bench.report.board import Contrast, Page


def ranks(page: Page) -> list[int]:
    """Return the rank of every row: 1 + the systems better than it, by a paired interval that excludes 0."""
    place = {row.label: number for number, row in enumerate(page.rows)}
    worse = [0] * len(page.rows)
    for line in page.contrasts:
        loser = beaten(line, upward(page))
        if loser is not None:
            worse[place[loser]] += 1
    return [1 + count for count in worse]


def beaten(line: Contrast, more_is_better: bool) -> str | None:
    """Return the worse of two systems; None where the interval of their difference includes 0 or there is none."""
    if line.low is None or line.high is None or line.low <= 0 <= line.high:
        return None
    return line.b if (line.low > 0) is more_is_better else line.a


def upward(page: Page) -> bool:
    """Return whether more of the primary metric is better; the rows stand best first, so their order tells."""
    values = [row.figures[page.question.primary].value for row in page.rows]
    known = [value for value in values if value is not None]
    return not known or known[0] >= known[-1]


def against_best(page: Page, index: int) -> Contrast | None:
    """Return the contrast of the first row to this one, or None for the first row itself."""
    names = (page.rows[0].label, page.rows[index].label)
    return next((line for line in page.contrasts if (line.a, line.b) == names), None)
