"""Which of the processes of one launch (torchrun, accelerate, MPI) this is, and what only the first of them does."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from bench.api import Progress, ignore_progress
from bench.errors import BenchError
from bench.io import only_one

# Where launchers tell, in the order in which accelerate looks.
RANKS = ("RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK")
NUMBERS = ("WORLD_SIZE", "PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")


def number() -> int:
    """Return how many processes were launched together; 1 without a launcher."""
    return max(1, _read(NUMBERS, 1))


def rank() -> int:
    """Return which of them this is, from 0."""
    return _read(RANKS, 0) if number() > 1 else 0


def is_main() -> bool:
    """Return whether this is the process that writes files and talks to the user."""
    return rank() == 0


def refuse_lone_launch() -> None:
    """Raise BenchError where `accelerate launch --cpu --num_processes N` was asked for N processes and started one."""
    if number() == 1 and os.environ.get("ACCELERATE_USE_CPU") == "True" and "MASTER_PORT" in os.environ:
        raise BenchError(
            "accelerate launch --cpu started one process, whatever --num_processes says (it needs MPI for more); "
            "use accelerate launch --multi_gpu, on CPUs too, or torchrun --nproc-per-node N -m bench train"
        )


@contextmanager
def only_training(work: Path | None, progress: Progress = ignore_progress) -> Iterator[None]:
    """Hold the lock of a work folder, if there is one: the first process holds it for all that were launched together.

    A process by itself waits for another training in that folder. Launched together they do not, and BenchError says
    so: the others would meanwhile give up on the first.
    """
    if work is None or not is_main():
        yield
        return

    def wait() -> None:
        if number() > 1:
            raise BenchError(
                f"{work}: another training is at work in this folder; let it end, or choose another folder"
            )
        progress("wait for another process", 0, 1)

    with only_one(work, wait):
        yield


def _read(names: Sequence[str], default: int) -> int:
    for name in names:
        text = os.environ.get(name, "")
        if text.isdecimal():
            return int(text)
    return default
