"""A submitted archive is compared, case by case, with the systems of a stored report that has its scores beside it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from bench.leaderboard.merge import merge
from bench.leaderboard.pairing import HERE
from bench.leaderboard.sources import opened
from bench.report.board import gather
from bench.report.html.ranks import ranks
from tests.core.test_cli import navibench
from tests.report.scored_results import store_scored
from tests.submission.conftest import Bench
from tests.submission.making import code_of, judged, packed

BEFORE = ("popularity", "random", "recent")


def test_an_archive_is_ranked_against_a_stored_report_as_if_run_together(bench: Bench, tmp_path: Path) -> None:
    known, mine = [bench.run(bench.tiny, name) for name in BEFORE], bench.run(bench.tiny, "markov")
    results = store_scored(tmp_path / "results", baselines=known)
    archive = results / "submissions" / "mine" / "mine.zip"
    archive.parent.mkdir(parents=True)
    packed([mine], archive)
    assert code_of(judged(archive, bench.tiny, against=results)) == "accepted"
    (page,) = gather([*known, mine])
    with opened(results) as sources:
        (sheet,) = merge(sources).sheets
    assert {replace(line, p_holm=None) for line in sheet.page.contrasts} == {
        replace(line, p_holm=None) for line in page.contrasts
    }
    assert list(sheet.placed) == ranks(page) and len(sheet.here) == 3
    board = tmp_path / "board.json"
    done = navibench("board", "build", results, "--json", board, "--to", tmp_path / "site")
    assert done.returncode == 0, done.stderr
    assert "3 pairs that no source compared were compared here" in done.stderr
    (task,) = json.loads(board.read_text())["tasks"]
    assert sum(line["source"] == HERE and line["pairs"] == 3 for line in task["contrasts"]) == 3
    (shown,) = (tmp_path / "site" / "task").glob("*.html")
    assert "3 of 3, 3 here" in shown.read_text() and "3 pairs of this question were compared here" in shown.read_text()
    (script,) = (tmp_path / "site" / "task").glob("*.js")
    assert '"this board"' in script.read_text()


def test_scores_that_are_not_the_reports_stop_the_board(bench: Bench, tmp_path: Path) -> None:
    results = store_scored(tmp_path, one=[bench.run(bench.tiny, "popularity")], two=[bench.run(bench.tiny, "markov")])
    (results / "two.parquet").replace(results / "one.parquet")
    done = navibench("board", "build", results, "--markdown", "-")
    assert done.returncode == 2 and "one.parquet: not the scores of one.json" in done.stderr
    assert f"--scores {results / 'one.parquet'}" in done.stderr.replace("\n", "")
