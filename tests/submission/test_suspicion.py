"""Answers that know the target, repeat its words, or were somebody else's."""

from __future__ import annotations

from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from bench.api import Instruction, Ranking
from bench.io import file_sha256
from bench.plan import Policy
from bench.pose import load
from bench.settle import recall_job, rescore
from bench.store import Run
from bench.submission.reasons import REASONS
from bench.tables import read_answers, write_answers
from bench.terms import item_terms
from tests.conftest import REPOSITORY
from tests.submission.conftest import Bench
from tests.submission.making import LOADED, code_of, judged, make_run, packed
from tests.submission.test_accepted import write_page


def rewritten(run: Run, card: Path, answer: Any) -> Run:
    """Put other answers into a finished run and judge them, as somebody who cheats with care would."""
    data = LOADED[str(card)]
    old = read_answers(run.answers)
    new = {one.query.id: answer(one, data, old[one.query.id]) for one in data.examples}
    write_answers(run.answers, sorted(new), [new[name] for name in sorted(new)])
    told = run.manifest
    told["files"]["answers.parquet"] = file_sha256(run.answers)
    run.write_manifest(told)
    return rescore(run, card.parent)


def best(one: Any, data: Any, old: Any) -> Ranking:
    return Ranking((*one.targets, *[item for item in data.train.items if item not in one.targets])[:10])


def caption(one: Any, data: Any, old: Any) -> Instruction:
    words = data.train.items[one.targets[0]].caption.upper().split()
    return Instruction("Please draw " + " ".join(words[::-1]), old.terms)


def terms(one: Any, data: Any, old: Any) -> Instruction:
    return Instruction("Draw something.", item_terms(data.train.items[one.targets[0]]))


@pytest.mark.parametrize(
    ("code", "task", "system", "answer"),
    [
        ("suspicious-hits", "tiny", "popularity", best),
        ("suspicious-captions", "image", "popular-terms", caption),
        ("suspicious-terms", "image", "popular-terms", terms),
    ],
)
def test_answers_that_know_too_much(
    code: str, task: str, system: str, answer: Any, bench: Bench, tmp_path: Path
) -> None:
    card = getattr(bench, task)
    run = make_run(card, system, tmp_path / "runs", *(["generator.name=none"] if task == "image" else []))
    verdict = judged(packed([rewritten(run, card, answer)], tmp_path / "s.zip"), *bench.cards)
    assert code_of(verdict) == code, str(verdict.refused)


def test_answers_are_submitted_once(bench: Bench, ranked: Path, tmp_path: Path) -> None:
    known = tmp_path / "submissions" / "first"
    known.mkdir(parents=True)
    copy(ranked, known / "s.zip")
    (known / "broken.zip").write_bytes(b"no zip")
    assert code_of(judged(known / "s.zip", bench.tiny, against=tmp_path / "submissions")) == "accepted"
    assert code_of(judged(ranked, bench.tiny, against=tmp_path / "submissions")) == "copied-answers"


def test_nobody_beats_the_best_possible_system(bench: Bench, ranked: Path, tmp_path: Path) -> None:
    write_page(tmp_path / "page.json", bench, ranked, {"tasks.world.truth:BayesOptimal": 0.5})
    assert code_of(judged(ranked, bench.tiny, against=tmp_path)) == "beats-optimum"


def test_every_code_is_tested_somewhere() -> None:
    tests = "".join(path.read_text() for path in (REPOSITORY / "tests" / "submission").glob("test_*.py"))
    assert [code for code in REASONS if f'"{code}"' not in tests] == []


def test_every_code_is_raised_somewhere() -> None:
    sources = "".join(path.read_text() for path in (REPOSITORY / "bench" / "submission").glob("*.py"))
    assert [code for code in REASONS if sources.count(f'"{code}"') < 2] == []


def test_what_is_judged_is_the_runs_own_question(bench: Bench) -> None:
    run = bench.run(bench.tiny, "markov")
    job = recall_job(run)
    assert (job.policy.resamples, job.policy.level) == (Policy().resamples, Policy().level)
    assert load(job, bench.tiny.parent).fingerprint == run.manifest["data"]["fingerprint"]
