"""The suite of ablations: every variant differs from the whole method in what its name says, and can be planned."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from typer.testing import CliRunner

from bench.cli import app
from bench.plan import Job, plan
from tasks.suites import ABLATIONS, PLANTED, VARIANTS

CHANGED: dict[str, dict[str, Any]] = {
    "codes of content": {"encoder": "content"},
    "without stage 1": {"embed_epochs": 0.0},
    "single-shot supervision": {"teach.search": "single"},
    "0 rounds of search": {"teach.rounds": 0},
    "2 rounds of search": {"teach.rounds": 2},
    "4 rounds of search": {"teach.rounds": 4},
    "nothing concealed": {"teach.conceal": "off"},
    "terms concealed": {"teach.conceal": "terms"},
    "with thoughts": {
        **{"think": True, "length": 512, "batch": 4},  # thoughts, and room for them
        **{"thought_tokens": 160, "reinforce.thought_tokens": 160},
    },
    "without reinforcement": {"reinforce.steps": 0},
    "additive hierarchy": {"reward.hierarchy": "additive"},
    "without hierarchy": {"reward.hierarchy": "off"},
    "without consistency": {"reward.consistency": False},
    "without quality": {"reward.quality": False},
    "contrasted reward": {"reward.contrast": 1.0},
    "unconstrained": {"constrained": False},
}


@pytest.fixture(scope="module")
def jobs() -> list[Job]:
    found, skipped = plan(ABLATIONS)
    assert not skipped
    return found


def test_every_variant_changes_one_thing(jobs: list[Job]) -> None:
    named = {one.name: one for one in VARIANTS}
    assert {name for name, one in named.items() if one.system == "navigen"} == set(CHANGED)
    found = defaultdict(set)
    for job in jobs:
        found[job.system].add(tuple(sorted(job.changed.items())))
    assert found["navigen"] == {(), *(tuple(sorted(changed.items())) for changed in CHANGED.values())}
    assert found["navigen-text"] == found["navigen-code"] == found["raw-history"] == {()}


def test_every_variant_is_asked_everything_with_the_same_seeds(jobs: list[Job]) -> None:
    asked = defaultdict(set)
    for job in jobs:
        asked[job.system, tuple(job.changed.items())].add((job.task.id, job.seed))
        assert job.rendering.cases == 200 or job.task.id.endswith("next-item")
    for (system, _), runs in asked.items():
        seeds = (0,) if system == "raw-history" else (0, 1, 2)
        assert runs == {(card, seed) for card in PLANTED for seed in seeds}
    assert len(jobs) == 19 * 27 + 9 == len({(job.system, str(job.changed), job.task.id, job.seed) for job in jobs})


def test_a_dry_run_says_what_would_run_and_runs_nothing(tmp_path: Any) -> None:
    told = ["run", "--suite", "ablations", "--seed", "0", "--dry", "--out", str(tmp_path / "runs")]
    shown = CliRunner().invoke(app, told)
    assert shown.exit_code == 0, shown.output
    assert "navigen (teach.rounds=4): 9 runs, 9 tasks, seeds 0" in shown.output
    assert not (tmp_path / "runs").exists()
