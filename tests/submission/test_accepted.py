"""Honest submissions are accepted, whatever the system, the task and what is sent along; figures are judged anew."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.io import file_sha256
from bench.store import canonical_lines
from bench.submission import show
from tests.submission.conftest import Bench
from tests.submission.making import Draft, code_of, judged, packed

RANKED = {
    "markov": ("markov",),
    "popularity": ("popularity",),
    "random, another seed": ("random", "seed=3"),
    "item-knn": ("item-knn",),
    "recent, which ties all others": ("recent",),
    "without the history": ("markov", "policy.seen=mask"),
    "settings": ("transitions", "system.window=2"),
    "not registered": ("tests.systems:Counting",),
    "half of it failures": ("tests.systems:SometimesFails",),
}


@pytest.mark.parametrize("how", RANKED)
def test_rankings(bench: Bench, tmp_path: Path, how: str) -> None:
    system, *more = RANKED[how]
    seed = next((int(part[5:]) for part in more if part.startswith("seed=")), 0)
    run = bench.run(bench.tiny, system, *[part for part in more if not part.startswith("seed=")], seed=seed)
    verdict = judged(packed([run], tmp_path / "s.zip"), bench.tiny)
    assert code_of(verdict) == "accepted", str(verdict.refused)
    told = {name: line["value"] for name, line in run.manifest["figures"].items()}
    assert {name: line["value"] for name, line in verdict.runs[0].judged.figures.items()} == pytest.approx(told)


@pytest.mark.parametrize("system", ["popular-terms", "history-terms", "recent-terms"])
def test_instructions(bench: Bench, tmp_path: Path, system: str) -> None:
    run = bench.run(bench.image, system, "generator.name=none")
    assert code_of(judged(packed([run], tmp_path / "s.zip"), *bench.cards)) == "accepted"


@pytest.mark.parametrize("kind", ["image", "video"])
@pytest.mark.parametrize("media", [True, False], ids=["with media", "without media"])
def test_media(bench: Bench, tmp_path: Path, kind: str, media: bool) -> None:
    run = bench.run(bench.image if kind == "image" else bench.video, "recent-terms", "generator.cases=30")
    path = packed([run], tmp_path / "s.zip", media)
    assert sum(name.startswith("runs/media/") for name in Draft(path).files) > 0 if media else True
    verdict = judged(path, *bench.cards)
    assert code_of(verdict) == "accepted", str(verdict.refused)


def test_several_runs_decoded_in_a_process_of_its_own(bench: Bench, tmp_path: Path) -> None:
    runs = [bench.run(bench.tiny, name) for name in ("markov", "popularity")]
    runs.append(bench.run(bench.image, "recent-terms", "generator.cases=30"))
    verdict = judged(packed(runs, tmp_path / "s.zip", media=True), *bench.cards, apart=True)
    assert code_of(verdict) == "accepted", str(verdict.refused)
    assert [run.run.system for run in verdict.runs] == ["markov", "popularity", "recent-terms"]


def test_scores_need_not_be_sent(bench: Bench, tmp_path: Path, ranked: Path) -> None:
    draft = Draft(ranked)
    del draft.files[draft.place("scores.parquet")]
    del draft.form["runs"][0]["files"]["scores.parquet"]
    assert code_of(judged(draft.write(tmp_path / "s.zip"), bench.tiny)) == "accepted"


def test_equal_runs_are_equal_bytes(bench: Bench, tmp_path: Path) -> None:
    runs = [bench.run(bench.tiny, name) for name in ("markov", "popularity")]
    first = packed(runs, tmp_path / "a.zip")
    assert file_sha256(first) == file_sha256(packed(runs[::-1], tmp_path / "b.zip"))


def test_a_submission_finds_its_place(bench: Bench, tmp_path: Path, ranked: Path) -> None:
    pages = tmp_path / "results"
    pages.mkdir()
    write_page(pages / "page.json", bench, ranked, {"popularity": 0.1, "tests:Optimal": 0.95})
    verdict = judged(ranked, bench.tiny, against=pages)
    assert verdict.runs[0].place == (1, 2)


def write_page(path: Path, bench: Bench, archive: Path, values: dict[str, float]) -> None:
    """Write a stored report of the question that an archive answers."""
    told = Draft(archive).manifest
    lines = {name: {"value": value, "low": None, "high": None} for name, value in values.items()}
    rows = [
        {"system": name, "settings": {}, "seeds": [0], "failed": 0, "seconds": None, "keys": [], "host": ""}
        | {"figures": {told["task"]["primary"]: line}}
        for name, line in lines.items()
    ]
    question = {"task": told["task"]["id"], "version": "1", "fingerprint": told["data"]["fingerprint"], "seen": "keep"}
    question |= {"limit": None, "level": 0.95, "primary": told["task"]["primary"], "scorers": told["task"]["scorers"]}
    page = {"question": question, "cases": 60, "users": 60, "rows": rows, "contrasts": []}
    path.write_text(canonical_lines({"schema": 1, "pages": [page]}))


def test_what_is_shown_is_plain_text(bench: Bench, ranked: Path) -> None:
    verdict = judged(ranked, bench.tiny)
    told = json.loads(json.dumps(show.as_json(verdict)))
    assert told["accepted"]
    assert "a@example.org" not in json.dumps(told) + show.as_markdown(verdict)
    assert show.escaped("<b>@me\n|[x](y)`") == "\\&lt;b\\&gt;\\@me?\\|\\[x\\]\\(y\\)\\`"
