"""Result files of every earlier schema keep loading: the folder `schema1` was written once and is never rewritten."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from bench.api import Failure, Ranking
from bench.judge import summarise
from bench.plan import Policy
from bench.report.board import gather
from bench.store import find_runs
from bench.tables import read_answers

FOLDER = Path(__file__).parent / "schema1"


def test_old_runs_make_a_page() -> None:
    (page,) = gather(find_runs([FOLDER]))
    assert [row.system for row in page.rows] == ["markov", "tests.systems:SometimesFails"]
    assert [row.failed for row in page.rows] == [0, 30]
    assert page.question.primary == "ndcg@5"
    assert page.contrasts[0].p_holm is not None


def test_old_answers_and_scores_are_read_to_the_last_value() -> None:
    for run in find_runs([FOLDER]):
        answers = read_answers(run.answers)
        scores = run.read_scores()
        assert sorted(answers) == list(scores.cases)
        assert {type(answer) for answer in answers.values()} <= {Ranking, Failure}
        failed = [isinstance(answers[case], Failure) for case in scores.cases]
        np.testing.assert_array_equal(scores.failed, failed)
        again = summarise(scores, {}, Policy())
        for name, line in again.items():
            assert line["value"] == pytest.approx(run.manifest["figures"][name]["value"], abs=1e-9)


def test_the_stored_files_are_of_the_schema_they_say() -> None:
    for run in find_runs([FOLDER]):
        assert json.loads((run.folder / "run.json").read_text())["schema"] == 1
