"""The command line as a user meets it: whole paths, exit codes, and one readable line for every mistake."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY, write_log


def navibench(*arguments: object, cwd: Path = REPOSITORY) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    environment.pop("NAVIBENCH_DATA", None)
    command = [sys.executable, "-m", "bench", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, check=False)


def good(*arguments: object, code: int = 0) -> str:
    done = navibench(*arguments)
    assert done.returncode == code, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A card and a folder with two finished runs of it."""
    folder = tmp_path_factory.mktemp("cli")
    card = write_log(folder / "tiny")
    good("run", "--task", card, "--system", "markov,popularity", "--out", folder / "runs")
    return card, folder / "runs"


def test_run_report_compare_score_tell_one_story(ran: tuple[Path, Path]) -> None:
    card, out = ran
    table = good("report", out)
    assert "test/tiny/next-item v1" in table
    assert table.index("\nmarkov ") < table.index("\npopularity ")
    stored = out / "report.json"
    stored.write_text(good("report", out, "--format", "json"))
    assert good("report", stored, "--format", "markdown") == good("report", out, "--format", "markdown")
    page = json.loads(stored.read_text())["pages"][0]
    value = next(row for row in page["rows"] if row["system"] == "markov")["figures"]["ndcg@5"]["value"]
    assert f",ndcg@5,{value}," in good("report", out, "--format", "csv")
    compared = good("compare", "markov", "popularity", "--out", out, "--metric", "ndcg@5")
    assert f"{value:.4f}".lstrip("0") in compared
    assert "60 shared cases" in navibench("compare", "markov", "popularity", "--out", out).stderr
    assert f"{value:.4f}".lstrip("0") in good("score", "markov", "--out", out, "--data-root", card.parent)
    assert "history 1-4" in good("report", out, "--slices", "history")


def test_the_gate_fails_only_when_a_is_worse(ran: tuple[Path, Path]) -> None:
    _, out = ran
    good("compare", "markov", "popularity", "--out", out, "--gate")
    good("compare", "popularity", "markov", "--out", out, "--gate", code=1)


def test_failed_cases_are_shown_and_exit_with_3(ran: tuple[Path, Path]) -> None:
    card, out = ran
    done = navibench("run", "--task", card, "--system", "tests.systems:SometimesFails", "--out", out)
    assert done.returncode == 3
    assert "30 failed: even users are hard" in done.stderr
    assert "30/60" in done.stdout


def test_an_interrupt_says_how_to_go_on(ran: tuple[Path, Path], tmp_path: Path) -> None:
    arguments = ["run", "--task", str(ran[0]), "--system", "tests.systems:Counting", "--set", "system.slow=30"]
    # A shell lets what it starts in the background ignore interrupts, and so do these tests then, and their children.
    listen = "import signal, runpy; signal.signal(signal.SIGINT, signal.default_int_handler); "
    listen += "runpy.run_module('bench', run_name='__main__')"
    command = [sys.executable, "-c", listen, *arguments, "--out", str(tmp_path)]
    process = subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE, text=True)
    while not list(tmp_path.rglob("attempts")):
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    assert "the same command goes on where this one stopped" in process.communicate()[1]
    assert process.returncode == 130


