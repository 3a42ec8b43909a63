"""Settings that are refused, and models that may not both reward and evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bench.backbones.identity import Identity, clashes, identify_role
from bench.errors import BenchError
from navigen.rewards.asking import Asking
from navigen.rewards.guard import identify_reward
from navigen.rewards.mix import NaviGenReward
from navigen.rewards.settings import RELEASED, Rewarding


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"hierarchy": "prefixes"}, "prefix"),
        ({"judge": "words"}, "reward.judge"),
        ({"form": "loose"}, "strict"),
        ({"conceal": "titles"}, "title"),
        ({"consistency": False, "quality": False}, "both off"),
        ({"quality": False, "lambda_consistency": 0.0}, "above 0"),
        ({"lambda_quality": -1.0}, "from 0 on"),
        ({"leak_cost": 2.0}, "leak_cost"),
        ({"conceal": "terms"}, "punishes the named terms"),
        ({"judge_model": "minilm"}, "has no model"),
        ({"judge": "embedding", "lexical": "released"}, "lexical=released"),
        ({"judge": "llm"}, "name it by judge_model"),
        ({"judge": "llm", "judge_model": "x", "judge_backend": "openai"}, "judge_url"),
        ({"judge_url": "http://x"}, "of judge=llm only"),
        ({"form": "released", "terms": False}, "expects terms"),
        ({"form": "released", "think": True}, "leave think off"),
        ({"level_weights": (0.5, 0.4)}, "sum to 1"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(BenchError, match=said):
        Rewarding(**values)


def test_a_model_may_not_reward_and_evaluate() -> None:
    evaluation = {"clip": identify_role("clip", {"name": "world-clip"})}
    assert clashes(identify_reward(Rewarding(judge="embedding")), evaluation) == []
    same = clashes(identify_reward(Rewarding(judge="embedding", judge_model="world-clip")), evaluation)
    assert len(same) == 1
    assert "clip" in same[0]
    assert clashes(identify_reward(RELEASED), evaluation) == []


def test_models_are_told_by_weights_and_else_by_name(tmp_path: Path) -> None:
    assert Identity("a", "1").same(Identity("b", "1"))
    assert not Identity("a", "1").same(Identity("a", "2"))
    assert Identity("hub/Model").same(Identity("model", "2"))
    assert not Identity("", "").same(Identity("", ""))
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
    judge = identify_reward(Rewarding(judge="llm", judge_model=str(tmp_path / "one")))
    found = {"judge": identify_role("judge", {"backend": "hf", "model": str(tmp_path / "two")})}
    assert len(clashes(judge, found)) == 1
    server = Rewarding(judge="llm", judge_model="m", judge_backend="openai", judge_url="http://x/v1")
    assert identify_reward(server) == Identity("m")


def test_a_judge_behind_a_server_is_made_without_asking_it() -> None:
    values: dict[str, Any] = {"judge": "llm", "judge_model": "m", "judge_backend": "openai"}
    made = NaviGenReward(Rewarding(**values, judge_url="http://localhost:1/v1", judge_set=("tries=1",)))
    assert isinstance(made.judging, Asking)

    def fingerprint(url: str, told: str, **more: Any) -> str:
        return NaviGenReward(Rewarding(**{**values, "judge_url": url, "judge_set": (told,), **more})).fingerprint

    here = fingerprint("http://localhost:1/v1", "tries=1")
    assert here == fingerprint("https://elsewhere.example.com/v1", "timeout=9"), "how it is reached does not count"
    assert here != fingerprint("http://localhost:1/v1", "tries=1", judge_model="n")
    assert here != fingerprint("http://localhost:1/v1", "thinking=false")
    with pytest.raises(BenchError, match="name=value"):
        NaviGenReward(Rewarding(**values, judge_url="http://localhost:1/v1", judge_set=("tries",)))
