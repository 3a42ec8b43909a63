"""SASRec's training: the same seed the same weights, killed and resumed or not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bench.api import Context, Example, Item, Query, Train
from bench.errors import BenchError

pytest.importorskip("torch")
import torch
from safetensors.torch import load_file

from baselines.sasrec.systems import SasRec, SasRecBCE, SasRecSampledSoftmax, SasRecSoftmax

SYSTEMS = (SasRecBCE, SasRecSampledSoftmax, SasRecSoftmax)
ROOT = Path(__file__).resolve().parents[2]


class KilledError(Exception):
    """Stands in for the end of the process."""


def make_train(users: int = 60, extra: str = "") -> Train:
    rng = np.random.default_rng(0)
    names = [f"i{number:02d}" for number in range(30)]
    walks = {f"u{user}{extra}": tuple(rng.choice(names, rng.integers(2, 9)).tolist()) for user in range(users)}
    validation = tuple(Example(Query(user, user, walk), (names[3],)) for user, walk in walks.items())
    return Train({name: Item(name) for name in names}, walks, validation)


def make_system(kind: type[SasRec], work: Path | None = None, seed: int = 0, **values: object) -> SasRec:
    chosen = {"width": 16, "batch": 16, "epochs": 4, "patience": 0, "length": 8, "validate_every": 1} | values
    return kind(**chosen, context=Context(seed=seed, work=work))  # type: ignore[arg-type]


def weights(system: SasRec) -> dict[str, torch.Tensor]:
    assert system.network is not None
    return system.network.state_dict()


def same(one: SasRec, other: SasRec) -> bool:
    return all(torch.equal(value, weights(other)[name]) for name, value in weights(one).items())


def interrupt(system: SasRec, epoch: int, train: Train) -> None:
    """Fit, and end as abruptly as an exception can after `epoch` epochs."""

    def stop(stage: str, done: int, total: int) -> None:
        if stage == "train" and done == epoch:
            raise KilledError

    context = system.context
    system.context = Context(seed=context.seed, work=context.work, progress=stop)
    with pytest.raises(KilledError):
        system.fit(train)


@pytest.mark.parametrize("kind", SYSTEMS)
def test_resumed_training_is_bit_identical(kind: type[SasRec], tmp_path: Path) -> None:
    train = make_train()
    straight = make_system(kind)
    straight.fit(train)
    interrupt(make_system(kind, tmp_path), 2, train)
    resumed = make_system(kind, tmp_path)
    seen: list[tuple[str, int, int]] = []
    resumed.context = Context(work=tmp_path, progress=lambda *report: seen.append(report))
    resumed.fit(train)
    assert seen == [("train", 3, 4), ("train", 4, 4)]
    assert same(straight, resumed)


def test_resumed_between_checkpoints_is_bit_identical(tmp_path: Path) -> None:
    """Epochs after the last checkpoint are trained again, to the same weights."""
    train = make_train()
    straight = make_system(SasRecBCE)
    straight.fit(train)
    interrupt(make_system(SasRecBCE, tmp_path, save_every=2), 3, train)
    resumed = make_system(SasRecBCE, tmp_path, save_every=2)
    resumed.fit(train)
    assert same(straight, resumed)


CHILD = """
import os, signal, sys
from pathlib import Path
from bench.api import Context
sys.path.insert(0, sys.argv[2])
from test_sasrec_training import make_system, make_train
from baselines.sasrec.systems import SasRecSampledSoftmax
def die(stage, done, total):
    if done == 2:
        os.kill(os.getpid(), signal.SIGKILL)
