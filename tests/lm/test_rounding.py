"""What an answer's last digits hang on: the number of threads, but neither the row it stands in nor where it lies."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

ROWS = """
import bench
import torch
torch.set_num_threads(2)
draws = torch.Generator().manual_seed(0)
for width in (16, 32, 48, 64, 128, 256):
    for wide in (16, 40, 64, 96, 300):
        weights = torch.randn(wide, width, generator=draws)
        for rows in (2, 3, 5, 7, 11, 24, 96, 160):
            row = torch.randn(1, width, generator=draws)
            product = torch.nn.functional.linear(row.repeat(rows, 1), weights)
            assert (product == product[0]).all(), (width, wide, rows)
"""


def run(script: str, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "MKL_CBWR"}
    environment |= {"PYTHONPATH": str(REPOSITORY)} | changed
    return subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)


def test_two_threads_compute_equal_rows_equally() -> None:
    ended = run(ROWS, OMP_NUM_THREADS="2")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(("before", "after"), [({}, "AUTO"), ({"MKL_CBWR": "COMPATIBLE"}, "COMPATIBLE")])
def test_who_set_the_order_of_products_knows_better(before: dict[str, str], after: str) -> None:
    assert run("import os, bench; print(os.environ['MKL_CBWR'])", **before).stdout.strip() == after
