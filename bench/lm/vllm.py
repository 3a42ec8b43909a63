"""vLLM in this process: many prompts at a time, LoRA requests, tries by its logits processors, schemas by xgrammar."""

from __future__ import annotations

import os
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer
from vllm import LLM, SamplingParams
from vllm.lora.request import LoRARequest
from vllm.sampling_params import StructuredOutputsParams
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

from bench.api import Failure
from bench.errors import BenchError
from bench.io import canonical, digest
from bench.lm.batches import copies
from bench.lm.chat import Chat, check_adapter, files_digest, folder_of
from bench.lm.protocol import Allowed, Completion, Prompt, Sampling, check_pairs
from bench.lm.rules import keep_only
from bench.lm.settings import VLLMSettings
from bench.rng import entropy

# vLLM copies a request's parameters, so they carry a number and the callable stays here, in the engine's process.
RULES: dict[int, tuple[Allowed, frozenset[int]]] = {}
NUMBERS = count(1)

# The engine runs where the callables live, by the model runner that takes processors of the V1 interface.
NEEDED = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_USE_V2_MODEL_RUNNER": "0"}


class Catalogue(AdapterLogitsProcessor):  # type: ignore[misc]
    """Limits the next token to what the request's callable allows; where nothing is, to the end of the turn."""

    def is_argmax_invariant(self) -> bool:
        """Return False: the best token may be one that is not allowed."""
        return False

    def new_req_logits_processor(self, params: SamplingParams) -> Any:
        """Return the processor of a request, None for one without a callable."""
        number = (params.extra_args or {}).get("allowed")
        if number is None:
            return None
        allowed, ends = RULES[number]

        def limit(tokens: list[int], logits: torch.Tensor) -> torch.Tensor:
            keep_only(logits, allowed(tuple(tokens)) or sorted(ends))
            return logits

        return limit


