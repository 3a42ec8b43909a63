"""Pairs that no source compared, compared here as reports compare, where the scores of both systems are known."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations

from bench.api import Progress, ignore_progress
from bench.errors import BenchError
from bench.report.board import Contrast, compared, contrasts
from bench.report.groups import Question
from bench.report.scored import Column
from bench.stats import Comparison

HERE = "this board"  # the source of these contrasts
WORKERS = 8  # threads at most: more wait for each other
Pair = tuple[int, int]


def open_pairs(asked: Question, columns: Sequence[Column | None], paired: Collection[Pair]) -> list[Pair]:
    """Return every (i < j) that is not `paired` and of which both have scores over the same cases.

    Raises BenchError for scores over the same cases of different users.
    """
    known = [(place, column) for place, column in enumerate(columns) if column is not None]
    owners: dict[str, Column] = {}
    for _, column in known:
        if not owners.setdefault(column.cases.digest, column).cases.same(column.cases):
            raise BenchError(
                f"{asked.title}: two sources tell different users of the same cases; one of them is edited"
            )
    return [
        (i, j)
        for (i, one), (j, two) in combinations(known, 2)
        if (i, j) not in paired and one.cases.digest == two.cases.digest
    ]


def compare_open(
    asked: Question,
    names: Sequence[str],
    columns: Sequence[Column | None],
    paired: Collection[Pair],
    progress: Progress = ignore_progress,
) -> dict[Pair, Contrast]:
    """Return the contrast of every open pair, the earlier row minus the later, with Holm over these pairs.

    `names` and `columns` are those of the sheet's rows, in order. A pair is compared alone, as in a report: it comes
    out as a report of both systems' runs would tell it, whatever else stands on the sheet and on however many cores.
    """
    pairs = open_pairs(asked, columns, paired)
    if not pairs:
        return {}
    known = {place: column for place, column in enumerate(columns) if column is not None}

    def compare(pair: Pair) -> Comparison:
        a, b = known[pair[0]], known[pair[1]]
        return compared(a.values, b.values, a.cases.users, asked)

    found = []
    with ThreadPoolExecutor(min(WORKERS, os.cpu_count() or 1)) as pool:
        for line in pool.map(compare, pairs):
            found.append(line)
            progress(f"pairs of {asked.title}", len(found), len(pairs))
    made = contrasts([(names[i], names[j]) for i, j in pairs], found)
    return dict(zip(pairs, made, strict=True))
