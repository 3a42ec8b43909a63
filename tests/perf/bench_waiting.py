"""Time of small products on two threads, alone and beside a busy process on every core: torch's threads as they wait by
default, as `bench` has them wait, and one thread.

A computer that does something else as well is what this is about: a thread that waits for one that was put aside keeps
its own core from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ASK = """
import time
import torch
for rows, width, wide in ((16, 128, 512), (512, 128, 512), (2048, 256, 1024)):
    left, right = torch.randn(rows, width), torch.randn(width, wide)
    times = []
    begun = time.perf_counter()
    while time.perf_counter() - begun < 2:
        start = time.perf_counter()
        for _ in range(20):
            left @ right
        times.append((time.perf_counter() - start) / 20)
    print(f"{sum(times) / len(times) * 1e6:10.0f}", end="")
"""
WAYS = {
    "2 threads, torch's default": {"OMP_NUM_THREADS": "2"},
    "2 threads, as bench sets them": {"OMP_NUM_THREADS": "2", "GOMP_SPINCOUNT": "1000"},
    "1 thread": {"OMP_NUM_THREADS": "1"},
}
CLEARED = ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")


@contextmanager
def busy(processes: int) -> Iterator[None]:
    """Keep so many processes computing meanwhile."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def main() -> None:
    """Print mean microseconds a product, a column a shape."""
    clean = {name: value for name, value in os.environ.items() if name not in CLEARED}
    cores = len(os.sched_getaffinity(0))
    print(f"{'microseconds a product [rows x width x wide]':50}  16x128x512  512x128x512  2048x256x1024", flush=True)
    for others in (0, cores):
        beside = f"beside {others} busy processes" if others else "alone"
        for name, changed in WAYS.items():
            with busy(others):
                told = subprocess.run(
                    [sys.executable, "-c", ASK], env=clean | changed, capture_output=True, text=True, check=True
                )
            first, second, third = told.stdout.split()
            print(f"{f'{name}, {beside}':50}{first:>12}{second:>13}{third:>15}", flush=True)


if __name__ == "__main__":
    main()
