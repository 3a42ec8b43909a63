"""vLLM in this process as the engine of reinforcement: the start's weights once, an adapter with every request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vllm import SamplingParams
from vllm.lora.request import LoRARequest

from bench.config import build
from bench.lm.settings import VLLMSettings
from bench.lm.vllm import VLLM, remembered
from navigen.train.grpo.answer import MARK, Speech
from navigen.train.grpo.served import Served, Stretch

NEVER = -100.0  # added to a logit, that is as good as never


class Engine:
    """Writes stretches of answers by vLLM."""

    def __init__(self, base: Path, adapter: Path, speech: Speech, values: Mapping[str, str]) -> None:
        told = speech.settings
        settings = build(VLLMSettings, {"memory": 0.4, "rank": told.rank, **values, "adapter": adapter}, "rollouts_set")
        self.model, self.end = VLLM(base, settings), speech.end
        self.temperature, self.top_p = told.temperature, told.top_p

    def write(self, stretches: Sequence[Stretch], adapter: Path, step: int) -> list[tuple[int, ...]]:
        """Return the tokens of every stretch, the one it ended with included."""
        request = LoRARequest(f"step-{step}", step, str(adapter))
        with remembered([one.allowed for one in stretches], frozenset({self.end})) as numbers:
            params = [self._params(one, number) for one, number in zip(stretches, numbers, strict=True)]
            asked = [{"prompt_token_ids": list(one.ids)} for one in stretches]
            outputs = self.model.engine.generate(asked, params, use_tqdm=False, lora_request=request)
        return [tuple(output.outputs[0].token_ids) for output in outputs]

    def _params(self, one: Stretch, number: int | None) -> SamplingParams:
        return SamplingParams(
            max_tokens=one.tokens,
            temperature=self.temperature,
            top_p=self.top_p,
            seed=one.seed,
            ignore_eos=True,  # the mark that ends a turn is the only end
            stop=[MARK] if one.thinks else [],
            stop_token_ids=[] if one.thinks else [self.end],
            logit_bias={self.end: NEVER} if one.thinks else None,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            extra_args=None if number is None else {"allowed": number},
        )


def open_served(model: Any, speech: Speech, folder: Path) -> Served:
    """Return what samples by vLLM; the weights below the adapter are written into `folder` for it once."""
    base, adapter = folder / "start", folder / "adapter"
    write_start(model, speech.tokenizer, base)
    model.save_pretrained(adapter)
    values = dict(line.partition("=")[::2] for line in speech.settings.rollouts_set)
    return Served(model, speech, Engine(base, adapter, speech, values), adapter)


def write_start(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write the model below an adapter as a folder of its own."""
    core = model.get_base_model()
    weights = {
        name.replace(".base_layer.", "."): weight for name, weight in core.state_dict().items() if ".lora_" not in name
    }
    core.save_pretrained(folder, state_dict=weights)
    tokenizer.save_pretrained(folder)
