"""Sampling by vLLM: the adapter of every step is saved and named in the requests, the state of answers is our own.

An answer takes a request for its thought and one for what follows; forced tokens are part of the next request's prompt.
Log probabilities that vLLM tells are those of the whole vocabulary and are kept for reading only: learning computes its
own, and takes them for those that were sampled from; rounding apart they are. vLLM's streams are its own too: the
answers are not those of rollouts=hf.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from shutil import rmtree
from typing import Any

import numpy as np
from vllm import SamplingParams
from vllm.lora.request import LoRARequest

from bench.api import Setting
from bench.config import build
from bench.errors import BenchError
from bench.lm.quiet import without_bars
from bench.lm.settings import VLLMSettings
from bench.lm.vllm import VLLM, remembered
from bench.processes import is_main, rank
from bench.processes import number as processes
from bench.rng import entropy
from navigen.chat import TEMPLATE, encode
from navigen.train.device import wait_for_all
from navigen.train.grpo.answer import MARK, Answer, Rollout, Speech
from navigen.train.grpo.limits import THOUGHT
from navigen.train.grpo.settings import Question

MEMORY = 0.4  # vLLM's share of the memory, beside what learns
LEAST = 8  # vLLM's smallest rank
NEVER = -100.0  # the most that vLLM takes away from a logit: the end mark is not sampled in a thought


class Fleet:
    """Answers questions like `navigen.train.grpo.rollout.Sampler`, for a model with an adapter."""

    def __init__(
        self,
        model: Any,
        speech: Speech,
        folder: Path,
        dtype: str,
        values: Mapping[str, Setting],
    ) -> None:
        """Write the model without its adapter, and start vLLM with it, beside what learns.

        `values`: settings of `bench.lm.VLLMSettings` where they are to be others than here. Of processes that train
        together each has an engine, on its own device, and answers its own questions; the first writes the base.
        """
        self.model, self.speech, self.number = model, speech, 0
        self.folder = folder / f"process-{rank()}"
        base = folder / "base"
        if is_main():
            save_base(model, speech.tokenizer, base)
        wait_for_all()
        self.adapter = self._save()
        usual = {"dtype": dtype, "memory": MEMORY, "rank": max(speech.settings.rank, LEAST)}
        told = build(VLLMSettings, {**usual, **values, "adapter": self.adapter}, "rollouts_set")
        together = processes() > 1
        if told.gpus > 1 and together:
            raise BenchError("rollouts_set: gpus is of one process; of several each has one GPU")
        self.engine = VLLM(base, told, together).engine

    def answer(
        self,
        questions: Sequence[Question],
        slots: Sequence[int],
        copies: int,
        seed: int,
        *names: str | int,
        greedy: bool = False,
    ) -> list[Rollout]:
        """Return `copies` answers a question by the adapter as it is, one question's behind another's."""
        self.greedy = greedy
        rmtree(self.adapter)
        self.adapter = self._save()
        prompts = encode(self.speech.tokenizer, [question.prompt for question in questions])
        jobs = [(place, copy) for place in range(len(questions)) for copy in range(copies)]
        answers = [Answer(self.speech, questions[place]) for place, _ in jobs]
        for answer in answers:
            answer.begin()
        for number in range(2):
            live = [row for row, answer in enumerate(answers) if not answer.done]
            for row in live:
                while answers[row].queue and not answers[row].done:
                    answers[row].force()
            live = [row for row in live if not answers[row].done]
            seeds = [entropy(seed, *names, slots[jobs[row][0]], jobs[row][1], number) % 2**63 for row in live]
            before = [prompts[jobs[row][0]] + answers[row].ids for row in live]
            self._extend([answers[row] for row in live], before, seeds)
        return [
            answer.rollout(slots[place], np.array(prompts[place], dtype=np.int64))
            for (place, _), answer in zip(jobs, answers, strict=True)
        ]

    def _extend(self, answers: Sequence[Answer], prompts: Sequence[list[int]], seeds: Sequence[int]) -> None:
        """Let vLLM write each answer on, to the end of its thought or of itself."""
        if not answers:
            return
        rules = [Walk(answer) if answer.node >= 0 else None for answer in answers]
        with remembered(rules, frozenset([self.speech.end])) as numbers:
            params = [
                self._params(answer, seed, number) for answer, seed, number in zip(answers, seeds, numbers, strict=True)
            ]
            request = LoRARequest(self.adapter.name, self.number, str(self.adapter))
            asked = [{"prompt_token_ids": prompt} for prompt in prompts]
            told = self.engine.generate(asked, params, use_tqdm=False, lora_request=request)
        for answer, output in zip(answers, told, strict=True):
            one, thinking = output.outputs[0], answer.node == THOUGHT
            for token, line in zip(one.token_ids, one.logprobs, strict=False):
                if answer.done or thinking != (answer.node == THOUGHT):
                    break
                if answer.queue:
                    answer.force()
                else:
                    answer.accept(int(token), float(line[token].logprob))

    def _params(self, answer: Answer, seed: int, number: int | None) -> SamplingParams:
        thinking, settings = answer.node == THOUGHT, self.speech.settings
        return SamplingParams(
            max_tokens=self.speech.answers.trie.levels if number and self.speech.answers else answer.budget,
            temperature=0.0 if self.greedy else settings.temperature,
            top_p=settings.top_p,
            seed=seed,
            ignore_eos=True,  # the mark that ends a turn is the only end, as for those who sample here
            stop=[MARK] if thinking else [],
            include_stop_str_in_output=True,
            stop_token_ids=[] if thinking else [self.speech.end],
            logit_bias={self.speech.end: NEVER} if thinking else None,
            logprobs=0,
            skip_special_tokens=False,
            spaces_between_special_tokens=False,
            extra_args=None if number is None else {"allowed": number},
        )

    def _save(self) -> Path:
        """Save the adapter under a new name and number, by which vLLM tells it from the one before."""
        self.number += 1
        place = self.folder / f"adapter-{self.number}"
        with without_bars():
            self.model.save_pretrained(place)
        return place


class Walk:
    """What may follow the tokens that a request has written so far, from an answer's place in the trie."""

    def __init__(self, answer: Answer) -> None:
        self.answers, self.node = answer.speech.answers, answer.node

    def __call__(self, written: Sequence[int]) -> Sequence[int]:
        """Return the tokens of the children."""
        assert self.answers is not None
        node, trie = self.node, self.answers.trie
        for token in written:
            children = np.arange(trie.first[node], trie.first[node + 1])
            node = int(children[self.answers.token[children] == token][0])
        found: list[int] = self.answers.token[trie.first[node] : trie.first[node + 1]].tolist()
        return found


def save_base(model: Any, tokenizer: Any, folder: Path) -> None:
    """Write the model under an adapter as a folder of its own."""
    core = model.get_base_model()
    plain = {
        name.replace(".base_layer.", "."): value for name, value in core.state_dict().items() if ".lora_" not in name
    }
    rmtree(folder, ignore_errors=True)
    with without_bars():
        core.save_pretrained(folder, state_dict=plain)
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
