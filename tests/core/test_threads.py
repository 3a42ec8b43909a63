"""How torch's threads wait: not for long, where their cores have other work, unless the user says so."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

TOLD = "import os, bench; print(os.environ.get('GOMP_SPINCOUNT', 'unset'))"


@pytest.mark.parametrize(
    ("before", "after"),
    [({}, "1000"), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "active"}, "unset")],
)
def test_who_set_how_threads_wait_knows_better(before: dict[str, str], after: str) -> None:
    clean = {name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    environment = clean | {"PYTHONPATH": str(REPOSITORY)} | before
    told = subprocess.run([sys.executable, "-c", TOLD], env=environment, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == after


def test_openmp_reads_it_when_torch_is_imported() -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")
    }
    environment |= {"PYTHONPATH": str(REPOSITORY), "OMP_DISPLAY_ENV": "verbose"}
    told = subprocess.run(
        [sys.executable, "-c", "import bench, torch"], env=environment, capture_output=True, text=True, check=True
    )
    shown = [line for line in told.stderr.splitlines() if "GOMP_SPINCOUNT" in line]
    if not shown:
        pytest.skip("this torch comes with another OpenMP than GNU's")
    assert all("'1000'" in line for line in shown)
