"""Sampling of many answers at a time in this process, each by a random stream of its own.

What an answer draws depends on its own stream alone: neither on the size of the batch nor on its neighbours or their
order. Other shapes of products of matrices change the last bits of probabilities, and a draw that falls between the two
values of a bound then chooses another token: about one in 10^6 in float32, more often in bfloat16.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bench.errors import BenchError
from bench.rng import stream
from navigen.chat import encode
from navigen.decode.growth import causal, check_model
from navigen.train.grpo.answer import Answer, Rollout, Speech
from navigen.train.grpo.cache import grow, shown
from navigen.train.grpo.limits import limit
from navigen.train.grpo.settings import Question

PACKED = 0.75  # a batch of which no more than this share is still being written is packed
FORCED = 32  # room for the marks of a thought, whatever the tokenizer makes of them


class Sampler:
    """Answers questions with a causal language model of transformers, which is put in the mode for evaluation."""

    def __init__(self, model: Any, speech: Speech) -> None:
        self.model, self.speech, self.greedy = model, speech, False

    @torch.inference_mode()
    def answer(
        self,
        questions: Sequence[Question],
        slots: Sequence[int],
        copies: int,
        seed: int,
        *names: str | int,
        greedy: bool = False,
    ) -> list[Rollout]:
        """Return `copies` answers a question, one question's behind another's.

        `slots`: the place of each question in its step; the stream of an answer is named by `names`, slot and number.
        `greedy`: nothing is drawn, every token is the most probable one.
        """
        self.greedy = greedy
        training = self.model.training
        self.model.eval()
        check_model(self.model)
        try:
            prompts = encode(self.speech.tokenizer, [question.prompt for question in questions])
            self._fits(questions, prompts)
            order = sorted(range(len(questions)), key=lambda place: (kind(questions[place]), len(prompts[place])))
            found: dict[tuple[int, int], Rollout] = {}
            jobs = [(place, copy) for place in order for copy in range(copies)]
            for begin in range(0, len(jobs), self.speech.settings.batch):
                part = jobs[begin : begin + self.speech.settings.batch]
                streams = [stream(seed, *names, slots[place], copy) for place, copy in part]
                made = self._write(
                    [questions[place] for place, _ in part], [prompts[place] for place, _ in part], streams
                )
                for (place, copy), answer in zip(part, made, strict=True):
                    prompt = np.array(prompts[place], dtype=np.int64)
                    found[place, copy] = answer.rollout(slots[place], prompt)
        finally:
            self.model.train(training)
        return [found[place, copy] for place in range(len(questions)) for copy in range(copies)]

    def _fits(self, questions: Sequence[Question], prompts: Sequence[Sequence[int]]) -> None:
        """Raise BenchError for a prompt that leaves no room for its answer: nothing is cut off."""
        settings, config = self.speech.settings, self.model.config.get_text_config()
        most = int(getattr(config, "max_position_embeddings", 0) or 0)
        for question, prompt in zip(questions, prompts, strict=True):
            forced = len(self.speech.encode(question.prefix)) + FORCED * question.think
            need = len(prompt) + forced + settings.tokens + settings.thought_tokens * question.think
            if most and need > most:
                raise BenchError(
                    f"grpo: a prompt of {len(prompt)} tokens with its answer needs {need} positions, the model has "
                    f"{most}; ask shorter histories, or lower tokens or thought_tokens"
                )

    def _write(
        self, questions: Sequence[Question], prompts: Sequence[list[int]], streams: Sequence[Any]
    ) -> list[Answer]:
        """Write one batch: read the prompts with what is forced behind them, then a token of every answer a pass."""
        answers = [Answer(self.speech, question) for question in questions]
        for answer in answers:
            answer.begin()
            while answer.queue and not answer.done:
                answer.force()
        live = [row for row, answer in enumerate(answers) if not answer.done]
        if not live:
            return answers
        logits, cache, real = self._read([tuple(prompts[row]) + tuple(answers[row].ids) for row in live])
        draws = Draws([streams[row] for row in live])
        length = torch.from_numpy(np.array([len(prompts[row]) + len(answers[row].ids) for row in live]))
        length = length.to(logits.device)
        while True:
            tokens = self._choose(logits, [answers[row] for row in live], draws)
            keep = [place for place, row in enumerate(live) if not answers[row].done]
            if not keep:
                return answers
            if len(keep) <= PACKED * len(live):
                rows = torch.tensor(keep, device=logits.device)
                live, tokens = [live[place] for place in keep], tokens[rows]
                real, length = real[rows], length[rows]
                draws.keep(keep)
                for layer in cache.layers:
                    layer.take(rows)
            real = torch.cat([real, real.new_ones(len(live), 1)], 1)
            logits = self._forward(tokens[:, None], length[:, None], real[:, None], cache)[0]
            length = length + 1

    def _read(self, prompts: Sequence[tuple[int, ...]]) -> tuple[Tensor, Any, Tensor]:
        """Return logits after each prompt, their cache and which positions are real; equal prompts are read once."""
        unique = list(dict.fromkeys(prompts))
        width, device = max(map(len, unique)), self.model.device
        ids = torch.tensor([[0] * (width - len(prompt)) + list(prompt) for prompt in unique], device=device)
        real = torch.tensor([[False] * (width - len(prompt)) + [True] * len(prompt) for prompt in unique])
        positions = (real.long().cumsum(1) - 1).clamp(min=0).to(device)
        logits, cache = self._forward(ids, positions, causal(real).to(device), None)
        place = {prompt: number for number, prompt in enumerate(unique)}
        rows = torch.tensor([place[prompt] for prompt in prompts], device=device)
        return logits[rows], grow(cache, rows), real.to(device)[rows]

    def _forward(self, ids: Tensor, positions: Tensor, mask: Tensor, cache: Any) -> tuple[Tensor, Any]:
        out = self.model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=shown(mask, self.model),
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return out.logits[:, -1], out.past_key_values

    def _choose(self, logits: Tensor, answers: Sequence[Answer], draws: Draws) -> Tensor:
        """Return the next token of every row: forced, sampled, or any for an answer that is done."""
        tokens = np.zeros(len(answers), dtype=np.int64)
        wanted = [row for row, answer in enumerate(answers) if not answer.done and not answer.queue]
        if wanted:
            nodes = np.array([answers[row].node for row in wanted], dtype=np.int64)
            points = draws.take(wanted)
            rows = logits if len(wanted) == len(answers) else logits[torch.tensor(wanted, device=logits.device)]
            settings = self.speech.settings
            held = limit(rows.float() / settings.temperature, nodes, self.speech.answers, self.speech.end)
            chosen, log_p = top(held) if self.greedy else pick(held, points, settings.top_p)
            for row, token, value in zip(wanted, chosen, log_p, strict=True):
                answers[row].accept(token, value)
                tokens[row] = token
        sampled = set(wanted)
        for row, answer in enumerate(answers):
            if row not in sampled and not answer.done:
                tokens[row] = answer.force()
        return torch.from_numpy(tokens).to(logits.device)


def pick(logits: Tensor, points: NDArray[np.float64], top_p: float) -> tuple[list[int], list[float]]:
    """Return the token of each row of `logits` [rows, vocabulary] at its point of the distribution, and its log p."""
    plain = logits.log_softmax(-1)
    shares = plain.double().exp()
    if top_p < 1:
        ranked, order = shares.sort(stable=True, dim=-1, descending=True)
        ranked = ranked.masked_fill(ranked.cumsum(-1) - ranked >= top_p, 0.0)
        shares = torch.zeros_like(shares).scatter(1, order, ranked)
    reached = shares.cumsum(-1)
    if not reached[:, -1].isfinite().all():
        raise BenchError("grpo: the model's probabilities are no numbers; start from whole weights, or lower rate")
    goal = torch.from_numpy(points).to(logits.device)[:, None] * reached[:, -1:]
    last = (reached < reached[:, -1:]).sum(-1, keepdim=True)
    chosen = torch.minimum(torch.searchsorted(reached, goal, right=True), last)
    return chosen[:, 0].tolist(), plain.gather(1, chosen)[:, 0].tolist()


def top(logits: Tensor) -> tuple[list[int], list[float]]:
    """Return the most probable token of each row of `logits` [rows, vocabulary], and its log p."""
    best = logits.log_softmax(-1).max(-1)
    return best.indices.tolist(), best.values.tolist()


class Draws:
    """Numbers of [0, 1), each row's from a stream of its own, drawn a block at a time."""

    BLOCK = 64

    def __init__(self, streams: Sequence[np.random.Generator]) -> None:
        self.streams = list(streams)
        self.blocks = np.stack([draws.random(self.BLOCK) for draws in self.streams])
        self.used = np.zeros(len(self.streams), dtype=np.int64)

    def take(self, rows: Sequence[int]) -> NDArray[np.float64]:
        """Return the next number of each of the rows."""
        for row in rows:
            if self.used[row] == self.BLOCK:
                self.blocks[row], self.used[row] = self.streams[row].random(self.BLOCK), 0
        chosen = np.array(rows)
        found: NDArray[np.float64] = self.blocks[chosen, self.used[chosen]]
        self.used[chosen] += 1
        return found

    def keep(self, rows: Sequence[int]) -> None:
        """Keep these rows."""
        self.streams = [self.streams[row] for row in rows]
        self.blocks, self.used = self.blocks[rows], self.used[rows]


def kind(question: Question) -> tuple[bool, bool]:
    """Return what decides how long an answer takes."""
    return question.think, question.constrained
