"""The steps of a training: against a step written by hand, and however a step is shared out."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as some
from safetensors.torch import load_file
from transformers import get_cosine_schedule_with_warmup

from bench.errors import BenchError
from navigen.train.checkpoint import Course
from navigen.train.documents import Document
from navigen.train.loop import rate_at
from navigen.train.stage import plan_work, train_stage
from navigen.train.trainee import adapt
from tests.conftest import REPOSITORY
from tests.navigen.train.tiny import losses, make_documents, make_model, make_stage, train, weights_of


@given(some.integers(1, 60), some.floats(0, 0.9))
def test_schedule_is_that_of_transformers(steps: int, warmup: float) -> None:
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    schedule = get_cosine_schedule_with_warmup(optimiser, int(np.ceil(warmup * steps)), steps)
    for step in range(steps):
        assert rate_at(step, steps, warmup) == pytest.approx(schedule.get_last_lr()[0], abs=1e-12)
        optimiser.step()
        schedule.step()


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("clip", [0.0, 0.1])
def test_steps_are_those_written_by_hand(tied: bool, clip: float) -> None:
    """Both steps see all documents, so their order does not matter: sums of token losses over learnt tokens."""
    documents = make_documents(4, longest=8)
    model, own = make_model(tied), make_model(tied)
    stage = make_stage(epochs=2, batch=99, length=32, clip=clip, warmup=0.0, decay=0.1)
    course = train_stage(model, documents, [], stage)
    matrices = [weight for weight in own.parameters() if weight.ndim > 1]
    vectors = [weight for weight in own.parameters() if weight.ndim == 1]
    groups = [{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=1e-3)
    learnt = sum(int(document.learn[1:].sum()) for document in documents)
    for step in range(2):
        total = torch.zeros(())
        for document in documents:
            labels = torch.from_numpy(np.where(document.learn, document.ids, -100))
            logits = own(input_ids=torch.from_numpy(document.ids)[None]).logits[0]
            total = total + torch.nn.functional.cross_entropy(logits[:-1], labels[1:], reduction="sum")
        assert course.history[step]["loss"] == pytest.approx(total.item() / learnt, rel=1e-5)
        (total / learnt).backward()
        if clip:
            torch.nn.utils.clip_grad_norm_(own.parameters(), clip)
        for group in optimiser.param_groups:
            group["lr"] = 1e-3 * 0.5 * (1 + np.cos(np.pi * step / 2))
        optimiser.step()
        optimiser.zero_grad()
    assert course.steps == 2
    for name, value in weights_of(own).items():
        torch.testing.assert_close(weights_of(model)[name], value, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("values", [{"trainable": "all"}, {"trainable": "rows"}])
def test_micro_batches_do_not_change_the_training(values: dict[str, Any]) -> None:
    found = []
    for accumulate in (1, 2, 4):
        model = make_model()
        found.append((losses(train(model, accumulate=accumulate, **values)), weights_of(model)))
    for other, weights in found[1:]:
        np.testing.assert_allclose(other, found[0][0], atol=1e-5)
        for name, value in weights.items():
            torch.testing.assert_close(value, found[0][1][name], atol=1e-5, rtol=0)


def test_history_says_what_was_learnt() -> None:
    model = make_model()
    seen: list[tuple[str, int, int]] = []
    stage = make_stage(validate_every=3, mixture={"a": 1, "b": 3}, epochs=4, rate=0.01)
    course = train_stage(model, make_documents(), make_documents(8, 1), stage, progress=lambda *row: seen.append(row))
    assert course.steps == course.step == plan_work(make_documents(), stage).steps == len(seen)
    assert seen[-1] == ("tiny", course.steps, course.steps)
    assert [row["step"] for row in course.history[:2]] == [3, 6]
    row = course.history[0]
    assert {"step", "epoch", "rate", "loss", "loss/a", "loss/b", "valid", "valid/a", "valid/b", "seconds"} == {*row}
    assert row["valid"] == pytest.approx((row["valid/a"] + 3 * row["valid/b"]) / 4)
    assert course.history[-1]["loss"] < row["loss"]


def test_the_best_weights_are_kept_and_patience_ends() -> None:
    """At a rate that destroys, the first look is the best one."""
    model = make_model()
    course = train(model, rate=0.3, epochs=9, validate_every=2, patience=2, warmup=0.0)
    assert course.stopped and course.finished and course.step < course.steps
    assert course.best == min(row["valid"] for row in course.history)
    assert course.step == course.best_step + 4
    again = train_stage(model, make_documents(), make_documents(8, 1), make_stage(rate=1e-12, epochs=0.1))
    assert again.history[-1]["valid"] == pytest.approx(course.best, abs=1e-5)


def test_a_loss_that_is_no_number_is_said() -> None:
    model = make_model()
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    with pytest.raises(BenchError):
        train(model)


@pytest.mark.parametrize(
    ("values", "words"),
    [({"batch": 1, "accumulate": 2}, "cannot be shared"), ({"trainable": "lora"}, "adapt returns")],
)
def test_what_does_not_fit_is_said(values: dict[str, Any], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        train(make_model(), **values)
    with pytest.raises(BenchError, match="expected a Hugging Face"):
        train(torch.nn.Linear(2, 2))
    with pytest.raises(BenchError, match="load what is trained as float32"):
        train(make_model().to(torch.bfloat16))
    with pytest.raises(BenchError, match="validation of c"):
        stray = [Document(np.arange(4), np.ones(4, bool), "c")]
        train_stage(make_model(), make_documents(), stray, make_stage())


SHARES: dict[str, dict[str, Any]] = {
    "rows": {"trainable": "rows", "batch": 2},
    "all": {"accumulate": 2, "validate_every": 2},
    "lora": {"trainable": "lora", "dropout": 0.0, "checkpointing": True},
}
SHARED = """
import sys
from pathlib import Path
from tests.navigen.train.test_steps import train_share, SHARES
for kind in SHARES:
    train_share(kind, Path(sys.argv[1]) / kind)
