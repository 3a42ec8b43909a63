"""A refusal tells all that is wrong with every run; the archive's own faults end it; no flood of reasons is shown."""

from __future__ import annotations

import io
import json
import re
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.submission import show
from bench.submission.checks import SURPLUS
from bench.submission.confined import decode_apart
from bench.submission.decoding import UNFIT, decode_all
from bench.submission.faults import EACH, MOST, Faults
from bench.submission.limits import LIMITS
from bench.submission.reasons import REASONS, RefusalError
from bench.submission.verify import Verdict
from tests.core.test_cli import navibench
from tests.submission.conftest import Bench
from tests.submission.making import Draft, judged, packed
from tests.submission.test_hostile_answers import MEDIA, bomb

Rows = list[dict[str, Any]]


def codes(verdict: Verdict) -> dict[str, dict[str, int]]:
    """Return {system, or "" for the archive: {code: how often}}."""
    return {part.place and part.place.split("/")[-2]: dict(part.counts) for part in verdict.faults}


@pytest.fixture(scope="module")
def two(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive with two runs that are fine: markov, popularity."""
    runs = [bench.run(bench.tiny, name) for name in ("markov", "popularity")]
    return packed(runs, tmp_path_factory.mktemp("two") / "two.zip")


def spoil_answers(rows: Rows) -> None:
    rows[0].update(items=["<b>", *rows[0]["items"][1:]])
    rows[1].update(items=rows[1]["items"][:3], ties=[], rest=0)
    for row in rows[2:]:
        row.update(failure="oops")


def spoiled(two: Path, to: Path) -> Path:
    """Spoil both runs: the answers, scores, figures and key of the first, the card and settings of the second."""
    first = Draft(two)
    first.change(spoil_answers)
    first.change(lambda rows: rows[3].update({"mrr@5": float("nan")}), "scores.parquet")
    first.change(lambda rows: rows[4].update(failed=False, user=rows[4]["user"]), "scores.parquet")
    first.manifest["figures"]["ndcg@5"]["value"] = 0.99
    first.manifest["policies"]["resamples"] = 10
    second = Draft(first.seal().write(to), 1)
    second.manifest["task"]["version"] = "9"
    second.manifest["code"]["judged"] = "latest"
    second.change(lambda rows: rows[5].update(kind="oracle"))
    second.change(lambda rows: rows[0].update({"ndcg@5": float("inf")}), "scores.parquet")
    return second.seal().write(to)


def test_every_fault_of_every_run_is_told(bench: Bench, two: Path, tmp_path: Path) -> None:
    verdict = judged(spoiled(two, tmp_path / "s.zip"), bench.tiny)
    assert not verdict.stopped and verdict.runs == ()
    found = codes(verdict)
    assert found["markov"] == {
        **{"policy": 1, "ranking-unknown-item": 1, "ranking-shallow": 1, "answer-fields": 58},
        **{"scores-not-finite": 1, "figures-differ": 1},
    }
    second = {"card-version": 1, "manifest-code": 1, "answer-kind": 1, "scores-not-finite": 1}
    assert found["popularity"] == second
    told = show.as_json(verdict)
    assert {(one["run"].split("/")[-2], one["code"]) for one in told["reasons"]} == {
        (system, code) for system, counts in found.items() for code in counts
    }
    assert told["refused"]["code"] == told["reasons"][0]["code"] == "policy"
    assert told["more"] == [{"run": verdict.faults[0].place, "codes": {"answer-fields": 58 - EACH}}]
    lines, text = show.as_lines(verdict), show.as_markdown(verdict)
    for one in told["reasons"]:
        assert any(line.startswith(f"{one['code']}: ") and one["advice"] in line for line in lines)
        assert f"**`{one['code']}`**" in text
    assert any(f"{58 - EACH} more ({58 - EACH} answer-fields)" in line for line in lines)


def test_the_command_tells_all(bench: Bench, two: Path, tmp_path: Path) -> None:
    archive = spoiled(two, tmp_path / "s.zip")
    done = navibench("submit", "verify", archive, "--card", bench.tiny, "--json")
    assert done.returncode == 2
    told = {one["code"] for one in json.loads(done.stdout)["reasons"]}
    assert {"policy", "ranking-unknown-item", "scores-not-finite", "figures-differ", "card-version"} <= told
    assert set(re.findall(r"^error: ([a-z-]+): ", done.stderr, re.MULTILINE)) == told


def test_a_sound_run_beside_a_bad_one_is_judged(bench: Bench, two: Path, tmp_path: Path) -> None:
    bad = Draft(two, 1).put_manifest(b'{"schema": NaN}')
    verdict = judged(bad.write(tmp_path / "s.zip"), bench.tiny)
    assert codes(verdict) == {"popularity": {"json-not-finite": 1}}
    assert [run.run.system for run in verdict.runs] == ["markov"]
    bad.files[bad.place("answers.parquet")] += b"PAR1"
    del bad.files[bad.place("scores.parquet")]
    verdict = judged(bad.write(tmp_path / "t.zip"), bench.tiny)
    assert codes(verdict)["popularity"] == {"json-not-finite": 1, "parquet-footer": 1}
    assert codes(verdict)[""] == {"file-absent": 1, "file-changed": 1}
    assert [run.run.system for run in verdict.runs] == ["markov"]


def test_the_form_hides_no_run(bench: Bench, two: Path, tmp_path: Path) -> None:
    draft = Draft(two, 1)
    draft.form |= {"name": "<b>", "licence": "none"}
    draft.manifest["figures"]["ndcg@5"]["value"] = 0.99
    verdict = judged(draft.seal().write(tmp_path / "s.zip"), bench.tiny)
    assert codes(verdict) == {"": {"submission-name": 1, "submission-licence": 1}, "popularity": {"figures-differ": 1}}


def test_a_picture_that_is_broken_is_not_looked_at(bench: Bench, picture: Callable[[], Draft], tmp_path: Path) -> None:
    draft = picture()
    draft.manifest["figures"]["term-f1"]["value"] = 0.99
    draft.seal()
    MEDIA["broken"][1](draft)
    verdict = judged(draft.write(tmp_path / "s.zip"), *bench.cards)
    assert codes(verdict) == {"": {"media-broken": 1}, "recent-terms": {"figures-differ": 1}}


def test_no_folder_that_a_form_names_is_opened(bench: Bench, two: Path, tmp_path: Path) -> None:
    """The second run is said to lie where a readable manifest is, outside of the archive."""
    draft = Draft(two, 1)
    outside = tmp_path / "outside"
    outside.mkdir()
    for name in draft.entered["files"]:
        (outside / name).write_bytes(draft.files[draft.place(name)])
    draft.entered["folder"] = str(outside)
    verdict = judged(draft.write(tmp_path / "s.zip"), bench.tiny)
    assert codes(verdict) == {"": {"file-unlisted": 3, "file-absent": 3}}
    assert [run.run.system for run in verdict.runs] == ["markov"]


@pytest.mark.parametrize("apart", [False, True])
def test_a_bomb_ends_the_reading(apart: bool, bench: Bench, two: Path, tmp_path: Path) -> None:
    draft = Draft(two)
    bomb(draft)
    other = Draft(draft.seal().write(tmp_path / "s.zip"), 1)
    other.manifest["task"]["version"] = "9"
    limits = replace(LIMITS, text=2**30, decoded=2**26)
    path = other.change(lambda rows: rows[0].update(kind="oracle")).seal().write(tmp_path / "s.zip")
    verdict = judged(path, bench.tiny, apart=apart, limits=limits)
    assert verdict.stopped and verdict.runs == ()
    assert codes(verdict) == {"markov": {"parquet-expands": 1}, "popularity": {"card-version": 1}}
    assert show.as_lines(verdict)[-1] == show.STOPPED and show.STOPPED in show.as_markdown(verdict)


def test_a_hostile_archive_has_one_reason(bench: Bench, tmp_path: Path) -> None:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as pack:
        pack.writestr("../a.json", b"{}")
        pack.writestr("runs/model.pkl", b"\x80\x04N.")
    (tmp_path / "s.zip").write_bytes(sink.getvalue())
    verdict = judged(tmp_path / "s.zip", bench.tiny)
    assert codes(verdict) == {"": {"path-parent": 1}} and verdict.stopped
    assert show.as_lines(verdict)[1:] == [show.STOPPED]


def test_files_are_told_of_one_by_one_until_there_are_too_many(tmp_path: Path) -> None:
    for name in ("a/answers.parquet", "b/scores.parquet", "media/x/c.png"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(b"\x89PNG")
    apart = decode_apart(tmp_path)
    assert [(one.file, one.reason.code) for one in apart] == [
        *(("a/answers.parquet", "parquet-magic"), ("b/scores.parquet", "parquet-magic")),
        ("media/x/c.png", "media-broken"),
    ]
    assert [str(one.reason) for one in apart] == [str(one.reason) for one in decode_all(tmp_path)]
    for number in range(UNFIT + 5):
        (tmp_path / f"media/{number}.png").write_bytes(b"")
    last = list(decode_all(tmp_path))[-1]
    assert (last.file, last.reason.code, last.stops) == ("", "decoding-died", True)


def test_a_flood_is_counted_and_not_shown(bench: Bench, two: Path, tmp_path: Path) -> None:
    flood = [
        {"case": f"{'<b>' * 90}{number}", "kind": "ranking", "items": [], "ties": [1], "rest": 0, "failure": "\x1b[2J"}
        for number in range(20_000)
    ]
    path = Draft(two).change(lambda rows: rows.extend(flood)).seal().write(tmp_path / "s.zip")
    started = time.process_time()
    verdict = judged(path, bench.tiny)
    assert time.process_time() - started < 5
    assert verdict.faults[0].counts["case-unknown"] == verdict.faults[0].counts["answer-fields"] == SURPLUS
    lines = show.as_lines(verdict)
    assert len(lines) <= MOST + 1 and all(len(line) < 500 and line.isprintable() for line in lines)
    assert len(json.dumps(show.as_json(verdict))) < 30_000 and len(show.as_markdown(verdict)) < 30_000


def test_what_is_kept_is_bounded_and_nothing_is_lost() -> None:
    parts = []
    for number in range(40):
        parts.append(Faults(f"run-{number}"))
        parts[-1].note(RefusalError(code, "x" * 10**4) for code in REASONS for _ in range(50))
    verdict = Verdict("s.zip", "", None, (), tuple(parts), False)
    assert all(len(part.kept) == MOST for part in parts)
    assert all(sum(part.more.values()) + MOST == 50 * len(REASONS) for part in parts)
    lines = show.as_lines(verdict)
    assert len(lines) == show.ROOM + len(parts) and max(map(len, lines)) < 600
    assert [line.startswith(f"run-{place}: ") for place, line in enumerate(lines[-30:], start=10)] == [True] * 30