class VLLM:
    """A causal language model run by vLLM; `engine` is its `LLM`."""

    def __init__(self, path: str | Path, settings: VLLMSettings) -> None:
        self.settings = settings
        self.folder = folder_of(path, settings.revision)
        tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
        if settings.adapter is not None:
            _check_rank(settings.adapter, settings.rank)
        _in_this_process()
        self.engine = LLM(
            model=str(self.folder),
            dtype=settings.dtype,
            max_model_len=settings.context or None,
            tensor_parallel_size=settings.gpus,
            gpu_memory_utilization=settings.memory,
            enforce_eager=settings.eager,
            enable_lora=settings.adapter is not None,
            max_lora_rank=settings.rank,
            generation_config="vllm",  # the folder's own would change temperature and penalties
            structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
            logits_processors=[Catalogue],
            async_scheduling=False,  # a trie must have seen the token before it limits the next
            seed=0,
        )
        context = int(self.engine.llm_engine.model_config.max_model_len)
        self.chat = Chat.of(tokenizer, self.folder, settings.template, settings.thinking, context)
        adapter = settings.adapter
        self._adapter = None if adapter is None else LoRARequest(adapter.name, 1, str(adapter))

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over weights, adapter, tokenizer, template and number format."""
        adapter = self.settings.adapter
        return digest(
            {
                "backend": "vllm",
                "model": files_digest(self.folder),
                "adapter": files_digest(adapter) if adapter else "",
                "template": self.chat.template,
                **{name: getattr(self.settings, name) for name in ("dtype", "thinking")},
            }
        )

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion | Failure]:
        """Return an answer a prompt, in the order of `prompts`; one that is too long is a Failure."""
        if sampling.allowed is not None and self.settings.gpus > 1:
            raise BenchError("vllm: `allowed` needs gpus=1, since it runs in this process; or use the backend hf")
        encoded = [self.chat.encode(self.chat.text(prompt)) for prompt in prompts]
        found: dict[int, Completion | Failure] = {}
        for index, ids in enumerate(encoded):
            if (failure := self.chat.fits(ids, sampling.tokens)) is not None:
                found[index] = failure
        rest = [index for index in range(len(prompts)) if index not in found]
        copy = copies(encoded)
        number = next(NUMBERS)
        if sampling.allowed is not None:
            RULES[number] = (sampling.allowed, self.chat.ends)
        try:
            params = [self._params(sampling, encoded[index], copy[index], number) for index in rest]
            outputs = self._run([encoded[index] for index in rest], params)
        finally:
            RULES.pop(number, None)
        for index, output in zip(rest, outputs, strict=True):
            found[index] = self._completion(encoded[index], output.outputs[0], sampling)
        return [found[index] for index in range(len(prompts))]

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | Failure]:
        """Return ln p(continuation | prompt, prefix) in nats for each pair; one that is too long is a Failure."""
        check_pairs(prompts, continuations)
        pairs = [self.chat.pair(prompt, text) for prompt, text in zip(prompts, continuations, strict=True)]
        found: dict[int, float | Failure] = {}
        for index, (before, after) in enumerate(pairs):
            # One token more: vLLM always writes one behind what it reads.
            if (failure := self.chat.fits(before, len(after) + 1)) is not None:
                found[index] = failure
        rest = [index for index in range(len(pairs)) if index not in found]
        params = [SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0) for _ in rest]
        outputs = self._run([pairs[index][0] + pairs[index][1] for index in rest], params)
        for index, output in zip(rest, outputs, strict=True):
            before, after = pairs[index]
            told = output.prompt_logprobs[len(before) :]
            found[index] = float(sum(line[token].logprob for line, token in zip(told, after, strict=True)))
        return [found[index] for index in range(len(pairs))]

    def _run(self, encoded: Sequence[tuple[int, ...]], params: list[SamplingParams]) -> list[Any]:
        if not encoded:
            return []
        asked = [{"prompt_token_ids": list(ids)} for ids in encoded]
        return list(self.engine.generate(asked, params, use_tqdm=False, lora_request=self._adapter))

    def _params(self, sampling: Sampling, prompt: tuple[int, ...], copy: int, number: int) -> SamplingParams:
        name = sha256(canonical(prompt).encode()).hexdigest()
        schema = None if sampling.schema is None else StructuredOutputsParams(json=dict(sampling.schema))
        return SamplingParams(
            max_tokens=sampling.tokens,
            temperature=sampling.temperature,
            top_p=sampling.top_p,
            seed=entropy(sampling.seed, "lm", name, copy) % 2**63,
            stop=list(sampling.stop),
            stop_token_ids=sorted(self.chat.ends),
            logprobs=0,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            structured_outputs=schema,
            extra_args=None if sampling.allowed is None else {"allowed": number},
        )

    def _completion(self, prompt: tuple[int, ...], output: Any, sampling: Sampling) -> Completion:
        tokens, _ = self.chat.written(output.token_ids)
        text, _ = self.chat.decode(prompt, tokens, sampling.stop)
        total = sum(line[token].logprob for line, token in zip(output.logprobs, tokens, strict=False))
        return Completion(text, tokens, output.finish_reason == "stop", float(total))


def _in_this_process() -> None:
    """Have vLLM run its engine in this process, unless the environment says otherwise, which is an error."""
    for name, value in NEEDED.items():
        if os.environ.setdefault(name, value) != value:
            raise BenchError(f"vllm: {name}={os.environ[name]}; tries need {name}={value}: unset it")


def _check_rank(adapter: Path, rank: int) -> None:
    told = check_adapter(adapter)
    if told.get("modules_to_save") or told.get("trainable_token_indices"):
        raise BenchError(f"{adapter.name}: vLLM loads no retrained embeddings; merge the adapter into the model first")
    if int(told.get("r", 0)) > rank:
        raise BenchError(f"{adapter.name}: LoRA rank {told['r']} is above the setting rank = {rank}; raise it")
