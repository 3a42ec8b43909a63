"""Systems of different sources are compared as a report of all their runs would, whoever brings the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.leaderboard import text
from bench.leaderboard.merge import Board, Sheet, merge
from bench.leaderboard.pairing import HERE
from bench.leaderboard.sources import Source, opened
from bench.report.board import Contrast, gather
from bench.report.html.ranks import ranks, ties
from bench.stats import holm
from bench.store import Run
from tests.report.boards import made_page
from tests.report.scored_results import drawn, pages_of, store_scored, write_run, write_runs

NAMES = ("ann", "bob", "cid", "dora", "eve")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Five runs over 120 cases of 80 users."""
    return write_runs(tmp_path_factory.mktemp("runs"), drawn(NAMES), owners=80)


def source(name: str, runs: Sequence[Run]) -> Source:
    pages, scores = pages_of(runs)
    return Source(name, tuple(pages), scores={key: one for page in scores for key, one in page.columns().items()})


def the_sheet(board: Board) -> Sheet:
    (sheet,) = board.sheets
    return sheet


def bare(line: Contrast) -> Contrast:
    """Return a contrast without its correction, which is over the pairs of whoever compared."""
    return replace(line, p_holm=None)


def test_a_board_of_two_reports_ranks_and_compares_as_their_joint_report(runs: list[Run], tmp_path: Path) -> None:
    (page,) = gather(runs)
    with opened(store_scored(tmp_path, one=runs[:3], two=runs[3:])) as sources:
        made = merge(sources)
    sheet = the_sheet(made)
    assert [entry.row for entry in sheet.entries] == list(page.rows)
    assert {bare(line) for line in sheet.page.contrasts} == {bare(line) for line in page.contrasts}
    assert list(sheet.placed) == ranks(page) and list(sheet.tied) == ties(page, ranks(page))
    assert len({*sheet.placed}) > 1
    assert len(sheet.here) == 6 and sheet.unpaired == 0
    assert "6 pairs that no source compared were compared here" in made.counts()
    assert "not compared" not in made.counts()


def test_holm_is_over_the_pairs_compared_here_and_the_stored_pairs_keep_theirs(runs: list[Run]) -> None:
    one, two = source("one.json", runs[:3]), source("two.json", runs[3:])
    sheet = the_sheet(merge([one, two]))
    here = [sheet.told[pair][0] for pair in sheet.here]
    assert {(line.source, line.pairs, len(sheet.told[pair])) for pair, line in zip(sheet.here, here, strict=True)} == {
        (HERE, 6, 1)
    }
    assert [line.contrast.p_holm for line in here] == list(holm([line.contrast.p or 0.0 for line in here]))
    stored = {line.contrast for found in sheet.told.values() for line in found if line.source != HERE}
    assert stored == {*one.pages[0].contrasts, *two.pages[0].contrasts}


@settings(max_examples=12, deadline=None)
@given(st.permutations(range(5)), st.integers(1, 4), st.booleans())
def test_neither_the_order_nor_the_cut_of_sources_matters(
    runs: list[Run], order: list[int], cut: int, overlap: bool
) -> None:
    mixed = [runs[place] for place in order]
    parts = [mixed[: cut + overlap], mixed[cut:]]
    told = [the_sheet(merge([source(str(number), parts[number]) for number in way])) for way in permutations(range(2))]
    assert told[0].page == told[1].page and told[0].here == told[1].here
    assert {bare(line) for line in told[0].page.contrasts} == {bare(line) for line in gather(runs)[0].contrasts}


def test_pairs_without_scores_stay_as_they_are(runs: list[Run], tmp_path: Path) -> None:
    folder = store_scored(tmp_path, one=runs[:2], two=runs[2:4], three=runs[4:])
    (folder / "two.parquet").unlink()
    with opened(folder) as sources:
        made = merge(sources)
    sheet = the_sheet(made)
    assert len(sheet.here) == 2 and sheet.unpaired == 2 * 2 + 2 * 1
    assert "2 pairs that no source compared were compared here; 6 pairs are not compared case by case" in made.counts()
    assert {line["source"] for line in text._sheet(sheet)["contrasts"]} == {"one.json", "two.json", HERE}


def test_scores_of_other_cases_are_not_compared(runs: list[Run], tmp_path: Path) -> None:
    other = write_run(tmp_path, "other", drawn(["other"])["other"], owners=80)
    told = source("two.json", [other])
    (key,) = told.scores
    column = told.scores[key]
    moved = replace(column, cases=replace(column.cases, digest="0" * 64))
    sheet = the_sheet(merge([source("one.json", runs), replace(told, scores={key: moved})]))
    assert sheet.here == [] and sheet.unpaired == 5


def test_sources_that_contradict_each_other_are_refused(runs: list[Run]) -> None:
    one, two = source("one.json", runs[:2]), source("two.json", runs[2:])
    (key, *_) = two.scores
    column = two.scores[key]
    users = column.cases.users.copy()
    users[-1] = 0
    strange = replace(column, cases=replace(column.cases, users=users))
    with pytest.raises(BenchError, match="different users of the same cases"):
        merge([one, replace(two, scores={key: strange})])
    (key, *_) = one.scores
    edited = replace(one.scores[key], values=one.scores[key].values[::-1])
    with pytest.raises(BenchError, match="same figures of different scores"):
        merge([one, replace(one, name="copy.json", scores={**one.scores, key: edited})])
    with pytest.raises(BenchError, match="cannot be called"):
        merge([replace(one, name=HERE)])


def test_less_is_better_where_the_scores_say_so(tmp_path: Path) -> None:
    runs = write_runs(tmp_path, drawn(["low", "high"], shift=0.4), more=False)
    sheet = the_sheet(merge([source("one.json", runs[:1]), source("two.json", runs[1:])]))
    assert not sheet.more and list(sheet.placed) == [1, 2]
    assert [entry.system for entry in sheet.entries] == ["low", "high"]
    assert {bare(line) for line in sheet.page.contrasts} == {bare(line) for line in gather(runs)[0].contrasts}


def test_cases_that_one_system_alone_was_judged_on_are_left_out_as_in_a_report(tmp_path: Path) -> None:
    tables = drawn(["ann", "bob"])
    tables["ann"][:50], tables["bob"][40:60] = np.nan, np.nan
    runs = write_runs(tmp_path, tables, owners=30)
    sheet = the_sheet(merge([source("one.json", runs[:1]), source("two.json", runs[1:])]))
    assert sheet.page.contrasts == gather(runs)[0].contrasts


def test_a_board_without_scores_compares_nothing() -> None:
    one, two = made_page({"ann": 0.5}), made_page({"bob": 0.4})
    made = merge([Source("one.json", (one,)), Source("two.json", (two,))])
    assert the_sheet(made).here == []
    assert "1 pairs are not compared case by case" in made.counts() and "here" not in made.counts()
