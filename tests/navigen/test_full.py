"""The whole method on the little shop: taught, tuned, reinforced; killed at any stage it ends with the same bytes.

Invariants: 1. what a kill interrupts goes on to the same policy; 2. systems that differ in what comes after tuning
share the tuned policy, which changes nothing; 3. a checkpoint answers as the system that wrote it.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from bench.api import Context, Kind
from bench.errors import BenchError
from navigen import pipeline
from navigen.checkpoint import FILE, read_told
from navigen.full import NaviGen, NaviGenCode, NaviGenText
from navigen.rewards.settings import Rewarding
from navigen.train.grpo.settings import Reinforce
from tests.conftest import REPOSITORY
from tests.navigen.little import TINY, make_queries, make_train, make_whole

WORK = TemporaryDirectory(prefix="little-whole-")
PLACES = {"navigen": Path(WORK.name) / "navigen"}


@pytest.fixture(scope="module", autouse=True)
def _swept() -> Iterator[None]:
    yield
    whole.cache_clear()


@cache
def whole() -> Any:
    """Return the method, trained once without anybody to share with."""
    system = make_whole(PLACES["navigen"])
    system.fit(make_train())
    return system


def stored(policy: Path) -> dict[str, Any]:
    """Return the bytes of a policy's files, and what it tells of itself but for how long it took."""
    files: dict[str, Any] = {path.name: path.read_bytes() for path in policy.iterdir() if path.name != FILE}
    told = read_told(policy)
    for course in told["stages"]:
        course["history"] = [{k: v for k, v in row.items() if "seconds" not in k} for row in course["history"]]
    return {**files, FILE: told}


def test_all_stages_leave_their_mark() -> None:
    whole()
    told = read_told(PLACES["navigen"] / "policy")
    assert [course["finished"] for course in told["stages"]] == [True, True, True]
    assert [course["steps"] for course in told["stages"]][-1] == 2
    assert told["taught"]["samples"] == 18 and told["taught"]["failed"] == {} and told["taught"]["fitness"] > 0
    assert told["recipe"]["teacher"]["name"] == "scripted" and told["recipe"]["reinforce"]["steps"] == 2
    assert told["judges"] == []
    rewards = [row["reward"] for row in told["stages"][-1]["history"] if "reward" in row]
    assert len(rewards) == 2 and all(0 <= one <= 1 for one in rewards)


@pytest.mark.parametrize(("stage", "step"), [("teacher: founders", 1), ("full", 2), ("grpo", 1)])
def test_a_killed_training_ends_with_the_same_bytes(stage: str, step: int, tmp_path: Path) -> None:
    whole()
    command = [sys.executable, "-m", "tests.navigen.killed", str(tmp_path), stage, str(step)]
    died = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr
    assert not (tmp_path / "policy").exists()
    seen: list[str] = []
    again = make_whole(tmp_path, tmp_path / "shared", progress=lambda name, done, total: seen.append(name))
    again.fit(make_train())
    assert stored(tmp_path / "policy") == stored(PLACES["navigen"] / "policy")
    if stage == "grpo":
        assert not {"embed", "full", "teacher: founders"} & set(seen)


def test_systems_that_differ_in_reward_share_the_tuned_policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole()
    tuned: list[str] = []
    once = pipeline.train_stage

    def counted(*given: Any, **more: Any) -> Any:
        tuned.append(given[3].name)
        return once(*given, **more)

    monkeypatch.setattr(pipeline, "train_stage", counted)
    shared = tmp_path / "shared"
    reward = Rewarding(hierarchy="additive", quality=False)
    for name, values in (("other", {"reward": reward}), ("usual", {}), ("tuned", {"reinforce": Reinforce(steps=0)})):
        make_whole(tmp_path / name, shared, **values).fit(make_train())
    assert tuned == ["embed", "full"]
    assert len(list(shared.glob("tuned-*"))) == 1 and (shared / "teach" / "replies.jsonl").exists()
    assert stored(tmp_path / "usual" / "policy") == stored(PLACES["navigen"] / "policy")
    make_whole(tmp_path / "alone", reward=reward).fit(make_train())
    assert stored(tmp_path / "other" / "policy") == stored(tmp_path / "alone" / "policy")
    assert len(read_told(tmp_path / "tuned" / "policy")["stages"]) == 2
    assert tuned == ["embed", "full"] * 2


def test_what_is_loaded_answers_as_what_was_trained() -> None:
    loaded = NaviGen(**TINY, thought_tokens=8, checkpoint=str(PLACES["navigen"] / "policy"), context=Context(1))
    whole()
    loaded.fit(make_train())
    assert loaded.rank(make_queries(), 20) == whole().rank(make_queries(), 20)
    assert loaded.instruct(make_queries(), Kind.VIDEO) == whole().instruct(make_queries(), Kind.VIDEO)


@pytest.mark.parametrize(("kind", "tasks"), [(NaviGenText, ("cid2ins",)), (NaviGenCode, ("cid2cid", "cid2ins"))])
def test_without_codes_or_terms_what_can_be_rewarded_is(kind: Any, tasks: tuple[str, ...], tmp_path: Path) -> None:
    system = make_whole(tmp_path, kind=kind)
    assert system.reinforced == tasks
    system.fit(make_train())
    told = read_told(tmp_path / "policy")
    assert told["system"] == kind.label
    row = told["stages"][-1]["history"][-1]
    assert {name for name in ("cid2cid", "cid2ins") if f"reward/{name}" in row} == set(tasks)
    assert len(system.rank(make_queries()[:2], 5)) == 2
    assert "target_cid" not in json.dumps([system.policy.texts]) or kind is NaviGenCode


def test_settings_of_the_reward_that_follow_from_the_policy_are_refused() -> None:
    for reward in (Rewarding(think=True), Rewarding(terms=False)):
        with pytest.raises(BenchError, match=r"navigen\.reward: think and terms follow from navigen\.think"):
            NaviGen(reward=reward)
    assert NaviGen(think=True).rewarding().think and not NaviGen().rewarding().think
    assert not NaviGenCode().rewarding().terms and NaviGenText().rewarding().terms
