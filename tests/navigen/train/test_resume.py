"""Stopped at any moment and run again, a training ends at the same weights, bit by bit."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from bench.errors import BenchError
from bench.rng import stream
from navigen.train.checkpoint import Course
from navigen.train.stage import train_stage
from navigen.train.trainee import adapt
from tests.conftest import REPOSITORY
from tests.navigen.train.tiny import NEW, losses, make_documents, make_model, make_stage, same

KINDS: dict[str, dict[str, Any]] = {
    "all": {"save_every": 1, "validate_every": 3},
    "rows": {"trainable": "rows", "save_every": 2, "head": "full"},
    "lora": {"trainable": "lora", "dropout": 0.3, "rank": 4, "save_every": 3, "accumulate": 2},
}


class KilledError(Exception):
    """Stands in for the end of the process."""


def run(kind: str, work: Path | None, stop: int = 0, **other: Any) -> tuple[Any, Course | None]:
    """Train and return model and course; after `stop` steps end as abruptly as an exception can."""
    stage = make_stage(**(KINDS[kind] | other))
    model = adapt(make_model(attention_dropout=0.1), stage, 0)

    def progress(name: str, done: int, total: int) -> None:
        if done == stop:
            raise KilledError

    rows = NEW if stage.trainable == "rows" else ()
    try:
        course = train_stage(
            model, make_documents(), make_documents(8, 1), stage, new_rows=rows, work=work, progress=progress
        )
    except KilledError:
        return model, None
    return model, course


@pytest.mark.parametrize("kind", KINDS)
def test_resumed_training_is_bit_identical(kind: str, tmp_path: Path) -> None:
    straight, expected = run(kind, None)
    stopped = 0
    for stop in (2, 5, 7):
        stopped += run(kind, tmp_path, stop)[1] is None
    resumed, course = run(kind, tmp_path)
    assert stopped == 3 and course is not None and expected is not None
    assert same(straight, resumed)
    assert (losses(course) == losses(expected)).all()
    again, loaded = run(kind, tmp_path, stop=1)  # a finished stage takes no step, so nothing stops it
    assert loaded is not None and loaded == course and same(again, straight)


def test_dropout_is_drawn_anew_at_every_step() -> None:
    seeds: list[int] = []

    def progress(name: str, done: int, total: int) -> None:
        seeds.append(torch.initial_seed())

    before = torch.initial_seed()
    train_stage(make_model(), make_documents(), [], make_stage(accumulate=2), progress=progress)
    assert len({*seeds}) == len(seeds) > 3
    assert torch.initial_seed() == before


def test_where_it_is_saved_changes_nothing(tmp_path: Path) -> None:
    """Checkpoints between two looks carry the losses so far."""
    straight, expected = run("all", None, validate_every=4)
    run("all", tmp_path, 7, validate_every=4)
    resumed, course = run("all", tmp_path, validate_every=4)
    assert course is not None and expected is not None
    assert same(straight, resumed) and (losses(course) == losses(expected)).all()


CHILD = """
import sys, time
from pathlib import Path
from tests.navigen.train import test_resume
print("ready", flush=True)
test_resume.run("lora", Path(sys.argv[1]), save_every=1)
"""


@pytest.mark.slow
def test_killed_processes_resume_bit_identical(tmp_path: Path) -> None:
    """Killed at random moments, in whatever it was doing; NAVIBENCH_KILLS sets how often."""
    threads = str(torch.get_num_threads())  # another number of them may round otherwise
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": threads}
    rng = stream(0, "kills")
    for _ in range(int(os.environ.get("NAVIBENCH_KILLS", "2"))):
        command = [sys.executable, "-c", CHILD, str(tmp_path)]
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"ready\n"
            try:
                child.wait(timeout=float(rng.uniform(0.05, 0.6)))
            except subprocess.TimeoutExpired:
                os.kill(child.pid, signal.SIGKILL)
    straight, _ = run("lora", None, save_every=1)
    resumed, _ = run("lora", tmp_path, save_every=1)
    assert same(straight, resumed)


def test_a_broken_or_foreign_checkpoint_is_said(tmp_path: Path) -> None:
    run("all", tmp_path, 4)
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(BenchError, match="another stage, seed, model or documents"):
        run("all", tmp_path, rate=0.5)
    whole = path.read_bytes()
    for part in (whole[: len(whole) // 2], b"", b"\xff" * 100):
        path.write_bytes(part)
        with pytest.raises(BenchError, match="not a readable checkpoint"):
            run("all", tmp_path)
    path.unlink()
    model, course = run("all", tmp_path)
    assert course is not None and course.finished and same(model, run("all", None)[0])


def test_a_checkpoint_is_of_one_model_seed_and_corpus(tmp_path: Path) -> None:
    documents = make_documents()
    train_stage(make_model(), documents, [], make_stage(), work=tmp_path)
    for model, corpus, seed in (
        (make_model(seed=1), documents, 0),
        (make_model(), documents[1:], 0),
        (make_model(), documents, 1),
    ):
        with pytest.raises(BenchError, match="another stage"):
            train_stage(model, corpus, [], make_stage(), work=tmp_path, seed=seed)
