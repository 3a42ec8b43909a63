"""Processes that are killed in the middle, and processes that share a ledger: the replies are those of one calm run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from navigen.teacher.ledger import FAILURES, REPLIES
from tests.conftest import REPOSITORY
from tests.lm.replay import Replay, Reply
from tests.lm.replay import said as spoken
from tests.navigen.teacher.worker import WORKERS

NUMBER = 40


@pytest.fixture
def replay() -> Iterator[Replay]:
    made = Replay()
    made.script = answer
    yield made
    made.server.shutdown()
    made.server.server_close()


def answer(body: dict[str, Any], before: int) -> Reply:
    """Answer by prompt and seed alone; half the attempts at every fourth ask are of no use, and all at item 7."""
    time.sleep(0.03)
    name, seed = body["messages"][0]["content"], body["seed"]
    number = int(name.split()[1])
    if number == 7 or (number % 4 == 0 and seed % 2):
        return spoken("I'm sorry, but I can't help with that.")
    return spoken(json.dumps({"said": [name, seed]}))


def start(replay: Replay, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.navigen.teacher.worker", replay.url, str(folder), str(NUMBER)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=environment)


def finish(process: subprocess.Popen[str]) -> list[Any]:
    shown, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    found: list[Any] = json.loads(shown)
    return found


def lines(folder: Path) -> list[str]:
    files = [folder / name for name in (REPLIES, FAILURES)]
    return [line for file in files if file.exists() for line in file.read_text().splitlines()]


def asked(replay: Replay) -> Counter[tuple[str, int]]:
    """How often each question was asked; without those about item 7, which every run asks anew."""
    questions = [(body["messages"][0]["content"], body["seed"]) for body in replay.seen]
    return Counter(question for question in questions if question[0] != "item 7")


def test_a_killed_run_goes_on_as_if_nothing_had_been(replay: Replay, tmp_path: Path) -> None:
    calm = finish(start(replay, tmp_path / "calm"))
    once = asked(replay)
    failed = [place for place, result in enumerate(calm) if isinstance(result, str)]
    assert failed == [7] and set(once.values()) == {1} and len(once) > NUMBER
    replay.seen.clear()
    folder = tmp_path / "killed"
    for wanted in (8, 30):
        process = start(replay, folder)
        while len(lines(folder)) < wanted:
            assert process.poll() is None
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    assert finish(start(replay, folder)) == calm
    again = asked(replay)
    assert set(again) == set(once), "no question that the calm run did not ask"
    assert again.total() <= once.total() + 2 * WORKERS, "only what was in flight is asked twice"
    calm_lines = set(lines(tmp_path / "calm"))
    assert {line for line in lines(folder) if '"item 7"' not in line} <= calm_lines <= set(lines(folder))


def test_two_processes_on_one_ledger_ask_nothing_twice(replay: Replay, tmp_path: Path) -> None:
    one, other = (start(replay, tmp_path) for _ in range(2))
    assert finish(one) == finish(other)
    assert set(asked(replay).values()) == {1}
