"""Committed results: they load, and running again gives the very figures."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from bench import catalogue
from bench.listing import Suite
from bench.plan import Job, plan
from bench.pose import load
from bench.report.board import Page, compared, contrasts
from bench.report.render import from_json
from bench.report.scored_file import read_scored
from bench.runner import run_job
from bench.store import Run
from docs.world import OPTIMUM, best
from tests.conftest import REPOSITORY

CLASSIC = REPOSITORY / "results" / "classic.json"
TASKS = (
    "product/amazon-office-2018/next-item",
    "game/steam-reviews-au/next-item",
    "product/uci-online-retail/next-basket",
)
WORLD = REPOSITORY / "results" / "world.json"
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
            assert row.failed == 0 or (speaks(row.system) and row.failed < page.cases / 10)
            assert "Python" in row.host
        pairs = len(page.rows) * (len(page.rows) - 1) // 2
        assert len(page.contrasts) == pairs


@pytest.mark.parametrize("path", sorted(CLASSIC.parent.glob("*.json")), ids=lambda path: path.stem)
def test_every_page_is_of_its_task_as_it_is_today(path: Path) -> None:
    """A task that changed its version has to be asked again: old figures would lead a board that nobody can join."""
    for page in from_json(path):
        task = catalogue.task(page.question.task)
        assert (page.question.version, page.question.primary) == (task.version, task.primary)


@pytest.mark.parametrize("path", sorted(CLASSIC.parent.glob("*.parquet")), ids=lambda path: path.stem)
def test_scores_beside_a_report_give_its_contrasts(path: Path) -> None:
    pages = from_json(path.with_suffix(".json"))
    for page, told in zip(pages, read_scored(path, pages), strict=True):
        line = page.contrasts[0]
        found = compared(told.rows[line.a], told.rows[line.b], told.cases.users, page.question)
        (made,) = contrasts([(line.a, line.b)], [found])
        assert replace(made, p_holm=line.p_holm) == line


def speaks(system: str) -> bool:
    """Return whether a system asks a language model, which may write what cannot be read."""
    return catalogue.entry("systems", system).needs == "lm"


@pytest.mark.parametrize("task", TASKS)
def test_running_again_gives_the_committed_figures(task: str, real_logs: Path, tmp_path: Path) -> None:
    page = next(page for page in from_json(CLASSIC) if page.question.task == task and page.question.seen == "keep")
    jobs, _ = plan(Suite("", (task,), SYSTEMS), assignments=["policy.resamples=2000"])
    dataset = load(jobs[0], real_logs)
    assert dataset.fingerprint == page.question.fingerprint
    for job in jobs:
        assert_same(page, job, run_job(job, dataset, tmp_path)[0])


@pytest.mark.parametrize("domain", ["product", "game", "short-video"])
def test_running_the_world_again_gives_the_committed_figures(domain: str, tmp_path: Path) -> None:
    page = next(page for page in from_json(WORLD) if page.question.task == f"{domain}/world/next-item")
    jobs, _ = plan(Suite("", (page.question.task,), (*SYSTEMS, "text-knn", OPTIMUM)), None, ["policy.resamples=2000"])
    dataset = load(jobs[0], None)
    assert dataset.fingerprint == page.question.fingerprint
    for job in jobs:
        assert_same(page, job, run_job(job, dataset, tmp_path)[0])


def test_the_worlds_ladder_stands() -> None:
    """Best possible > the leading classic system > item-kNN > popularity > random: every gap's interval is above 0."""
    for page in from_json(WORLD):
        rungs = [OPTIMUM, best(page), "item-knn", "popularity", "random"]
        for pair in pairwise(rungs):
            gap = next(line for line in page.contrasts if (line.a, line.b) == pair)
            assert gap.low is not None and gap.low > 0, f"{page.question.task}: {pair}"


def assert_same(page: Page, job: Job, run: Run) -> None:
    row = next(row for row in page.rows if row.label == job.system)
    for name, figure in row.figures.items():
        assert run.manifest["figures"][name]["value"] == pytest.approx(figure.value, abs=1e-9)