def test_an_unwritable_folder_is_refused_at_once(ran: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = navibench("run", "--task", ran[0], "--system", "markov", "--out", tmp_path / "file")
    assert done.returncode == 2
    assert "cannot be written" in done.stderr


def test_seeds_are_averaged_with_their_spread(ran: tuple[Path, Path], tmp_path: Path) -> None:
    table = good("run", "--task", ran[0], "--system", "random", "--seed", "0,1,2", "--out", tmp_path)
    assert "random x 3 seeds" in table
    assert "3 seeds" in good("compare", "random", "random", "--out", tmp_path)
    assert "between seeds" in table


def test_listing_speaks_json() -> None:
    listed = json.loads(good("ls", "--json"))
    assert {"tasks", "systems", "generators", "scorers", "suites", "configs"} == set(listed)
    assert "markov" in {line["name"] for line in listed["systems"]}


def test_doctor_says_what_is_missing_and_how_to_get_it(tmp_path: Path) -> None:
    told = {line["name"]: line for line in json.loads(good("doctor", "--json", "--data-root", tmp_path))}
    assert told["markov"]["good"]
    toys = told["product/amazon-toys-2014/next-item"]
    assert not toys["good"]
    assert str(tmp_path) in toys["told"]
    good("doctor", "--strict", "--data-root", tmp_path, code=2)


MISTAKES = {
    "unknown verb": (["rnu"], "rnu"),
    "unknown flag": (["run", "--tsak", "x"], "--task"),
    "unknown task": (
        ["run", "--task", "product/amazon-toy", "--system", "markov"],
        "did you mean product/amazon-toys-2014",
    ),
    "unknown system": (["run", "--task", "{card}", "--system", "markow"], "did you mean markov"),
    "unknown suite": (["run", "--suite", "quik"], "did you mean quick"),
    "nothing to run": (["run"], "name at least one task and one system"),
    "unknown list": (["ls", "task"], "did you mean tasks"),
    "unknown setting": (["run", "--task", "{card}", "--system", "markov", "--set", "policy.sene=mask"], "policy.seen"),
    "unknown section": (["run", "--task", "{card}", "--system", "markov", "--set", "polcy.seen=mask"], "policy"),
    "wrong type": (["run", "--task", "{card}", "--system", "item-knn", "--set", "item-knn.neighbours=x"], "expected"),
    "bad limit": (["run", "--task", "{card}", "--system", "markov", "--limit", "0"], "at least 1"),
    "bad seed": (["run", "--task", "{card}", "--system", "markov", "--seed", "x"], "whole numbers"),
    "no data root": (["run", "--task", "product/amazon-toys-2014/next-item", "--system", "markov"], "--data-root"),
    "no such card": (["run", "--task", "none.toml", "--system", "markov"], "none.toml: no such file"),
    "no such module": (["run", "--task", "{card}", "--system", "no_such:Thing"], "no module no_such"),
    "no runs": (["report", "{empty}"], "navibench run"),
    "unknown format": (["report", "{out}", "--format", "markdwon"], "did you mean markdown"),
    "unknown run": (["compare", "markov", "popularty", "--out", "{out}"], "did you mean"),
    "unknown metric": (
        ["compare", "markov", "popularity", "--out", "{out}", "--metric", "ndgc@5"],
        "did you mean ndcg@5",
    ),
    "unknown source": (["data", "fetch", "movielens-1", "--data-root", "{empty}"], "did you mean movielens"),
    "missing log": (["data", "import", "{empty}/none.csv", "--name", "x", "--to", "{empty}/x"], "none.csv"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_one_line_with_a_way_out(name: str, ran: tuple[Path, Path], tmp_path: Path) -> None:
    card, out = ran
    arguments, expected = MISTAKES[name]
    places = {"{card}": str(card), "{out}": str(out), "{empty}": str(tmp_path)}
    for key, place in places.items():
        arguments = [argument.replace(key, place) for argument in arguments]
    extra = ["--out", str(tmp_path / "runs")] if arguments[0] == "run" and "--tsak" not in arguments else []
    done = navibench(*arguments, *extra)
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert not list(tmp_path.rglob("*.parquet"))
    assert not (tmp_path / "x").exists()
    if done.stderr.startswith("error:"):
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("damage", ["truncated", "renamed column", "duplicate case", "not json", "newer schema"])
def test_a_damaged_run_is_named(damage: str, card: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    good("run", "--task", card, "--system", "markov", "--out", tmp_path / "runs")
    folder = next((tmp_path / "runs").rglob("run.json")).parent
    scores = folder / "scores.parquet"
    expected = "scores.parquet"
    if damage == "truncated":
        scores.write_bytes(scores.read_bytes()[:100])
    elif damage == "renamed column":
        table = pq.read_table(scores)
        pq.write_table(table.rename_columns(["id" if n == "case" else n for n in table.column_names]), scores)
    elif damage == "duplicate case":
        table = pq.read_table(scores)
        pq.write_table(pa.concat_tables([table, table.slice(0, 1)]), scores)
    elif damage == "not json":
        (folder / "run.json").write_text("{")
        expected = "run.json: not valid JSON"
    else:
        told = json.loads((folder / "run.json").read_text())
        (folder / "run.json").write_text(json.dumps({**told, "schema": 99}))
        expected = "schema 99 is newer"
    done = navibench("report", tmp_path / "runs")
    assert done.returncode == 2
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
