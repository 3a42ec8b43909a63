"""What rewards a policy does not evaluate it: a run that would is refused when planned, whatever the model's name.

Both directions: a clash is refused by name and by weights, in plans and for checkpoints; another model, another judge
or no reinforcement is let through, and what was allowed all the same stands in the run's file.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baselines.language import SftOnly
from bench.api import Context, Instruction, Kind, Train
from bench.backbones.identity import Identity
from bench.cli.run import execute
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import Job, plan
from bench.settle import policies, recall_job
from bench.shipped import CHECKPOINTS
from navigen.checkpoint import FILE
from navigen.full import NaviGen
from tests.navigen.little import TINY, copied, make_train

CARD = "game/world/image"
BY_CLIP = ("navigen.reward.judge=embedding", "navigen.reward.judge_model=world-clip")


def planned(*told: str, system: str = "navigen", card: str = CARD) -> list[Job]:
    return plan(Suite("", (card,), (system,)), 5, told)[0]


@pytest.mark.parametrize("system", ["navigen", "navigen-text", "navigen-code"])
def test_the_evaluation_s_own_model_may_not_reward(system: str) -> None:
    told = [line.replace("navigen.", f"{system}.") for line in BY_CLIP]
    with pytest.raises(
        BenchError, match=r"evaluation's clip is world-clip.*policy.same_judge=true runs it all the same"
    ):
        planned(*told, system=system)


def test_its_weights_tell_it_whatever_it_is_called(tmp_path: Path) -> None:
    shutil.copytree(CHECKPOINTS / "world-clip", tmp_path / "other")
    with pytest.raises(BenchError, match="evaluation's clip is world-clip"):
        planned(BY_CLIP[0], f"navigen.reward.judge_model={tmp_path / 'other'}")


def test_a_server_s_model_is_told_by_name() -> None:
    reward = ("judge=llm", "judge_model=Qwen/Qwen3-8B", "judge_backend=openai", "judge_url=http://localhost:9/v1")
    told = [f"navigen.reward.{line}" for line in reward]
    judge = ("backend=openai", "url=http://localhost:9/v1", "model=qwen3-8b")
    assert planned(*told)[0].judges == (Identity("Qwen/Qwen3-8B"),)
    with pytest.raises(BenchError, match="evaluation's judge is qwen3-8b"):
        planned(*told, *(f"scorer.judge.{line}" for line in judge))


def test_others_are_let_through() -> None:
    assert planned()[0].judges == ()
    (job,) = planned(BY_CLIP[0])  # by the CLIP that is kept for rewards
    assert job.judges[0].name == "world-clip-reward" and job.judges[0].weights
    assert planned(*BY_CLIP, "navigen.reinforce.steps=0")[0].judges == ()
    assert planned(*BY_CLIP, card="game/world/next-item")[0].rendering.backbones == {}


def test_what_was_allowed_stands_in_the_run_s_file() -> None:
    (job,) = planned(*BY_CLIP, "policy.same_judge=true")
    told = policies(job)
    assert told["same_judge"] and told["rewarded_by"][0]["name"] == "world-clip"
    assert "rewarded_by" not in policies(planned()[0])


@dataclass
class Rewarded:
    """A system of somebody else that was rewarded by a model."""

    by: str = "world-clip"

    @classmethod
    def judges(cls, config: Mapping[str, Any]) -> Iterable[Identity]:
        return [Identity(config["by"])]

    def fit(self, train: Train) -> None:
        pass

    def instruct(self, queries: Any, kind: Kind) -> list[Instruction]:
        return [Instruction("a red lamp") for _ in queries]


def test_any_system_may_say_who_rewarded_it(tmp_path: Path) -> None:
    name = "tests.navigen.test_kept_apart:Rewarded"
    with pytest.raises(BenchError, match=r"policy\.same_judge"):
        planned(system=name)
    (run,) = execute(planned("policy.same_judge=true", "generator.name=none", system=name), None, tmp_path)
    told = run.manifest["policies"]
    assert told["rewarded_by"] == [{"name": "world-clip", "weights": ""}] and told["same_judge"]
    job = recall_job(run)
    assert job.judges == (Identity("world-clip"),) and job.policy.same_judge and policies(job) == told


def test_a_checkpoint_brings_the_model_that_rewarded_it(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    told = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**told, "judges": [{"name": "a/World-CLIP", "weights": ""}]}))
    with pytest.raises(BenchError, match=r"the model that the reward asks \(a/World-CLIP\)"):
        planned(f"navigen.checkpoint={folder}")
    assert planned("navigen.checkpoint=shipped")[0].judges == ()


def test_sft_only_takes_the_method_s_checkpoint_unless_it_was_reinforced(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    SftOnly(**TINY, checkpoint=str(folder)).fit(make_train())
    told = json.loads((folder / FILE).read_text())
    told["recipe"]["reinforce"] = {"steps": 2}
    (folder / FILE).write_text(json.dumps(told))
    with pytest.raises(BenchError, match=r"a reinforced checkpoint of navigen, while sft-only.*reinforce.steps=0"):
        SftOnly(**TINY, checkpoint=str(folder)).fit(make_train())
    told["recipe"].pop("reinforce")
    loaded = NaviGen(**TINY, checkpoint=str(folder), context=Context(1))
    loaded.fit(make_train())
