"""Committed results: they load, and running again gives the very figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.api import Suite
from bench.plan import plan
from bench.pose import load
from bench.report.render import from_json
from bench.runner import run_job
from tests.conftest import REPOSITORY

CLASSIC = REPOSITORY / "results" / "classic.json"
TASKS = (
    "product/amazon-office-2018/next-item",
    "game/steam-reviews-au/next-item",
    "product/uci-online-retail/next-basket",
)
SYSTEMS = ("random", "popularity", "recent", "markov", "transitions", "item-knn")


def test_the_classic_baselines_were_asked_everything() -> None:
    pages = from_json(CLASSIC)
    assert len({page.question.task for page in pages}) == 8
    for page in pages:
        assert {row.system for row in page.rows} > {"random", "popularity", "ease"}


@pytest.mark.parametrize("path", sorted(CLASSIC.parent.glob("*.json")), ids=lambda path: path.stem)
def test_every_row_tells_how_it_was_made(path: Path) -> None:
    for page in from_json(path):
        for row in page.rows:
            assert row.keys
            assert row.seeds
            assert row.failed == 0
            assert "Python" in row.host
        pairs = len(page.rows) * (len(page.rows) - 1) // 2
        assert len(page.contrasts) == pairs


@pytest.mark.parametrize("task", TASKS)
def test_running_again_gives_the_committed_figures(task: str, real_logs: Path, tmp_path: Path) -> None:
    page = next(page for page in from_json(CLASSIC) if page.question.task == task and page.question.seen == "keep")
    jobs, _ = plan(Suite("", (task,), SYSTEMS), assignments=["policy.resamples=2000"])
    dataset = load(jobs[0], real_logs)
    assert dataset.fingerprint == page.question.fingerprint
    for job in jobs:
        figures = run_job(job, dataset, tmp_path)[0].manifest["figures"]
        row = next(row for row in page.rows if row.label == job.system)
        for name, figure in row.figures.items():
            assert figures[name]["value"] == pytest.approx(figure.value, abs=1e-9)
