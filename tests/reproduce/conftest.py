"""A tiny log, runs of it, their stored report, and ways to alter one figure or word of the report."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.io import write_text
from bench.listing import Suite
from bench.plan import plan
from bench.pose import load
from bench.report.board import gather
from bench.report.render import to_json
from bench.runner import run_job
from bench.store import find_runs
from tests.conftest import write_log

TRACED = "tests.systems:Counting"


@dataclass(frozen=True)
class Stored:
    """A card, the runs of it, their report; `trace` grows by a line whenever the traced system learns."""

    card: Path
    runs: Path
    report: Path
    trace: Path

    def fits(self) -> int:
        return len(self.trace.read_text().splitlines())

    def altered(self, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
        """Write the report with `change` made to it."""
        content = json.loads(self.report.read_text())
        change(content)
        to.write_text(json.dumps(content))
        return to


@pytest.fixture(scope="session")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    folder = tmp_path_factory.mktemp("stored")
    card, trace = write_log(folder / "tiny"), folder / "trace"
    make(card, folder / "runs", ("markov", "popularity"), (0,))
    make(card, folder / "runs", ("random",), (0, 1, 2))
    make(card, folder / "runs", ("transitions",), (0,), ("transitions.window=1", "transitions.weights=1,0.5"))
    make(card, folder / "runs", ("markov",), (0,), ("policy.seen=mask",), limit=40)
    make(card, folder / "runs", (TRACED,), (0,), (f"{TRACED}.trace={trace}",))
    write_text(folder / "report.json", to_json(gather(find_runs([folder / "runs"]))))
    return Stored(card, folder / "runs", folder / "report.json", trace)


def make(
    card: Path,
    runs: Path,
    systems: tuple[str, ...],
    seeds: tuple[int, ...],
    told: tuple[str, ...] = (),
    limit: int | None = None,
) -> None:
    jobs, _ = plan(Suite("", (str(card),), systems, seeds), limit, ["policy.resamples=2000", *told])
    dataset = load(jobs[0], None)
    for job in jobs:
        run_job(job, dataset, runs)
