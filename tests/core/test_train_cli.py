"""`navibench train`: what it leaves is loaded, goes on after a kill, and is the same from one process and from two."""

from __future__ import annotations

import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cli import app
from bench.config import to_toml
from bench.errors import BenchError
from bench.io import file_sha256
from bench.manifest import folder_digest
from tests.conftest import REPOSITORY, write_log

TINY: dict[str, Any] = {"base": "catalogue", "width": 32, "layers": 1, "vocabulary": 640, "history": 6, "batch": 4}
SHORT = {**TINY, "embed_epochs": 1.0, "full_epochs": 3.0}
BASE = {"number": 60, "width": 32, "layers": 1, "vocabulary": 640, "epochs": 3.0, "text": "tests.systems:sayings"}


def told(section: str, values: dict[str, Any]) -> list[str]:
    return [part for name, value in values.items() for part in ("--set", f"{section}.{name}={value}")]


def train(*arguments: object) -> None:
    app(["train", *map(str, arguments)], standalone_mode=False)


def start(launcher: list[str], *arguments: object) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, *launcher, "-m", "bench", "train", *map(str, arguments)]
    return subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, text=True)


def stages(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "policy" / "navigen.json").read_text())["stages"]
    return found


def losses(folder: Path) -> np.ndarray[Any, Any]:
    rows = [row for stage in stages(folder) for row in stage["history"]]
    return np.array([row[name] for row in rows for name in sorted(row) if name != "seconds"])


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A card, and the folder of an sft-only that one process trained on it."""
    folder = tmp_path_factory.mktemp("train")
    card = write_log(folder / "tiny")
    train("sft-only", "--task", card, "--to", folder / "one", *told("sft-only", SHORT))
    return card, folder / "one"


def test_what_was_trained_is_asked(
    trained: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    card, folder = trained
    answered = []
    for values in ({"checkpoint": folder / "policy"}, SHORT):
        system = ["--system", "sft-only", *told("sft-only", values)]
        assert app(["run", "--task", str(card), *system, "--out", str(tmp_path)], standalone_mode=False) == 0
        answered.append(re.search(r"sft-only .*?\) +(\.\d+ \[.*?\])", capsys.readouterr().out))
    assert answered[0] and answered[1] and answered[0][1] == answered[1][1], "training in a run gives the same policy"


def test_a_trained_model_has_a_card(trained: tuple[Path, Path]) -> None:
    card, folder = trained
    text = (folder / "policy" / "README.md").read_text()
    assert file_sha256(folder / "policy" / "model.safetensors") in text
    command = next(line for line in text.splitlines() if line.startswith("navibench train sft-only"))
    assert f"--task {card} --seed 0 --set sft-only." in command and command.endswith("--to FOLDER")
    before = folder_digest(folder / "policy")
    (folder / "policy" / "README.md").write_text(text)
    assert folder_digest(folder / "policy") == before


def test_two_processes_train_what_one_does(trained: tuple[Path, Path], tmp_path: Path) -> None:
    card, folder = trained
    launcher = ["-m", "torch.distributed.run", "--nproc-per-node", "2"]
    with start(launcher, "sft-only", "--task", card, "--to", tmp_path, *told("sft-only", SHORT)) as process:
        said = process.communicate(timeout=120)[1]
    assert process.returncode == 0, said
    assert np.abs(losses(tmp_path) - losses(folder)).max() < 1e-5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["embed", "full", "lock", "policy"]
    lines = [line for line in said.splitlines() if line]
    assert [line.partition(":")[0] for line in lines] == [
        *("ahead · embed", "ahead · full", "codes", "embed", "full", "load it with")
    ], "one of them speaks"
    assert re.fullmatch(r"full: about [\d,]+ tokens in [\d,]+ steps", lines[4])
    out = ["--out", str(tmp_path / "runs"), "--set", f"sft-only.checkpoint={tmp_path / 'policy'}"]
    assert app(["run", "--task", str(card), "--system", "sft-only", *out], standalone_mode=False) == 0


@pytest.mark.parametrize("system", ["sft-only", "base"])
def test_a_killed_training_ends_at_the_same_bytes(system: str, trained: tuple[Path, Path], tmp_path: Path) -> None:
    if system == "base":
        arguments, begun, made = told("base", BASE), "checkpoint.safetensors", Path("base")
        train("base", "--to", tmp_path / "whole", *arguments)
        whole = tmp_path / "whole"
    else:
        arguments = ["--task", trained[0], *told("sft-only", SHORT)]
        begun, made, whole = "embed/checkpoint.safetensors", Path("policy"), trained[1]
    with start([], system, "--to", tmp_path / "cut", *arguments) as process:
        while process.poll() is None and not (tmp_path / "cut" / begun).exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "cut" / made).exists(), "it was to be killed in the middle"
    train(system, "--to", tmp_path / "cut", *arguments)
    for name in ("model.safetensors", "tokenizer.json"):
        assert (tmp_path / "cut" / made / name).read_bytes() == (whole / made / name).read_bytes()


def test_a_base_of_own_text_is_trained_from(
    trained: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.INFO, "navibench"):
        train("base", "--to", tmp_path, *told("base", {**BASE, "number": 20, "epochs": 0.1}))
    assert re.match(r"general: about [\d,]+ tokens in 1 steps", caplog.messages[-1])
    assert f"--set SYSTEM.base={tmp_path / 'base'}" in capsys.readouterr().err.replace("\n", "")
    values = {**SHORT, "base": tmp_path / "base", "full_epochs": 0.2}
    train("sft-only", "--task", trained[0], "--to", tmp_path / "tuned", *told("sft-only", values))
    assert [len(stage["history"]) for stage in stages(tmp_path / "tuned")] == [1, 1]


def test_configurations_and_the_last_stage(trained: tuple[Path, Path], tmp_path: Path) -> None:
    card = trained[0]
    (tmp_path / "mine.toml").write_text(to_toml({**SHORT, "history": 3}))
    train("sft-only", "--task", card, "--to", tmp_path / "a", "--config", tmp_path / "mine.toml", "--stage", "embed")
    made = json.loads((tmp_path / "a" / "policy" / "navigen.json").read_text())
    assert len(made["stages"]) == 1 and made["recipe"]["stage"] == "embed" and made["recipe"]["history"] == 3
    small = told("sft-only", {"width": 32, "layers": 1, "vocabulary": 640})
    train("sft-only", "--task", card, "--to", tmp_path / "b", "--config", "catalogue", "--stage", "embed", *small)
    made = json.loads((tmp_path / "b" / "policy" / "navigen.json").read_text())["recipe"]
    assert (made["base"], made["full_epochs"], made["width"]) == ("catalogue", 4.0, 32)


def test_a_system_that_trains_nothing_says_so(
    trained: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = {"base": "catalogue", "vocabulary": 640, "width": 32}
    train("raw-history", "--task", trained[0], "--to", tmp_path / "none", *told("raw-history", values))
    assert "trains nothing" in capsys.readouterr().err
    train("sasrec-softmax", "--task", trained[0], "--to", tmp_path / "sas", *told("sasrec-softmax", {"epochs": 1}))
    assert "checkpoints of sasrec-softmax are in" in capsys.readouterr().err
    assert (tmp_path / "sas" / "checkpoint.safetensors").exists()


MISTAKES: dict[str, tuple[list[str], str]] = {
    "unknown system": (["sft-onyl", "--task", "{card}"], "did you mean sft-only"),
    "unknown section": (["sft-only", "--task", "{card}", "--set", "sft.beams=3"], "unknown section of --set 'sft'"),
    "unknown section of a base": (["base", "--set", "bse.width=32"], "did you mean base"),
    "unknown setting of a base": (["base", "--set", "base.widht=32"], "did you mean base.width"),
    "a base has no task": (["base", "--task", "{card}"], "leave out --task"),
    "a base has one stage": (["base", "--stage", "full"], "base.stage"),
    "no task": (["sft-only"], "--task"),
    "unknown configuration": (["sft-only", "--task", "{card}", "--config", "papr"], "did you mean paper"),
    "no such file": (["sft-only", "--task", "{card}", "--config", "{to}.toml"], "no such file"),
    "unknown setting in a file": (["sft-only", "--task", "{card}", "--config", "{bad}"], "did you mean full_epochs"),
    "unknown stage": (["sft-only", "--task", "{card}", "--stage", "ful"], "did you mean full"),
    "learns without checkpoints": (["markov", "--task", "{card}"], "markov keeps no checkpoints"),
    "nothing shipped": (
        ["sft-only", "--task", "{card}", "--set", "sft-only.checkpoint=shipped"],
        "no checkpoint of sft-only or navigen for these items is shipped; there are",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_names_the_way_out(name: str, card: Path, tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('full_epoch = 3.0\nbase = "catalogue"\n')
    arguments, expected = MISTAKES[name]
    places = {"{card}": str(card), "{to}": str(tmp_path / "to"), "{bad}": str(tmp_path / "bad.toml")}
    for key, place in places.items():
        arguments = [argument.replace(key, place) for argument in arguments]
    with pytest.raises(BenchError, match=re.escape(expected)):
        train(*arguments, "--to", tmp_path / "to")
    assert not list(tmp_path.rglob("*.safetensors"))
