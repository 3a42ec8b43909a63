"""Processes launched together: who is first, who holds the lock, and which launches are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import processes
from bench.cli import app
from bench.cli.console import note, progress_bar
from bench.errors import BenchError
from bench.io import only_one


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*processes.RANKS, *processes.NUMBERS, "MASTER_PORT", "ACCELERATE_USE_CPU"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("names", list(zip(processes.RANKS, processes.NUMBERS, strict=True)), ids=lambda pair: pair[0])
def test_ranks_are_read_wherever_a_launcher_tells_them(names: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert processes.number() == 1 and processes.is_main()
    for rank in range(2):
        monkeypatch.setenv(names[0], str(rank))
        monkeypatch.setenv(names[1], "2")
        assert processes.number() == 2 and processes.is_main() == (rank == 0)
    monkeypatch.setenv(names[1], "1")
    assert processes.is_main(), "a rank alone, as of a job scheduler's array, means nothing"


def test_the_first_holds_the_lock_for_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    with processes.only_training(tmp_path):
        monkeypatch.setenv("RANK", "1")
        with processes.only_training(tmp_path):
            pass
    monkeypatch.setenv("RANK", "0")
    with (
        only_one(tmp_path),
        pytest.raises(BenchError, match="another training is at work"),
        processes.only_training(tmp_path),
    ):
        pass


def test_only_the_first_speaks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        note(f"said by {rank}")
        with progress_bar("x") as progress:
            progress("stage", 1, 2)
    assert capsys.readouterr().err == "said by 0\n"


def test_runs_are_made_by_one_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(BenchError, match=r"navibench train SYSTEM.*checkpoint="):
        app(["run", "--task", "x", "--system", "markov", "--out", str(tmp_path / "runs")], standalone_mode=False)
    assert not (tmp_path / "runs").exists()


def test_a_launch_that_started_one_process_of_many_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As accelerate launch --cpu --num_processes 2 leaves the environment."""
    monkeypatch.setenv("ACCELERATE_USE_CPU", "True")
    processes.refuse_lone_launch()
    monkeypatch.setenv("MASTER_PORT", "29500")
    with pytest.raises(BenchError, match="torchrun --nproc-per-node"):
        app(["train", "base", "--to", str(tmp_path / "base")], standalone_mode=False)
    monkeypatch.setenv("WORLD_SIZE", "2")
    processes.refuse_lone_launch()
