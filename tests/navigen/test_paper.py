"""The paper's setting from end to end with stand-ins: only paths, sizes and steps are other than on GPUs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from accelerate.state import AcceleratorState

from bench import catalogue
from bench.api import Context
from bench.cli.run import execute
from bench.config import flat, plain
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import Job, make_system, plan
from bench.pose import load
from bench.store import Run
from tests.lm.replay import Replay
from tests.navigen.paper import KEY, LIMIT, PATHS, SIZES, STEPS, WORLD, served, small_jobs, write_stand_ins

SUITE: Suite = catalogue.suite("paper")
IMAGES, VIDEOS, BESIDE = SUITE.parts
UNKNOWN = {name: "http://localhost:9/v1" if name.endswith("url") else "x" for name, _ in SUITE.asks}


@pytest.fixture(scope="module")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("paper")
    return folder, write_stand_ins(folder)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Replay]:
    AcceleratorState._reset_state(True)  # a process computes in one format; this module's is bfloat16
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NAVIGEN_KEY", KEY)
        patch.setenv("NAVIBENCH_CACHE", str(tmp_path_factory.mktemp("cache")))  # which holds a judge's replies
        yield Replay()
    AcceleratorState._reset_state(True)


def only(grid: Suite, task: str) -> Suite:
    return replace(grid, tasks=(task,), parts=())


def decided(job: Job) -> dict[str, Any]:
    """Return every setting that decides a job, as --set names it."""
    found = {f"{job.system}.{name}": value for name, value in flat(plain(job.config)).items()}
    told = job.rendering
    found |= {f"{told.generator}.{name}": value for name, value in plain(told.config).items()}
    found |= {f"scorer.{name}": value for name, value in flat(plain(told.backbones)).items()}
    return found | {"generator.cases": told.cases, "device": (job.device.name, job.device.dtype)}


@pytest.mark.parametrize("grid", [SUITE, IMAGES, VIDEOS], ids=lambda grid: grid.id)
def test_nothing_but_paths_sizes_and_steps_is_replaced(grid: Suite) -> None:
    asked = [f"{name}={UNKNOWN.get(name, 'world-clip')}" for name, _ in grid.asks]
    whole = plan(replace(grid, parts=()), assignments=asked)[0]
    named = dict.fromkeys(PATHS, "x") | UNKNOWN | {"scorer.clip.name": "world-clip"}
    named |= {name: "http://localhost:8/v1" for name in named if name.endswith("url")}
    named |= {"navigen.teacher.model": "y", "navigen.reward.judge_model": "y"}
    small = small_jobs(replace(grid, parts=()), named)
    for one, other in zip(whole, small, strict=True):
        before, after = decided(one), decided(other)
        assert set(before) == set(after)
        changed = {name for name in before if before[name] != after[name]}
        assert changed <= {*PATHS, *SIZES, *STEPS}
        assert {name for name in {*SIZES, *STEPS} if name.startswith("navigen.")} <= changed


def test_all_that_compute_do_so_in_one_format() -> None:
    asked = [f"{name}={UNKNOWN.get(name, 'world-clip')}" for name, _ in IMAGES.asks]
    jobs = [job for job in plan(SUITE, assignments=asked)[0] if job.system in ("navigen", "sasrec-softmax")]
    assert {job.device.dtype for job in jobs} == {"bfloat16"}


def test_what_only_the_user_knows_is_asked_for_by_its_flag() -> None:
    with pytest.raises(BenchError, match=r"(?s)--set navigen.teacher.url=.*--set navigen.reward.judge_model=.*clip"):
        plan(SUITE)
    known = [f"{name}={UNKNOWN[name]}" for name, _ in SUITE.asks]
    assert {job.system for job in plan(BESIDE)[0]} == set(BESIDE.systems), "who needs no server is not asked for one"
    assert plan(replace(SUITE, parts=()), assignments=known)[0]
    row = {**{name.partition(".")[2]: UNKNOWN[name] for name in UNKNOWN}, "reinforce.steps": 0}
    (job,) = plan(only(Suite("", SUITE.tasks, ("navigen",), config="paper"), SUITE.tasks[0]), config=row)[0]
    assert job.config["reinforce"].steps == 0 and job.config["reinforce"].prompts == 64, "as a stored row spells them"
    with pytest.raises(BenchError, match=r"--set SYSTEM.teacher"):
        plan(Suite("", SUITE.tasks, ("navigen",)), config=catalogue.config("paper"))


def told(out: Path) -> dict[str, Any]:
    """Return what the checkpoint of the reinforced policy tells."""
    (path,) = (out / "fits" / "navigen").rglob("policy/navigen.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def ask(job: Job, folder: Path, out: Path) -> Run:
    (run,) = execute([job], folder / "data", out)
    return run


def test_the_whole_way_on_a_log(stand_ins: tuple[Path, dict[str, str]], server: Replay, tmp_path: Path) -> None:
    folder, named = stand_ins
    server.seen.clear()
    (job,) = small_jobs(only(SUITE, SUITE.tasks[0]), {**named, **served(server)})
    run = ask(job, folder, tmp_path)
    assert run.manifest["counts"]["cases"] == LIMIT
    assert not run.manifest["counts"]["failed"]
    assert set(server.keys) == {f"Bearer {KEY}"}
    asked = [body["model"] for body in server.seen]
    assert set(asked) == {"scripted-teacher", "scripted-judge"}
    made = told(tmp_path)
    embed, full, grpo = made["stages"]
    assert all(stage["finished"] for stage in made["stages"])
    assert set(embed["history"][-1]) >= {"loss/cid2tid", "loss/tid2cid", "loss/cid2cid"}
    assert "loss/cid2ins" in full["history"][-1] and "loss/cid2ins" not in embed["history"][-1]
    last = grpo["history"][-1]
    assert grpo["step"] == STEPS["navigen.reinforce.steps"] and "kl" in last
    assert last["cid2ins/form"] > 0.5 and last["unjudged"] == 0
    assert made["taught"]["spent"]["calls"] == asked.count("scripted-teacher")
    assert not made["taught"]["failed"]
    known = {
        "schema",
        "system",
        "recipe",
        "prompts",
        "items",
        "made",
        "seed",
        "dtype",
        "by",
        "codes",
        "taught",
        "rewarded",
        "judges",
    }
    assert set(made) == known | {"stages"}
    system = make_system(job, Context())
    foreseen = dict(line.split(": ", 1) for line in system.foresee(load(job, folder / "data").train))
    calls = int(foreseen["teach"].split()[0].replace(",", ""))
    assert 0 <= calls - asked.count("scripted-teacher") <= 20, "corrections are not foreseen, known terms are not asked"
    assert f"{STEPS['navigen.reinforce.steps']} steps of 4 questions, 64 answers" in foreseen["grpo"]


@pytest.mark.parametrize("grid", [IMAGES, VIDEOS], ids=lambda grid: grid.id)
def test_the_whole_way_on_the_world(
    grid: Suite, stand_ins: tuple[Path, dict[str, str]], server: Replay, tmp_path: Path
) -> None:
    folder, named = stand_ins
    (job,) = small_jobs(only(grid, grid.tasks[0]), {**named, **served(server)}, *WORLD)
    run = ask(job, folder, tmp_path)
    counts = run.manifest["counts"]
    assert counts["cases"] == LIMIT and not counts["failed"], counts
    assert counts.get("spoilt", 0) == 0 and counts["rendered"] == 2, counts
    assert run.manifest["figures"], counts
