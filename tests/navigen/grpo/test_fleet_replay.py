"""What vLLM would be asked, and what is made of its answers, by a stand-in that writes what was sampled here."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bench.errors import BenchError
from navigen.train.grpo.answer import MARK, Rollout, Speech
from navigen.train.grpo.rollout import Sampler
from tests.navigen.grpo import toy

if importlib.util.find_spec("vllm") is not None:
    pytest.skip("vllm is installed: test_fleet.py asks it", allow_module_level=True)

OURS = ("bench.lm.vllm", "navigen.train.grpo.fleet")  # what imports vllm
TOLD = -0.5  # the log probability that the stand-in gives every token


@dataclass
class Standing:
    """Writes on as `known` says, as far as vLLM would; `asked`: prompt, parameters and adapter of every request."""

    speech: Speech
    known: Sequence[Rollout] = ()
    started: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[list[int], Any, Any]] = field(default_factory=list)
    calls: int = 0

    def start(self, **told: Any) -> Standing:
        self.started = told
        self.llm_engine = SimpleNamespace(model_config=SimpleNamespace(max_model_len=512))
        return self

    def generate(self, asked: Any, params: Any, use_tqdm: bool, lora_request: Any) -> list[Any]:
        self.calls += 1
        assert Path(lora_request.path).is_dir()
        found = []
        for one, told in zip(asked, params, strict=True):
            self.asked.append((one["prompt_token_ids"], told, lora_request))
            tokens = self.write(tuple(one["prompt_token_ids"]), told)
            lines = [{token: SimpleNamespace(logprob=TOLD)} for token in tokens]
            found.append(SimpleNamespace(outputs=[SimpleNamespace(token_ids=tokens, logprobs=lines)]))
        return found

    def write(self, ids: tuple[int, ...], told: Any) -> list[int]:
        wholes = [(*rollout.prompt.tolist(), *rollout.ids.tolist()) for rollout in self.known]
        (whole,) = [one for one in wholes if one[: len(ids)] == ids]
        rules = sys.modules["bench.lm.vllm"].RULES
        found: list[int] = []
        for token in whole[len(ids) :][: told.max_tokens]:
            if told.extra_args is not None:
                assert token in rules[told.extra_args["allowed"]][0](tuple(found))
            assert not (told.stop and token == self.speech.end)
            found.append(token)
            if token in told.stop_token_ids or any(mark in self.speech.decode(found) for mark in told.stop):
                break
        return found


def speaking(**values: Any) -> Speech:
    return Speech(toy.tokenizer(), toy.catalogue(), toy.settings(rank=4, rollouts="vllm", **values))


@pytest.fixture
def fleets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """Return what makes a fleet of a stand-in, with a module of vLLM's names in place of vLLM."""

    def module(name: str, **members: Any) -> None:
        made = ModuleType(name)
        vars(made).update(members)
        monkeypatch.setitem(sys.modules, name, made)

    def make(standing: Standing, model: Any) -> Any:
        module("vllm", LLM=standing.start, SamplingParams=SimpleNamespace)
        settings = standing.speech.settings
        fleet = importlib.import_module(OURS[1])
        return fleet.Fleet(model, standing.speech, tmp_path, "float32", settings.engine)

    for name in ("vllm.lora", "vllm.v1", "vllm.v1.sample"):
        module(name)
    module("vllm.lora.request", LoRARequest=lambda name, number, path: SimpleNamespace(number=number, path=path))
    module("vllm.sampling_params", StructuredOutputsParams=SimpleNamespace)
    module("vllm.v1.sample.logits_processor", AdapterLogitsProcessor=object)
    for name, value in {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_USE_V2_MODEL_RUNNER": "0"}.items():
        monkeypatch.setenv(name, value)
    yield make
    for name in OURS:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("kind", list(toy.KINDS))
def test_its_answers_are_told_as_those_sampled_here(kind: str, fleets: Any) -> None:
    speech = speaking(tokens=10, thought_tokens=6)
    model, asked, slots = toy.adapted(), toy.questions(kind), list(range(6))
    sampled = Sampler(model.get_base_model(), speech).answer(asked, slots, 1, 3, "rollout", 0)
    standing = Standing(speech, sampled)
    written = fleets(standing, model).answer(asked, slots, 1, 3, "rollout", 0)
    for one, other in zip(sampled, written, strict=True):
        assert (one.slot, one.text, one.finished) == (other.slot, other.text, other.finished)
        for name in ("prompt", "ids", "learn", "nodes"):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
        np.testing.assert_array_equal(other.log_p, np.where(other.learn, np.float32(TOLD), 0))
    assert standing.calls <= 2
    for _, told, _ in standing.asked:
        assert told.ignore_eos and told.stop in ([], [MARK]) and (told.stop == []) == bool(told.stop_token_ids)


def test_every_request_has_a_seed_of_its_own_and_every_call_its_adapter(fleets: Any) -> None:
    speech = speaking(tokens=4, rollouts_set=("memory=0.2", "context=512", "eager=true"))
    ending = Standing(speech)
    ending.write = lambda ids, told: [speech.end]  # type: ignore[method-assign]
    fleet = fleets(ending, toy.adapted())
    assert (ending.started["gpu_memory_utilization"], ending.started["max_model_len"]) == (0.2, 512)
    assert ending.started["enforce_eager"] and ending.started["max_lora_rank"] == 8
    for step in range(2):
        rollouts = fleet.answer(toy.questions("free"), list(range(6)), 4, 3, "rollout", step)
        assert len(rollouts) == 24 and all(one.finished and len(one.ids) == 1 for one in rollouts)
    assert len({told.seed for _, told, _ in ending.asked}) == 48
    assert len({adapter.number for _, _, adapter in ending.asked}) == 2
    assert {told.temperature for _, told, _ in ending.asked} == {1.0}
    fleet.answer(toy.questions("free"), list(range(6)), 1, 3, "held", greedy=True)
    assert ending.asked[-1][1].temperature == 0.0


def test_what_it_cannot_do_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"navibench\[vllm\]"):
        toy.train(toy.adapted(), rollouts="vllm", rank=4, work=tmp_path)
    with pytest.raises(BenchError, match="work folder"):
        toy.train(toy.adapted(), rollouts="vllm", rank=4)
    with pytest.raises(BenchError, match="set rank above 0"):
        toy.settings(rollouts="vllm")
    with pytest.raises(BenchError, match="rollouts_set is of rollouts=vllm"):
        toy.settings(rollouts_set=("memory=0.4",))
    with pytest.raises(BenchError, match="rollouts_set says gpus"):
        toy.settings(rollouts="vllm", rank=4, rollouts_set=("gpus=2",))