system = make_system(SasRecSampledSoftmax, Path(sys.argv[1]))
system.context = Context(work=Path(sys.argv[1]), progress=die)
system.fit(make_train())
"""


def test_killed_process_resumes_bit_identical(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", CHILD, str(tmp_path), str(Path(__file__).parent)]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert len(json.loads((tmp_path / "training.json").read_text())["history"]) == 2
    straight, resumed = make_system(SasRecSampledSoftmax), make_system(SasRecSampledSoftmax, tmp_path)
    straight.fit(make_train())
    resumed.fit(make_train())
    assert same(straight, resumed)


SHARE = """
import sys
from pathlib import Path
from bench.api import Context
sys.path.insert(0, sys.argv[2])
from test_sasrec_training import PLAIN, make_system, make_train
from baselines.sasrec.systems import SasRecSoftmax
make_system(SasRecSoftmax, Path(sys.argv[1]), **PLAIN).fit(make_train())
"""
PLAIN: dict[str, object] = {"epochs": 2, "dropout": 0.0, "input_dropout": 0.0}


@pytest.mark.slow
def test_two_processes_train_what_one_does(tmp_path: Path) -> None:
    """Shares of a batch add up to the batch; only rounding may differ, dropout aside."""
    (tmp_path / "share.py").write_text(SHARE)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    command += [str(tmp_path / "share.py"), str(tmp_path), str(Path(__file__).parent)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    alone = make_system(SasRecSoftmax, None, 0, **PLAIN)
    alone.fit(make_train())
    shared = load_file(tmp_path / "checkpoint.safetensors")
    for name, value in weights(alone).items():
        torch.testing.assert_close(shared[f"best|{name}"], value, atol=2e-4, rtol=0)


def test_finished_training_is_loaded_not_repeated(tmp_path: Path) -> None:
    first = make_system(SasRecBCE, tmp_path)
    first.fit(make_train())
    before = (tmp_path / "checkpoint.safetensors").stat().st_mtime_ns
    second = make_system(SasRecBCE, tmp_path)
    second.context = Context(work=tmp_path, progress=lambda *report: pytest.fail(f"trained again: {report}"))
    second.fit(make_train())
    assert same(first, second)
    assert (tmp_path / "checkpoint.safetensors").stat().st_mtime_ns == before


@pytest.mark.parametrize("kind", SYSTEMS)
def test_same_seed_same_weights_other_seed_others(kind: type[SasRec]) -> None:
    systems = [make_system(kind, seed=seed, epochs=2) for seed in (0, 0, 1)]
    for system in systems:
        torch.rand(7)  # torch's own generator is none of the training's business
        system.fit(make_train())
    assert same(systems[0], systems[1])
    assert not same(systems[0], systems[2])


def test_training_leaves_torchs_generator_alone() -> None:
    torch.manual_seed(5)
    wanted = torch.rand(3)
    torch.manual_seed(5)
    make_system(SasRecBCE, epochs=1).fit(make_train())
    assert torch.equal(torch.rand(3), wanted)


@pytest.mark.parametrize(
    ("kind", "values", "seed", "train"),
    [
        (SasRecBCE, {"lr": 2e-3}, 0, make_train()),
        (SasRecBCE, {}, 1, make_train()),
        (SasRecBCE, {}, 0, make_train(extra="x")),
        (SasRecSampledSoftmax, {"temperature": 0.0, "negatives": 1}, 0, make_train()),
    ],
    ids=["setting", "seed", "data", "loss"],
)
def test_foreign_checkpoint_is_refused(
    kind: type[SasRec], values: dict[str, object], seed: int, train: Train, tmp_path: Path
) -> None:
    make_system(SasRecBCE, tmp_path, epochs=1).fit(make_train())
    other = make_system(kind, tmp_path, seed, **({"epochs": 1} | values))
    with pytest.raises(BenchError, match="another configuration, seed or data"):
        other.fit(train)


def test_broken_checkpoint_is_refused(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"no tensors here")
    with pytest.raises(BenchError, match="not a readable checkpoint"):
        make_system(SasRecBCE, tmp_path).fit(make_train())


def test_patience_ends_training_and_the_best_weights_are_kept(tmp_path: Path) -> None:
    """Validation targets that training only unlearns: the first epochs are the best."""
    train = make_train()
    system = make_system(SasRecSoftmax, tmp_path, epochs=60, patience=2, lr=1e-2)
    system.fit(train)
    course = json.loads((tmp_path / "training.json").read_text())
    scores = [row["ndcg@10"] for row in course["history"]]
    assert course["stopped"] and len(scores) < 60
    assert len(scores) == course["best_epoch"] + 2
    assert course["best"] == max(scores) == scores[course["best_epoch"] - 1]
    shorter = make_system(SasRecSoftmax, epochs=course["best_epoch"], lr=1e-2)
    shorter.fit(train)
    assert same(system, shorter)


def test_the_mean_of_the_weights_is_used_and_does_not_feed_back(tmp_path: Path) -> None:
    systems = {keep: make_system(SasRecBCE, tmp_path / str(keep), average=keep) for keep in (0.0, 0.9)}
    courses = []
    for keep, system in systems.items():
        system.fit(make_train())
        courses.append(json.loads((tmp_path / str(keep) / "training.json").read_text())["history"])
    assert [row["loss"] for row in courses[0]] == [row["loss"] for row in courses[1]]
    assert not same(systems[0.0], systems[0.9])
    checkpoint = load_file(tmp_path / "0.0" / "checkpoint.safetensors")
    for name in weights(systems[0.0]):
        torch.testing.assert_close(checkpoint[f"mean|{name}"], checkpoint[f"model|{name}"])


def test_training_without_validation_runs_to_the_end(tmp_path: Path) -> None:
    train = make_train()
    make_system(SasRecBCE, tmp_path, patience=1, epochs=3).fit(Train(train.items, train.sequences))
    course = json.loads((tmp_path / "training.json").read_text())
    assert len(course["history"]) == 3 and course["best"] is None
    losses = [row["loss"] for row in course["history"]]
    assert losses[-1] < losses[0]
