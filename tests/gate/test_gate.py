"""The gate as a user meets it: pin, check, a planted drop, a checkpoint, and every way to ask the wrong thing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from bench.io import file_sha256
from tests.conftest import REPOSITORY, write_log

TASK = "test/tiny/next-item"


def navibench(*arguments: object, code: int = 0, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A card, runs of three systems, and markov pinned: 200 users, 100 of them asked."""
    folder = tmp_path_factory.mktemp("gate")
    card = write_log(folder / "tiny", users=200)
    systems = "markov,popularity,tests.systems:SometimesFails"
    navibench("run", "--task", card, "--system", systems, "--limit", 100, "--out", folder / "runs", code=3)
    margins = ("--margin", "ndcg@5=20%", "--margin", "recall@5=.1", "--margin", "failed=.05")
    navibench(
        *("pin", f"{TASK}:markov", "--out", folder / "runs", "--to", folder / "pinned.toml", "--card", card, *margins)
    )
    return folder


def check(place: Path, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    return navibench("check", "--against", place / "pinned.toml", "--out", place / "runs", *arguments, code=code)


def test_the_pinned_system_passes_as_a_run_and_run_again(place: Path, tmp_path: Path) -> None:
    assert "gate passed: 3 metrics of 1 entries" in check(place, "--candidate", "markov").stdout
    assert "gate passed" in check(place).stdout
    assert "markov" in check(place, "--out", tmp_path).stderr  # made anew, in another folder


def test_a_planted_drop_fails_and_every_output_says_so(place: Path, tmp_path: Path) -> None:
    outputs = ("--junit", tmp_path / "x" / "gate.xml", "--summary", tmp_path / "summary.md", "--github")
    (tmp_path / "summary.md").write_text("# Earlier\n")
    done = check(place, "--candidate", "popularity", "--only", f"{TASK}:markov", *outputs, code=1)
    assert "gate failed: 2 regressions, 0 unclear of 3 metrics of 1 entries" in done.stdout
    assert done.stdout.count("\n::error title=regression%3A test/tiny/next-item%3Amarkov::") == 2
    root = ET.parse(tmp_path / "x" / "gate.xml").getroot()
    assert (root.get("tests"), root.get("failures")) == ("3", "2")
    summary = (tmp_path / "summary.md").read_text()
    assert summary.startswith("# Earlier\n### gate failed") and summary.count("**regression**") == 2
    assert "significantly worse" in done.stderr


def test_failures_stay_in_the_denominator(place: Path, tmp_path: Path) -> None:
    failing = place / "runs" / "test/tiny/next-item/tests.systems.SometimesFails"
    done = check(place, "--candidate", failing, "--only", TASK + "*", "--junit", tmp_path / "j.xml", code=1)
    table = {line.split()[2]: line.split() for line in done.stdout.splitlines() if TASK in line}
    assert table["failed"][0] == "regression"
    assert {line[-1] for line in table.values()} == {"100"}  # every case counts, the failed ones too
    told = json.loads((next(failing.iterdir()) / "run.json").read_text().replace("\n", ""))
    assert float(table["failed"][3]) == told["counts"]["failed"] / 100


def test_a_checkpoint_is_run_on_the_pinned_question_and_gated(place: Path, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent / "systems.py", tmp_path / "mine.py")
    for name, step in (("good", 1), ("bad", 7)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "step").write_text(str(step))

    def here(*arguments: object, code: int = 0) -> str:
        return navibench(*arguments, code=code, cwd=tmp_path).stderr

    card, asked = place / "tiny" / "card.toml", ("--system", "mine:Follows", "--set", "mine:Follows.checkpoint=good")
    here("run", "--task", card, *asked, "--limit", 60)
    here("pin", "runs", "--to", "own.toml", "--card", card, "--margin", "ndcg@5=10%", "--name", "follows")
    usual = ("check", "--against", "own.toml")
    assert "significantly worse" in here(*usual, "--candidate", "bad", code=1)
    assert "has no setting checkpoint" in here(*usual, "--candidate", "bad", "--system", "markov", code=2)
    before = (tmp_path / "own.toml").read_text()
    here("pin", "--again", "--to", "own.toml", "--out", "fresh")
    assert (tmp_path / "own.toml").read_text() == before  # the same system answers the same


MISTAKES = {
    "unknown entry": (["--only", "test/tiny/nxt-item:markov"], "did you mean test/tiny/next-item:markov"),
    "unknown candidate": (["--candidate", "markow"], "did you mean"),
    "other system": (["--candidate", "popularity"], "no entry of test/tiny/next-item is of popularity, only of markov"),
    "empty folder": (["--candidate", "{empty}"], "neither a run nor a checkpoint"),
    "no checkpoints": (["--candidate", "{card}"], "no chosen entry is of a system that reads checkpoints, only markov"),
    "unknown system": (["--system", "markow"], "did you mean markov"),
    "two candidates": (["--candidate", "markov", "--candidate", "markov"], "two candidates for one entry"),
    "no pins": (["--against", "{empty}/none.toml"], "no such file"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_and_exit_code_2(name: str, place: Path, tmp_path: Path) -> None:
    arguments, expected = MISTAKES[name]
    places = {"{empty}": str(tmp_path), "{card}": str(place / "tiny")}
    for key, value in places.items():
        arguments = [argument.replace(key, value) for argument in arguments]
    done = check(place, *arguments, "--junit", tmp_path / "gate" / "j.xml", code=2)
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    if name != "no pins":
        assert ET.parse(tmp_path / "gate" / "j.xml").getroot().get("errors") == "1"


def copied(place: Path, folder: Path) -> Path:
    """Return a copy of the run of markov."""
    run = next((place / "runs" / TASK / "markov").iterdir())
    shutil.copytree(run, folder / "copy")
    return folder / "copy"


def rewrite(run: Path, **changes: object) -> None:
    told = json.loads((run / "run.json").read_text())
    for path, value in changes.items():
        part = told
        *sections, last = path.split("__")
        for section in sections:
            part = part[section]
        part[last] = value
    told["files"]["scores.parquet"] = file_sha256(run / "scores.parquet")
    (run / "run.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"task__version": "2"}, "version is 2, pinned 1"),
        ({"data__fingerprint": "abc"}, "fingerprint is abc, pinned"),
        ({"limit": 50}, "limit is 50, pinned 100"),
        ({"limit": None}, "limit is all cases, pinned 100"),
        ({"seen": "mask"}, "seen is mask, pinned keep"),
        ({"task__id": "test/other"}, "unknown task of the chosen entries"),
    ],
)
def test_another_question_says_what_differs(
    change: dict[str, object], expected: str, place: Path, tmp_path: Path
) -> None:
    run = copied(place, tmp_path)
    rewrite(run, **change)
    done = check(place, "--candidate", run, "--github", code=2)
    assert expected in done.stderr
    assert done.stdout.startswith("::error title=navibench check::")


@pytest.mark.parametrize("damage", ["case", "user", "metric", "file"])
def test_scores_that_do_not_fit_are_named(damage: str, place: Path, tmp_path: Path) -> None:
    run = copied(place, tmp_path)
    table = pq.read_table(run / "scores.parquet")
    if damage == "case":
        pq.write_table(table.slice(3), run / "scores.parquet")
    elif damage == "user":
        users = table.column("user").to_pylist()
        column = table.schema.get_field_index("user")
        pq.write_table(table.set_column(column, "user", [[users[1], *users[1:]]]), run / "scores.parquet")
    elif damage == "metric":
        pq.write_table(table.drop_columns(["recall@5"]), run / "scores.parquet")
    rewrite(run)
    if damage == "file":
        pq.write_table(table.slice(3), run / "scores.parquet")
    done = check(place, "--candidate", run, code=2)
    expected = {
        "case": "the candidate lacks 3 of the cases",
        "user": "pinned 'u",
        "metric": "unknown test/tiny/next-item:markov: metric of the candidate 'recall@5'",
        "file": "changed since the run was made",
    }
    assert expected[damage] in done.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], "name the runs to pin, or give --again"),
        (["markov", "--margin", "ndcg@5"], "expected METRIC=SIZE"),
        (["markov", "--margin", "ndgc@5=.1"], "did you mean ndcg@5"),
        (["markov", "--margin", "popularity-bias@5=.1"], "only describes"),
        (["markov"], "no margin is given"),
        (["markov", "--margin", "ndcg@5=-1"], "expected a margin above 0"),
        (["markov", "--margin", "ndcg@5=.1", "--name", "a", "--name", "b"], "expected 1 different names"),
    ],
)
def test_what_cannot_be_pinned_leaves_no_file(arguments: list[str], expected: str, place: Path, tmp_path: Path) -> None:
    done = navibench("pin", *arguments, "--out", place / "runs", "--to", tmp_path / "pinned.toml", code=2)
    assert expected in done.stderr
    assert not list(tmp_path.rglob("*"))
