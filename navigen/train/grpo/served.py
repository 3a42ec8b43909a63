"""Answers that an engine writes many tokens of at a time (vLLM), told to the same rules as those sampled here.

An engine knows nothing of thoughts and forced marks: it is asked for a stretch of an answer, up to where something is
forced or the answer ends, and what it wrote is then taken token by token as if it had been sampled in this process. The
weights that sample are those of the adapter, written down before every call. An engine draws by seeds of its own, so
its answers are other ones than this process would sample, of the same distribution up to rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from bench.errors import BenchError
from bench.lm import Allowed
from bench.rng import entropy
from navigen.chat import encode
from navigen.train.grpo.answer import Answer, Rollout, Speech
from navigen.train.grpo.limits import FREE, THOUGHT
from navigen.train.grpo.settings import Question

UNKNOWN = float("nan")  # the log probability that an engine gave a token; learning computes its own


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What an engine is to go on with: `ids`, at most `tokens` more, by `seed`.

    `thinks`: until the mark that closes a thought, and never the end mark; otherwise until the end mark. `allowed`:
    what may follow, of the tokens written since (None: anything).
    """

    ids: tuple[int, ...]
    tokens: int
    seed: int
    thinks: bool = False
    allowed: Allowed | None = None


class Engine(Protocol):
    """Writes on, with the adapter in a folder; `step` is another number for every other adapter."""

    def write(self, stretches: Sequence[Stretch], adapter: Path, step: int) -> list[tuple[int, ...]]:
        """Return the tokens of every stretch, the one it ended with included; at least one each."""


class Served:
    """Answers questions by an engine; `model` is the peft model whose adapter is trained, `folder` takes adapters."""

    def __init__(self, model: Any, speech: Speech, engine: Engine, folder: Path) -> None:
        self.model, self.speech, self.engine, self.folder = model, speech, engine, folder
        self.steps = count(1)

    def answer(
        self, questions: Sequence[Question], slots: Sequence[int], copies: int, seed: int, *names: str | int
    ) -> list[Rollout]:
        """Return `copies` answers a question, one question's behind another's; arguments as `Sampler.answer` has."""
        step = next(self.steps)
        self.model.save_pretrained(self.folder)
        prompts = encode(self.speech.tokenizer, [question.prompt for question in questions])
        jobs = [(place, copy) for place in range(len(questions)) for copy in range(copies)]
        answers = [Answer(self.speech, questions[place]) for place, _ in jobs]
        for answer in answers:
            answer.begin()
            _force(answer)
        turn = 0
        while live := [number for number, answer in enumerate(answers) if not answer.done]:
            stretches = []
            for number in live:
                place, copy = jobs[number]
                ids = (*prompts[place], *answers[number].ids)
                stretches.append(self._stretch(answers[number], ids, (seed, *names, slots[place], copy, turn)))
            written = self.engine.write(stretches, self.folder, step)
            for number, tokens in zip(live, written, strict=True):
                _take(answers[number], tokens)
            turn += 1
        return [
            answer.rollout(slots[place], np.array(prompts[place], dtype=np.int64))
            for (place, _), answer in zip(jobs, answers, strict=True)
        ]

    def _stretch(self, answer: Answer, ids: tuple[int, ...], name: tuple[int | str, ...]) -> Stretch:
        first, *rest = name
        drawn = entropy(int(first), *rest) % 2**63
        if answer.node in (FREE, THOUGHT):
            return Stretch(ids, answer.budget, drawn, answer.node == THOUGHT)
        assert self.speech.answers is not None
        return Stretch(ids, self.speech.answers.trie.levels, drawn, allowed=self._below(answer.node))

    def _below(self, node: int) -> Allowed:
        """Return what may follow below a node of the catalogue's trie, by the tokens written since."""
        answers = self.speech.answers
        assert answers is not None

        def children(at: int) -> slice:
            return slice(int(answers.trie.first[at]), int(answers.trie.first[at + 1]))

        def allowed(tokens: Sequence[int]) -> Sequence[int]:
            at = node
            for token in tokens:
                if token == self.speech.end:
                    return ()
                span = children(at)
                at = span.start + int(np.searchsorted(answers.token[span], token))
            found: list[int] = answers.token[children(at)].tolist()
            return found

        return allowed


def _force(answer: Answer) -> None:
    while answer.queue and not answer.done:
        answer.force()


def _take(answer: Answer, tokens: Sequence[int]) -> None:
    """Take what an engine wrote; what is forced behind it is forced here."""
    if not tokens:
        raise BenchError("grpo: the engine wrote nothing; expected a token at least")
    for token in tokens:
        if answer.done:
            break
        if answer.queue:  # the engine writes what has no alternative as well
            if token != answer.queue[0]:
                break
            answer.force()
        else:
            answer.accept(token, UNKNOWN)
    _force(answer)
