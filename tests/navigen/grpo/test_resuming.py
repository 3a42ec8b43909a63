"""Stopped at any moment and run again, or shared by two processes, a reinforcement ends at the same weights."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from bench.rng import stream
from navigen.train.checkpoint import Course
from tests.conftest import REPOSITORY
from tests.navigen.grpo.toy import adapted, make_model, train
from tests.navigen.train.tiny import same, weights_of

KINDS: dict[str, dict[str, Any]] = {
    "all": {"save_every": 1, "steps": 6, "validate_every": 4},
    "lora": {"rank": 4, "dropout": 0.2, "steps": 6, "iterations": 2, "max_kl": 100.0},
}


class KilledError(Exception):
    """Stands in for the end of the process."""


def run(kind: str, work: Path | None, stop: int = 0, **other: Any) -> tuple[Any, Course | None]:
    """Train and return model and course; after `stop` steps end as abruptly as an exception can."""
    values = KINDS[kind] | other
    model = adapted(values["rank"], dropout=values["dropout"]) if values.get("rank") else make_model()

    def progress(name: str, done: int, total: int) -> None:
        if done == stop:
            raise KilledError

    try:
        return model, train(model, ["trie", "thought"], work=work, progress=progress, **values)
    except KilledError:
        return model, None


def told(course: Course | None) -> list[dict[str, float]]:
    """The history without times."""
    assert course is not None
    return [{name: row[name] for name in row if not name.startswith("seconds")} for row in course.history]


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_training_is_bit_identical(kind: str, tmp_path: Path) -> None:
    straight, expected = run(kind, None)
    assert [run(kind, tmp_path, stop)[1] for stop in (1, 3, 5)] == [None] * 3
    resumed, course = run(kind, tmp_path)
    assert same(straight, resumed) and told(course) == told(expected)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [0, 1, 2, 3, 4, 5, 6]  # nothing twice
    shown = [json.loads(line)["step"] for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert shown == sorted(shown) and len(shown) == len(set(shown)) * shown.count(0)
    again, loaded = run(kind, tmp_path, stop=1)  # a finished training takes no step, so nothing stops it
    assert loaded == course and same(again, straight)


CHILD = """
import sys
from pathlib import Path
from tests.navigen.grpo import test_resuming
print("ready", flush=True)
test_resuming.run(sys.argv[2], Path(sys.argv[1]), save_every=1)
"""


@pytest.mark.slow
def test_killed_processes_resume_bit_identical(tmp_path: Path) -> None:
    """Killed at random moments, in whatever it was doing; NAVIBENCH_KILLS sets how often."""
    threads = str(torch.get_num_threads())  # another number of them may round otherwise
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": threads}
    rng = stream(0, "grpo kills")
    for _ in range(int(os.environ.get("NAVIBENCH_KILLS", "2"))):
        command = [sys.executable, "-c", CHILD, str(tmp_path), "lora"]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            try:
                child.wait(timeout=float(rng.uniform(0.2, 0.8)))
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
    straight, expected = run("lora", None, save_every=1)
    resumed, course = run("lora", tmp_path, save_every=1)
    assert same(straight, resumed) and told(course) == told(expected)


def test_a_foreign_checkpoint_is_said(tmp_path: Path) -> None:
    run("all", tmp_path, 3)
    for other in ({"rate": 0.5}, {"beta": 0.5}, {"seed": 3}, {"held": False}):
        with pytest.raises(BenchError, match="made with another"):
            run("all", tmp_path, **other)


SHARED = """
import sys
from pathlib import Path
from tests.navigen.grpo.test_resuming import SHARES, train_share
for kind in SHARES:
    train_share(kind, Path(sys.argv[1]) / kind)
from accelerate import PartialState
assert PartialState().num_processes == 2
"""
SHARES: dict[str, dict[str, Any]] = {
    "all": {"prompts": 5, "steps": 3, "micro": 4},  # an odd number, so that the shares differ
    "lora": {"rank": 4, "steps": 3, "loss": "grpo", "iterations": 2},
}
HALF = """
import sys
from pathlib import Path
from tests.navigen.grpo.toy import make_model, train
train(make_model(), ["trie", "thought"], dtype="bfloat16", work=Path(sys.argv[1]))
"""


def train_share(kind: str, work: Path | None) -> tuple[Any, Course]:
    model = adapted(4) if kind == "lora" else make_model()
    return model, train(model, ["trie", "thought"], work=work, held_samples=3, **SHARES[kind])


def run_elsewhere(folder: Path, script: str, *launcher: str) -> None:
    (folder / "script.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(folder / "script.py"), str(folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    run_elsewhere(tmp_path, SHARED, *launcher)
    for kind in SHARES:
        model, course = train_share(kind, None)
        finished, shared = train_share(kind, tmp_path / kind)  # which loads what the two have written
        for one, other in zip(told(course), told(shared), strict=True):
            assert one.keys() == other.keys()
            np.testing.assert_allclose([one[name] for name in one], [other[name] for name in one], atol=1e-4)
        for name, value in weights_of(model).items():
            # Where a gradient is nearly 0, its rounding alone decides how far Adam goes; elsewhere nothing differs.
            difference = (weights_of(finished)[name] - value).abs()
            assert difference.max() < 1e-4 and difference.mean() < 1e-7, name


@pytest.mark.slow
def test_bfloat16_trains(tmp_path: Path) -> None:
    """In a process of its own, because accelerate allows one precision a process; draws may differ in a few places."""
    run_elsewhere(tmp_path, HALF)
    history = json.loads((tmp_path / "training.json").read_text())["history"]
    course = train(make_model(), ["trie", "thought"])
    assert abs(history[1]["entropy"] - course.history[1]["entropy"]) < 0.1
    assert all(np.isfinite(row["gradient"]) and row["gradient"] > 0 for row in history[1:])
    assert abs(history[1]["kl"]) < 1e-3
