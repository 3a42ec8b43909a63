"""Parts of a suite by name: what is asked for is run as the suite would run it, and nothing else.

Invariants: 1. the runs of chosen tasks and systems are the whole suite's that are of them; 2. what no grid of the suite
has takes the place of its first grid; 3. no names, the whole suite; seeds are taken as they are named.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.config import plain
from bench.errors import BenchError
from bench.io import canonical
from bench.listing import Suite
from bench.plan import Job, plan
from tests.core.test_cli import navibench

NEXT, IMAGE = "product/world/next-item", "product/world/image"
CHECKED = Suite(
    "checked",
    (NEXT,),
    ("popularity", "markov"),
    (0, 1),
    parts=(
        Suite("words", (IMAGE,), ("history-terms", "popular-terms"), settings=("generator.cases=5",)),
        Suite("again", (NEXT, IMAGE), ("markov", "popular-terms"), limit=7),
    ),
)
TASKS, SYSTEMS = (NEXT, IMAGE), ("popularity", "markov", "history-terms", "popular-terms")


def told(jobs: Sequence[Job]) -> list[str]:
    """Return all that makes a job, as text."""
    return sorted(canonical([job.task.id, job.system, job.seed, job.limit, plain(job.rendering)]) for job in jobs)


@given(st.sets(st.sampled_from(TASKS)), st.sets(st.sampled_from(SYSTEMS)))
def test_the_runs_are_those_of_the_whole_suite(tasks: set[str], systems: set[str]) -> None:
    jobs, _ = plan(CHECKED)
    wanted = [job for job in jobs if job.task.id in (tasks or TASKS) and job.system in (systems or SYSTEMS)]
    chosen = CHECKED.only(tasks, systems, ())
    if wanted:
        assert told(plan(chosen)[0]) == told(wanted)
    else:
        with pytest.raises(BenchError, match=r"nothing to run|cannot answer"):
            plan(chosen)


def test_what_the_suite_does_not_have_takes_the_place_of_its_own() -> None:
    jobs, _ = plan(CHECKED.only((), ("ease",), ()))
    assert [(job.task.id, job.system, job.seed) for job in jobs] == [(NEXT, "ease", 0), (NEXT, "ease", 1)]
    jobs, _ = plan(CHECKED.only(("game/world/next-item",), (), (3,)))
    assert {(job.task.id, job.seed) for job in jobs} == {("game/world/next-item", 3)} and len(jobs) == 2


def test_seeds_are_taken_as_they_are_named() -> None:
    assert CHECKED.only((), (), ()) == CHECKED
    assert {grid.seeds for grid in CHECKED.only((), (), (4, 5)).grids} == {(4, 5)}


def test_a_part_of_the_ablations_on_the_command_line(tmp_path: object) -> None:
    asked = ["run", "--suite", "ablations", "--task", "game/world/next-item", "--seed", "1", "--dry"]
    done = navibench(*asked, "--out", str(tmp_path))
    lines = [line for line in done.stdout.splitlines() if line.endswith("1 runs, 1 tasks, seeds 1")]
    assert done.returncode == 0 and len(lines) == 20 and any("reward.hierarchy=off" in line for line in lines)