from accelerate import PartialState
assert PartialState().num_processes == 2
"""
HALF = """
import sys
from pathlib import Path
from tests.navigen.train.test_steps import train_half
train_half(Path(sys.argv[1]))
"""


def train_share(kind: str, work: Path | None) -> tuple[Any, Course]:
    """Train the untied model for "all", else the tied one."""
    model = adapt(make_model(kind != "all"), make_stage(**SHARES[kind]), 0)
    return model, train(model, work, **SHARES[kind])


def train_half(work: Path) -> None:
    stage = make_stage(checkpointing=True)
    train_stage(make_model(), make_documents(), [], stage, work=work, dtype="bfloat16")


def run_elsewhere(folder: Path, script: str, *launcher: str) -> None:
    (folder / "script.py").write_text(script)
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, str(folder / "script.py"), str(folder)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """The last batch of an epoch is too small for every share, which must hold nobody up."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    run_elsewhere(tmp_path, SHARED, *launcher)
    for kind in SHARES:
        model, course = train_share(kind, None)
        finished, shared = train_share(kind, tmp_path / kind)  # which loads what the two have written
        assert shared.finished and json.loads((tmp_path / kind / "training.json").read_text())["step"] == course.step
        np.testing.assert_allclose(losses(shared), losses(course), atol=1e-5)
        for name, value in weights_of(model).items():
            torch.testing.assert_close(weights_of(finished)[name], value, atol=1e-5, rtol=0)


@pytest.mark.slow
def test_bfloat16_trains_about_the_same(tmp_path: Path) -> None:
    """In a process of its own, because accelerate allows one precision a process."""
    run_elsewhere(tmp_path, HALF)
    course = train_stage(make_model(), make_documents(), [], make_stage())
    history = json.loads((tmp_path / "training.json").read_text())["history"]
    difference = [abs(one["loss"] - other["loss"]) for one, other in zip(history, course.history, strict=True)]
    assert 0 < max(difference) < 0.02
    assert all(value.dtype == torch.float32 for value in load_file(tmp_path / "checkpoint.safetensors").values())
