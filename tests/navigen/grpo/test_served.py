"""Answers that an engine writes are told as those sampled here: same marks, same rules, same account of them."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import torch

from bench.errors import BenchError
from navigen.train.grpo.answer import MARK, Rollout, Speech
from navigen.train.grpo.rollout import Sampler
from navigen.train.grpo.served import Served, Stretch
from navigen.train.trainee import adapt
from tests.navigen.grpo import toy

WITHOUT_VLLM = importlib.util.find_spec("vllm") is None


class Saved:
    """Stands for a peft model: it only has to be saved."""

    def __init__(self) -> None:
        self.saved: list[str] = []

    def save_pretrained(self, folder: Path) -> None:
        self.saved.append(str(folder))


@dataclass
class Replaying:
    """Writes what was sampled before, as far as an engine would: more than is asked for where nothing stops it."""

    speech: Speech
    known: Sequence[Rollout]
    steps: list[int] = field(default_factory=list)

    def write(self, stretches: Sequence[Stretch], adapter: Path, step: int) -> list[tuple[int, ...]]:
        self.steps.append(step)
        return [self.rest(one) for one in stretches]

    def rest(self, one: Stretch) -> tuple[int, ...]:
        wholes = [(*rollout.prompt.tolist(), *rollout.ids.tolist()) for rollout in self.known]
        (whole,) = [ids for ids in wholes if ids[: len(one.ids)] == one.ids]
        found: list[int] = []
        for token in whole[len(one.ids) :][: one.tokens]:
            if one.allowed is not None:
                assert token in one.allowed(tuple(found))
            found.append(token)
            if token == self.speech.end or (one.thinks and MARK in self.speech.decode(found)):
                break
        return tuple(found)


@pytest.mark.parametrize("kind", list(toy.KINDS))
def test_an_engines_answers_are_told_as_those_sampled_here(kind: str, tmp_path: Path) -> None:
    settings = toy.settings(tokens=10, thought_tokens=6)
    speech = Speech(toy.tokenizer(), toy.catalogue(), settings)
    asked, slots = toy.questions(kind), list(range(6))
    sampled = Sampler(toy.make_model(), speech).answer(asked, slots, 1, 3, "rollout", 0)
    engine = Replaying(speech, sampled)
    model = Saved()
    served = Served(model, speech, engine, tmp_path).answer(asked, slots, 1, 3, "rollout", 0)
    for one, other in zip(sampled, served, strict=True):
        assert (one.slot, one.text, one.finished) == (other.slot, other.text, other.finished)
        for name in ("prompt", "ids", "learn", "nodes"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    assert len(engine.steps) <= 3 and set(engine.steps) == {1} and model.saved == [str(tmp_path)]


def test_every_answer_has_a_seed_of_its_own_and_every_call_an_adapter(tmp_path: Path) -> None:
    speech = Speech(toy.tokenizer(), toy.catalogue(), toy.settings(tokens=4))
    seen: list[tuple[int, int]] = []

    class Ending:
        def write(self, stretches: Sequence[Stretch], adapter: Path, step: int) -> list[tuple[int, ...]]:
            seen.extend((step, one.seed) for one in stretches)
            return [(speech.end,) for _ in stretches]

    served = Served(Saved(), speech, Ending(), tmp_path)
    for step in range(2):
        rollouts = served.answer(toy.questions("free"), list(range(6)), 4, 3, "rollout", step)
        assert len(rollouts) == 24 and all(one.finished and len(one.ids) == 1 for one in rollouts)
    assert len({seed for _, seed in seen}) == 48 and {step for step, _ in seen} == {1, 2}

    class Silent:
        def write(self, stretches: Sequence[Stretch], adapter: Path, step: int) -> list[tuple[int, ...]]:
            return [() for _ in stretches]

    with pytest.raises(BenchError, match="wrote nothing"):
        Served(Saved(), speech, Silent(), tmp_path).answer(toy.questions("free"), list(range(6)), 1, 3)


@pytest.mark.skipif(not WITHOUT_VLLM, reason="vllm is installed")
def test_without_vllm_its_rollouts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"navibench\[vllm\]"):
        toy.train(toy.adapted(), rollouts="vllm", rank=4, work=tmp_path)
    with pytest.raises(BenchError, match="work folder"):
        toy.train(toy.adapted(), rollouts="vllm", rank=4)


@pytest.mark.skipif(WITHOUT_VLLM, reason="vllm is not installed: tox -e vllm")
@pytest.mark.parametrize("kind", list(toy.KINDS))
def test_vllm_samples_what_transformers_would(kind: str, tmp_path: Path) -> None:
    """Nearly greedy, since the two draw differently; then again with other weights in the adapter."""
    from navigen.train.grpo.engine import open_served

    small = ("dtype=float32", "memory=0.1", "cache=0.25", "eager=true")
    settings = toy.settings(tokens=10, thought_tokens=6, temperature=0.01, rank=4, rollouts="vllm", rollouts_set=small)
    speech = Speech(toy.tokenizer(), toy.catalogue(), settings)
    model = adapt(toy.make_model(), settings.stage, 0)
    served = open_served(model, speech, tmp_path)
    before: list[str] = []
    for strength in (0.0, 0.3):
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                torch.manual_seed(1)
                torch.nn.init.normal_(weight, std=strength) if strength else torch.nn.init.zeros_(weight)
        asked, slots = toy.questions(kind), list(range(6))
        wanted = Sampler(model.get_base_model(), speech).answer(asked, slots, 1, 3, "rollout", 0)
        found = served.answer(asked, slots, 1, 3, "rollout", 0)
        for one, other in zip(wanted, found, strict=True):
            np.testing.assert_array_equal(one.ids, other.ids)
        assert [one.text for one in found] != before, "the adapter is the one of this step"
        before = [one.text for one in found]
