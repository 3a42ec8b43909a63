"""Reinforcement moves a policy where the reward points, and nowhere without one; what it tells is what happened."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import ttest_ind

from bench.errors import BenchError
from navigen.train.grpo.schedule import Schedule
from navigen.train.grpo.settings import Question
from navigen.train.grpo.trainer import reinforce
from tests.navigen.grpo.toy import (
    adapted,
    blue,
    catalogue,
    make_model,
    questions,
    settings,
    tokenizer,
    train,
)
from tests.navigen.train.tiny import same, weights_of


def nothing(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
    return [1.0] * len(completions)


def mug(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
    return [float("mug" in text) for text in completions]


def brief(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
    return [-min(len(text), 80) / 80 for text in completions]


@pytest.mark.parametrize(
    ("kind", "reward", "rank", "rate"), [("trie", mug, 0, 1e-3), ("trie", mug, 8, 1e-3), ("prefix", brief, 0, 3e-3)]
)
def test_a_reward_rises(kind: str, reward: Any, rank: int, rate: float) -> None:
    """The first steps against the last, and the same held-out draws at the start and the end."""
    model = adapted(rank) if rank else make_model()
    values: dict[str, Any] = {"steps": 30, "prompts": 6, "group": 16, "micro": 96, "batch": 96, "beta": 0.0}
    course = train(model, [kind], reward, rank=rank, rate=rate, validate_every=0, held_samples=40, **values)
    rewards = [row["reward"] for row in course.history[1:]]
    assert ttest_ind(rewards[-10:], rewards[:5], alternative="greater").pvalue < 1e-3
    assert course.history[-1]["held"] > course.history[0]["held"] and course.best == course.history[-1]["held"]


@pytest.mark.parametrize("loss", ["dapo", "grpo"])
def test_without_a_difference_nothing_moves(loss: str) -> None:
    model, before = make_model(), make_model()
    course = train(model, reward=nothing, beta=0.0, loss=loss, held=False)
    assert same(model, before)
    assert all(row["gradient"] == 0 and row["dead"] == 1 for row in course.history)


def test_what_is_not_judged_is_counted_and_not_learnt() -> None:
    def moody(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
        return [None if number < 3 else 1.0 for number in columns["number"]]

    model = make_model()
    course = train(model, reward=moody, beta=0.0, held=False)
    assert same(model, make_model())
    assert any(0 < row["unjudged"] < 1 for row in course.history)
    with pytest.raises(BenchError, match="no held-out answer to cid2cid could be judged"):
        train(make_model(), reward=lambda completions, **_: [None] * len(completions))
    with pytest.raises(BenchError, match="judged 1 of"):
        train(make_model(), reward=lambda completions, **_: [1.0])


def test_a_judge_that_is_gone_ends_the_training_and_what_it_did_not_judge_is_done_again(tmp_path: Path) -> None:
    there = [True]

    class Judged:
        fingerprint = "judged"

        def __call__(self, completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
            judged = [float(len(text)) for text in completions]
            tasks = columns["task"]
            return [one if there[0] or task == "cid2cid" else None for one, task in zip(judged, tasks, strict=True)]

    def go(work: Path | None, steps: dict[str, int]) -> Any:
        def progress(name: str, done: int, total: int) -> None:
            there[0] = done < steps.get("gone", 99)

        model = make_model()
        kinds = {"kinds": ["trie", "prefix"], "reward": Judged(), "steps": 8, "validate_every": 8, "save_every": 2}
        return train(model, work=work, progress=progress, **kinds), model

    with pytest.raises(BenchError, match="no answer to cid2ins in 3 steps could be judged"):
        go(tmp_path, {"gone": 3})
    there[0] = True
    (course, model), (expected, straight) = go(tmp_path, {}), go(None, {})
    assert course.finished and same(model, straight)
    assert [row["held"] for row in course.history if "held" in row] == [
        row["held"] for row in expected.history if "held" in row
    ]


def test_what_chooses_the_weights_is_what_is_asked() -> None:
    def reward(completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
        return [1.0 if task == "cid2cid" else 0.0 for task in columns["task"]]

    both, one, unasked = (
        train(make_model(), ["trie", "prefix"], reward=reward, steps=1, mixture=mixture)
        for mixture in ({}, {"cid2ins": 1.0}, {"cid2cid": 0.5, "cid2ins": 0.0})
    )
    assert [course.history[0]["held"] for course in (both, one, unasked)] == [0.5, 0.0, 1.0]


def test_divergence_holds_a_policy_back_and_can_end_the_training() -> None:
    free, held = (train(make_model(), beta=beta, max_kl=1e9, steps=12, rate=5e-3) for beta in (0.0, 3.0))
    assert 0 <= held.history[-1]["kl"] < 0.5 * free.history[-1]["kl"]
    assert free.history[1]["kl"] == pytest.approx(0, abs=1e-6)
    stopped = train(make_model(), beta=0.0, max_kl=0.02, steps=50, rate=5e-3)
    assert stopped.stopped and stopped.finished and stopped.step < 50
    assert "held" in stopped.history[-1] and stopped.history[-1]["kl"] > 0.02


def test_several_updates_from_the_same_answers_meet_the_clip() -> None:
    once, often = (train(make_model(), iterations=number, rate=2e-2, steps=3) for number in (1, 4))
    assert all(row["clipped"] == 0 for row in once.history[1:])
    assert max(row["clipped"] for row in often.history[1:]) > 0


def test_truncated_answers_are_learnt_or_not_as_asked() -> None:
    for masked in (True, False):
        model = make_model()
        course = train(model, ["prefix"], beta=0.0, tokens=3, mask_truncated=masked, held=False)
        assert all(row["finished/cid2ins"] == 0 for row in course.history)
        assert same(model, make_model()) == masked


def test_patience_ends_and_the_best_weights_stay() -> None:
    model = make_model()
    worse = iter(range(100))

    class Falling:
        fingerprint = "falling"

        def __call__(self, completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
            place = next(worse)
            return [value - place for value in blue(completions)]  # type: ignore[operator]

    course = train(model, reward=Falling(), steps=50, validate_every=1, patience=3)
    assert course.stopped and course.step == 3 and course.best_step == 0
    assert same(model, make_model())  # the start was the best


@dataclass(frozen=True)
class Inner:
    length: float
    absent: float | None = None


@dataclass(frozen=True)
class Parts:
    total: float
    blue: float
    inner: Inner
    note: str = "not a number"


class Judge:
    fingerprint = "judge"

    def __call__(self, completions: Sequence[str], **columns: Sequence[Any]) -> list[float | None]:
        raise AssertionError

    def judge(self, completions: Sequence[str], **columns: Sequence[Any]) -> list[Parts | None]:
        assert set(columns) == {"wish", "number", "prompts", "task", "finished", "only"}
        assert all(len(column) == len(completions) for column in columns.values())
        return [Parts(2 * len(text), float("blue" in text), Inner(len(text))) for text in completions]


def test_what_is_told(tmp_path: Path) -> None:
    asked = [*questions("trie", "free"), Question("cid2ins", "x", columns={"only": 1})]
    chosen = settings(steps=3, samples=2)
    course = reinforce(make_model(), tokenizer(), asked, asked, Judge(), chosen, answers=catalogue(), work=tmp_path)
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines == course.history == json.loads((tmp_path / "training.json").read_text())["history"]
    row = lines[-1]
    told = ["reward", "loss", "kl", "entropy", "gradient", "clipped", "dead", "unjudged", "seconds", "rate", "held"]
    told += ["reward/cid2cid", "cid2cid/blue", "cid2cid/inner/length", "length/cid2cid"]
    told += ["held/cid2cid", "held/cid2cid/blue", "held/legal"]
    assert all(np.isfinite(row[name]) for name in told)
    assert any("legal" in row for row in lines) and "cid2cid/note" not in row
    shown = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert [one["step"] for one in shown] == [0, 0, 2, 2, 3, 3] and all(one["text"] for one in shown)


def test_legal_answers_are_recognised() -> None:
    from navigen.train.grpo.answer import Speech
    from navigen.train.grpo.judging import Legal

    speech = Speech(tokenizer(), catalogue(), settings())
    assert '{"target_cid":"green"}' in Legal(speech).texts(catalogue())
    assert len(Legal(speech).texts(catalogue())) == len(catalogue().row)


def test_tasks_are_asked_in_their_shares() -> None:
    asked = questions("trie", "prefix", "prefix")
    plan = Schedule(asked, settings(steps=10, prompts=9), 0)
    tasks = np.array([[asked[number].task == "cid2ins" for number in plan.at(step)] for step in range(10)])
    assert (tasks.sum(axis=1) == 6).all()  # natural shares: twice as many
    mixed = Schedule(asked, settings(steps=12, prompts=4, mixture={"cid2cid": 3.0, "cid2ins": 1.0}), 0)
    firsts = [number for step in range(12) for number in mixed.at(step) if asked[number].task == "cid2cid"]
    assert len(firsts) == 36 and all(sorted(firsts[begin : begin + 6]) == list(range(6)) for begin in range(0, 36, 6))
    with pytest.raises(BenchError, match="nothing to ask"):
        Schedule(asked, settings(mixture={"cid2cid": 0.0}), 0)
    with pytest.raises(BenchError, match="task in the mixture"):
        Schedule(questions("trie"), settings(mixture={"cid2ins": 1.0}), 0)


def test_a_loss_that_is_no_number_ends_the_training() -> None:
    broken = make_model()
    with torch.no_grad():
        broken.model.layers[1].mlp.down_proj.weight[0, 0] = torch.inf
    weights = weights_of(broken)
    with pytest.raises(BenchError, match="no numbers"):
        train(broken, beta=0.0)
    assert all(torch.equal(value, weights[name]) for name, value in weights_of(broken).items())
    with pytest.raises(BenchError, match="no numbers|lower rate"):  # noqa: RUF043 - either may come first
        train(make_model(), beta=0.0, rate=1e30)
    with pytest.raises(BenchError, match="has no adapter"):
        train(make_model(), rank=4)
    with pytest.raises(BenchError, match="nothing to ask"):
        train(make_model(), mixture={"cid2cid": 0.0, "cid2ins": 0.0})
