"""Runs in experiment trackers: what each is told, by small packages that write it down, and the real ones if here."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from bench.report.trackers import TRACKERS, record
from bench.store import find_runs
from tests.conftest import REPOSITORY, write_log
from tests.ecosystem.conftest import Command

WRITES = """
import json, os
def note(*told): open(os.environ["NOTED"], "a").write(json.dumps(told) + "\\n")
"""
WANDB = """
class Opened:
    def log(self, figures): note("log", figures)
    def finish(self): note("finish")
def init(**told):
    note("init", told)
    return Opened()
"""
TRACKIO = """
from types import SimpleNamespace
KEPT = os.environ["NOTED"]
class Api:
    def runs(self, project):
        lines = [json.loads(line) for line in open(KEPT)] if os.path.exists(KEPT) else []
        found = [told[1] for told in lines if told[0] == "init" and told[1]["project"] == project]
        if not found: raise ValueError(f"Project {project!r} does not exist")
        return [SimpleNamespace(config=one["config"]) for one in found] + [SimpleNamespace(config=None)]
def init(**told): note("init", told)
def log(figures): note("log", figures)
def finish(): note("finish")
"""
MLFLOW = """
import re
from contextlib import contextmanager
def set_experiment(name): note("experiment", name)
@contextmanager
def start_run(run_name):
    note("init", {"name": run_name})
    yield
    note("finish")
def search_runs(experiment_names, filter_string, max_results, output_format):
    lines = [json.loads(line) for line in open(os.environ["NOTED"])]
    here, found, held = None, [], {}
    for line in lines:
        here = line[1] if line[0] == "experiment" else here
        held = line[1] if line[0] == "tags" else held
        if line[0] == "finish" and [here] == experiment_names: found.append(held["navibench.key"])
    assert output_format == "list" and "status = 'FINISHED'" in filter_string
    return [key for key in found if f"tags.`navibench.key` = '{key}'" in filter_string][:max_results]
def log_params(values): note("params", values)
def set_tags(values): note("tags", values)
def log_metrics(values):
    assert all(re.fullmatch(r"[/\\w.\\- ]*", name) for name in values), values  # mlflow.utils.validation
    note("log", values)
"""
FAKES = {"wandb": WANDB, "trackio": TRACKIO, "mlflow": MLFLOW}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    card = write_log(folder / "tiny")
    words = [sys.executable, "-m", "bench", "run", "--task", str(card), "--system", "markov"]
    subprocess.run(words, cwd=folder, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, check=True)
    return folder / "runs"


@pytest.fixture
def runs(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "runs"))


@pytest.mark.parametrize("name", sorted(TRACKERS))
def test_each_is_told_settings_figures_and_keys(name: str, runs: Path, navibench: Command, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / f"{name}.py").write_text(WRITES + FAKES[name])
    noted = tmp_path / "noted.jsonl"
    done = navibench("log", "runs", "--to", name, "--project", "mine", path=(fake,), NOTED=str(noted))
    assert f"1 runs copied to {name}, project mine" in done.stderr
    lines = [json.loads(line) for line in noted.read_text().splitlines()]
    assert lines[-1][0] == "finish"
    figures = next(line[1] for line in lines if line[0] == "log")
    told = record(find_runs([runs])[0])
    assert sorted(figures.values()) == sorted(told.figures.values())
    assert told.figures["ndcg@5/low"] <= told.figures["ndcg@5"] <= told.figures["ndcg@5/high"]
    text = noted.read_text()
    assert told.tags["key"] in text and told.tags["data"] in text and "mine" in text
    assert told.name == "test/tiny/next-item:markov:0" and told.name in text


@pytest.mark.parametrize("name", ["mlflow", "trackio"])
def test_a_run_that_is_there_is_left_as_it_is(name: str, runs: Path, navibench: Command, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / f"{name}.py").write_text(WRITES + FAKES[name])
    noted = tmp_path / "noted.jsonl"

    def copied(project: str) -> tuple[str, int]:
        done = navibench("log", "runs", "--to", name, "--project", project, path=(fake,), NOTED=str(noted))
        return done.stderr, noted.read_text().count('["log", ')

    assert copied("mine")[1] == 1
    told, logs = copied("mine")
    assert f"0 runs copied to {name}, project mine, 1 already there" in told
    assert logs == 1
    told, logs = copied("theirs")
    assert "already" not in told
    assert logs == 2
    other = json.loads((path := next(runs.rglob("run.json"))).read_text())
    path.write_text(json.dumps(other | {"key": "0" * 64}))
    assert "already" not in copied("mine")[0]


def test_what_cannot_be_looked_through_is_said(runs: Path, navibench: Command, tmp_path: Path) -> None:
    fake = tmp_path / "fake"
    fake.mkdir()
    (fake / "trackio.py").write_text(WRITES + TRACKIO)
    told = {"path": (fake,), "NOTED": str(tmp_path / "noted.jsonl"), "TRACKIO_SERVER_URL": "http://127.0.0.1:1"}
    for _ in range(2):
        done = navibench("log", "runs", "--to", "trackio", **told)
        assert "1 runs copied to trackio" in done.stderr and "TRACKIO_SERVER_URL is set" in done.stderr


@pytest.mark.parametrize("name", sorted(TRACKERS))
def test_a_missing_package_names_its_extra(name: str, runs: Path, navibench: Command) -> None:
    if find_spec(name):
        pytest.skip(f"{name} is installed here")
    told = " ".join(navibench("log", "runs", "--to", name, code=2).stderr.split())
    assert f'pip install "navibench[{name}]"' in told


def test_an_unknown_tracker_is_refused(runs: Path, navibench: Command) -> None:
    assert "did you mean wandb" in navibench("log", "runs", "--to", "wandbb", code=2).stderr


@pytest.mark.parametrize("name", sorted(TRACKERS))
def test_the_real_package_takes_it_offline(name: str, runs: Path, navibench: Command, tmp_path: Path) -> None:
    places = [Path(place) for place in os.environ.get("NAVIBENCH_TRACKERS", "").split(os.pathsep) if place]
    if find_spec(name) is None and not any((place / name).is_dir() for place in places):
        pytest.skip(f"{name} is not installed; NAVIBENCH_TRACKERS may name a folder of packages")
    quiet = {"WANDB_MODE": "offline", "MLFLOW_TRACKING_URI": f"sqlite:///{tmp_path}/mlflow.db"}
    quiet |= {"TRACKIO_DIR": str(tmp_path / "trackio"), "HOME": str(tmp_path)}
    for count in range(2):
        done = navibench("log", "runs", "--to", name, "--project", "mine", path=tuple(places), **quiet)
        assert ("0 runs copied" in done.stderr and "1 already there" in done.stderr) == (count == 1 and name != "wandb")
    made = {"wandb": "wandb/offline-run-*", "mlflow": "mlflow.db", "trackio": "trackio/*"}
    assert list(tmp_path.glob(made[name])), sorted(path.name for path in tmp_path.iterdir())
    if name == "mlflow":
        with closing(sqlite3.connect(tmp_path / "mlflow.db")) as base:
            kept = dict(base.execute("select key, value from metrics"))
            assert base.execute("select count(*) from runs").fetchone() == (1,)
        told = record(find_runs([runs])[0]).figures
        assert kept["ndcg_at_5"] == told["ndcg@5"] and kept["ndcg_at_5.low"] == told["ndcg@5/low"]
