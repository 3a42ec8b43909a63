"""Ranks that say no more than the comparisons: systems that cannot be told apart share one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from bench.report.board import Contrast, Page


def ranks(page: Page) -> list[int]:
    """Return the rank of every row: 1 + the systems better than it, by a paired interval that excludes 0."""
    worse = [0] * len(page.rows)
    for _, loser in better(page):
        worse[loser] += 1
    return [1 + count for count in worse]


def ties(page: Page, placed: Sequence[int]) -> list[bool]:
    """Return whether a row shares its rank with one that it cannot be told apart from."""
    told, same = better(page), defaultdict(list)
    for index, rank in enumerate(placed):
        same[rank].append(index)
    return [
        any(other != index and (index, other) not in told and (other, index) not in told for other in same[rank])
        for index, rank in enumerate(placed)
    ]


def better(page: Page) -> set[tuple[int, int]]:
    """Return every (better, worse) pair of rows that the comparisons tell apart."""
    place = {row.label: number for number, row in enumerate(page.rows)}
    more, found = upward(page), set()
    for line in page.contrasts:
        a, b, loser = place[line.a], place[line.b], beaten(line, more)
        if loser is not None:
            found.add((a, b) if loser == line.b else (b, a))
    if 2 * len(page.contrasts) < len(place) * (len(place) - 1):  # a page merged from reports that compared less
        paired = {(place[line.a], place[line.b]) for line in page.contrasts}
        found |= {pair for pair in apart(page, more) if pair not in paired and pair[::-1] not in paired}
    return found


def apart(page: Page, more_is_better: bool) -> Iterator[tuple[int, int]]:
    """Yield (better, worse) of every two rows whose own intervals do not meet.

    Such intervals tell a difference however the two systems hang together: the deviation of a difference is at most
    the sum of both deviations. So this is more careful than a paired interval.
    """
    figures = [row.figures[page.question.primary] for row in page.rows]
    known = [(line.low, line.high, index) for index, line in enumerate(figures) if line.high is not None]
    for (low, high, i), (other_low, other_high, j) in combinations(known, 2):
        if low is None or other_low is None:
            continue
        if low > other_high:
            yield (i, j) if more_is_better else (j, i)
        elif other_low > high:
            yield (j, i) if more_is_better else (i, j)


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


def against_best(page: Page) -> dict[str, Contrast]:
    """Return the contrasts of the first row by the name of the other one."""
    best = page.rows[0].label
    return {line.b: line for line in page.contrasts if line.a == best}
