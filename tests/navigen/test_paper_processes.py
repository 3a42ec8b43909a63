"""The whole training as two processes: one of them asks the teacher, and the policy is what one process makes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.cli import app
from navigen.taught import LESSONS
from tests.conftest import REPOSITORY, write_log
from tests.lm.replay import Replay, Reply, Script, said
from tests.navigen.paper import KEY, SIZES, STEPS, reply, served, write_base

LAUNCHER = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port", "0"]


def stubborn(title: str) -> Script:
    """Return a script that answers as the teacher does, but never says of use why somebody chose one thing."""

    def answer(body: dict[str, Any], before: int) -> Reply:
        asked = body["messages"][1]["content"].partition("What the person chose next:\n")[2].partition("\n")[0]
        return said("I would rather talk about the weather.") if f'"{title}"' in asked else reply(body, before)

    return answer


def history(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "policy" / "navigen.json").read_text())
    return found


def losses(told: dict[str, Any], place: int) -> np.ndarray[Any, Any]:
    rows = told["stages"][place]["history"]
    return np.array([row[name] for row in rows for name in sorted(row) if not name.startswith("seconds")])


def test_two_processes_make_what_one_does_and_ask_the_teacher_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVIGEN_KEY", KEY)
    monkeypatch.setenv("NAVIBENCH_CACHE", str(tmp_path / "cache"))
    card = write_log(tmp_path / "log", users=10, items=12)
    write_base(tmp_path / "base")
    server = Replay()
    values = {**SIZES, **STEPS, **served(server), "navigen.base": tmp_path / "base", "navigen.sentences": ""}
    chosen = (card.parent / "sequences.tsv").read_text().split("\n")[0].split()[-3]  # the last step that is learnt
    server.script = stubborn(f"thing number {int(chosen[1:])}")
    own = {name: value for name, value in values.items() if name.startswith("navigen")}
    told = [part for name, value in own.items() for part in ("--set", f"{name}={value}")]
    asked: list[int] = []
    made = []
    for name, launcher in (("one", []), ("two", LAUNCHER)):
        server.seen.clear()
        arguments = ["navigen", "--task", str(card), "--config", "paper", "--to", str(tmp_path / name), *told]
        if launcher:
            environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1"}
            command = [sys.executable, *launcher, "-m", "bench", "train", *arguments]
            done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
        else:
            app(["train", *arguments], standalone_mode=False)
        asked.append(sum(body["model"] == "scripted-teacher" for body in server.seen))
        made.append(history(tmp_path / name))
    one, two = made
    assert asked[0] == asked[1] == one["taught"]["spent"]["calls"] == two["taught"]["spent"]["calls"]
    assert one["taught"] == two["taught"] and one["taught"]["failed"]["reason"] >= 1
    assert (tmp_path / "two" / LESSONS).read_bytes() == (tmp_path / "one" / LESSONS).read_bytes()
    for place in range(3):
        # An adapter's dropout is drawn anew in every process; nothing else may differ.
        assert np.abs(losses(one, place) - losses(two, place)).max() < (1e-5 if place < 2 else 5e-3)
    assert one["made"] == two["made"] and one["prompts"] == two["prompts"]
