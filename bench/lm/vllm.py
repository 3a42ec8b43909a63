"""vLLM in this process: many prompts at a time, LoRA requests, tries by its logits processors, schemas by xgrammar."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
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


@contextmanager
def remembered(rules: Sequence[Allowed | None], ends: frozenset[int]) -> Iterator[list[int | None]]:
    """Yield a number for each callable, by which requests name it inside the block; None has none."""
    numbers = [None if rule is None else next(NUMBERS) for rule in rules]
    RULES.update({number: (rule, ends) for number, rule in zip(numbers, rules, strict=True) if number and rule})
    try:
        yield numbers
    finally:
        for number in numbers:
            if number is not None:
                RULES.pop(number)


class VLLM:
    """A causal language model run by vLLM; `engine` is its `LLM`.

    `together`: every process of a launch (torchrun, accelerate) starts one of its own now, on its own device.
    """

    def __init__(self, path: str | Path, settings: VLLMSettings, together: bool = False) -> None:
        self.settings = settings
        self.folder = folder_of(path, settings.revision)
        tokenizer = AutoTokenizer.from_pretrained(self.folder, local_files_only=True)
        if settings.adapter is not None:
            _check_rank(settings.adapter, settings.rank)
        _in_this_process()
        self.engine = _start(self.folder, settings, together)
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
            if (failure := self.chat.fits(ids, sampling.tokens + (sampling.schema is not None))) is not None:
                found[index] = failure
        rest = [index for index in range(len(prompts)) if index not in found]
        copy = copies(encoded)
        with remembered([sampling.allowed], self.chat.ends) as (number,):
            params = [self._params(sampling, encoded[index], copy[index], number) for index in rest]
            outputs = self._run([encoded[index] for index in rest], params)
        written = [
            self._completion(encoded[index], output, sampling) for index, output in zip(rest, outputs, strict=True)
        ]
        if sampling.schema is not None:  # what vLLM tells is the probability among what the schema allows
            pairs = [(encoded[index], answer.tokens) for index, answer in zip(rest, written, strict=True)]
            totals = self._score(pairs)
            written = [replace(answer, log_likelihood=total) for answer, total in zip(written, totals, strict=True)]
        found.update(zip(rest, written, strict=True))
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
        found.update(zip(rest, self._score([pairs[index] for index in rest]), strict=True))
        return [found[index] for index in range(len(pairs))]

    def _score(self, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float]:
        if self._adapter is not None:
            return self._force(pairs)
        params = [SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0) for _ in pairs]
        outputs = self._run([before + after for before, after in pairs], params)
        found = []
        for (before, after), output in zip(pairs, outputs, strict=True):
            told = output.prompt_logprobs[len(before) :]
            found.append(float(sum(line[token].logprob for line, token in zip(told, after, strict=True))))
        return found

    def _force(self, pairs: Sequence[tuple[tuple[int, ...], tuple[int, ...]]]) -> list[float]:
        """Have each continuation written token by token: with an adapter, vLLM misjudges what it only reads."""
        found = [0.0] * len(pairs)
        rest = [index for index, (_, after) in enumerate(pairs) if after]
        with remembered([_forced(pairs[index][1]) for index in rest], self.chat.ends) as numbers:
            params = [
                SamplingParams(
                    max_tokens=len(pairs[index][1]),
                    temperature=0.0,
                    logprobs=0,
                    ignore_eos=True,
                    extra_args={"allowed": number},
                )
                for index, number in zip(rest, numbers, strict=True)
            ]
            outputs = self._run([pairs[index][0] for index in rest], params)
        for index, output in zip(rest, outputs, strict=True):
            told = output.outputs[0].logprobs
            found[index] = float(sum(line[token].logprob for line, token in zip(told, pairs[index][1], strict=True)))
        return found

    def _run(self, encoded: Sequence[tuple[int, ...]], params: list[SamplingParams]) -> list[Any]:
        if not encoded:
            return []
        asked = [{"prompt_token_ids": list(ids)} for ids in encoded]
        return list(self.engine.generate(asked, params, use_tqdm=False, lora_request=self._adapter))

    def _params(self, sampling: Sampling, prompt: tuple[int, ...], copy: int, number: int | None) -> SamplingParams:
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
            extra_args=None if number is None else {"allowed": number},
        )

    def _completion(self, prompt: tuple[int, ...], request: Any, sampling: Sampling) -> Completion:
        output = request.outputs[0]
        tokens, _ = self.chat.written(output.token_ids)
        text, _ = self.chat.decode(prompt, tokens, sampling.stop)
        total = sum(line[token].logprob for line, token in zip(output.logprobs, tokens, strict=False))
        finished = output.finish_reason == "stop"
        return Completion(text, tokens, finished, float(total), len(prompt), len(output.token_ids))


def _forced(tokens: tuple[int, ...]) -> Allowed:
    return lambda written: tokens[len(written) : len(written) + 1]


def _start(folder: Path, settings: VLLMSettings, together: bool) -> LLM:
    """Return vLLM's engine with the model loaded."""
    try:
        return LLM(
            model=str(folder),
            dtype=settings.dtype,
            max_model_len=settings.context or None,
            tensor_parallel_size=settings.gpus,
            distributed_executor_backend="external_launcher" if together else None,  # it takes the launcher's groups
            gpu_memory_utilization=settings.memory,
            kv_cache_memory_bytes=int(settings.cache * 2**30) or None,
            enforce_eager=settings.eager,
            enable_lora=settings.adapter is not None,
            max_lora_rank=settings.rank,
            generation_config="vllm",  # the folder's own would change temperature and penalties
            structured_outputs_config={"backend": "xgrammar", "disable_any_whitespace": True},
            logits_processors=[Catalogue],
            async_scheduling=False,  # a trie must have seen the token before it limits the next
            seed=0,
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise BenchError(f"{folder.name}: vLLM cannot start with it ({' '.join(str(error).split())[:500]})") from error


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
