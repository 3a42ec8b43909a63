"""A policy: a causal language model, its tokenizer, and the catalogue whose codes and terms it speaks."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Answer, Failure, Kind, Progress, Query, ignore_progress
from bench.errors import BenchError
from bench.lm import Completion, HFSettings, Prompt, Sampling, TextModel, load
from bench.lm.hf import HF
from bench.topk import blocks, top_rankings
from navigen.chat import close_id, encode, open_turns
from navigen.consensus import Consensus
from navigen.decode.free import Legality, Named, rank_free
from navigen.decode.language import STEP, Prior, Reached, rank
from navigen.decode.residual import Residual, rank_residual
from navigen.decode.tokens import TokenCatalogue
from navigen.identifiers.catalogue import Identified
from navigen.parse import read_instruction
from navigen.prior.guide import Guide
from navigen.prompt import CLOSE_THOUGHT, OPEN_THOUGHT, Asked, Written
from navigen.recipe import Recipe, Speaking
from navigen.shots import Shots, Turns

BLOCK = 256  # queries answered between two reports of progress
SLACK = 8  # tokens that a free answer may have more than the longest of the catalogue


@dataclass(eq=False)
class Policy:
    """Ranks items and writes instructions for histories.

    `shots`: turns put before every question of a kind; `prefix`: how an instruction's answer is made to begin;
    `source`: the folder or address of the model, for backends that load it themselves. `legality`: how often answers
    named items, where nothing keeps them to the catalogue. `guide`: the prior that rankings are mixed with;
    `residual`: the head that ranks in place of beams, if the settings say so.
    """

    model: Any
    tokenizer: Any
    identified: Identified
    recipe: Speaking
    shots: Shots = field(default_factory=Shots)
    prefix: str = ""
    source: str = "memory"
    legality: Legality = field(default_factory=Legality)
    guide: Guide | None = None
    residual: Residual | None = None

    @cached_property
    def answers(self) -> TokenCatalogue:
        """The whole catalogue as the token sequences of its answers to `ask_next`; equal answers tie."""
        return TokenCatalogue.of(encode(self.tokenizer, self.texts), close_id(self.tokenizer))

    @cached_property
    def texts(self) -> list[str]:
        """The answer to `ask_next` of every item."""
        return [self.recipe.renderer.answer_next(item) for item in self.identified.written]

    @cached_property
    def named(self) -> Named:
        """What free answers name."""
        return Named.of(self.texts)

    @property
    def free(self) -> bool:
        """Whether rankings are decoded without the catalogue."""
        return isinstance(self.recipe, Recipe) and not self.recipe.constrained

    def answer(self, queries: Sequence[Query], k: int, progress: Progress = ignore_progress) -> list[Answer]:
        """Return a ranking a query, at least `k` deep; whatever no beam reached ties behind the rest."""
        numbers = self.identified.numbers
        answers: list[Answer] = []
        order = self.by_length(queries)
        asked = [queries[place] for place in order]
        for scores in self.rank(asked, progress):
            part = asked[len(answers) : len(answers) + len(scores)]
            exclude = [[numbers[name] for name in query.exclude if name in numbers] for query in part]
            answers.extend(top_rankings(scores, list(numbers), k, exclude))
        if self.free and (told := self.legality).prompts:
            logging.getLogger("navibench").info(
                "free decoding: %.1f%% of best answers and %.1f%% of all beams name no item",
                100 * told.illegal / told.prompts,
                100 * told.illegal_beams / max(1, told.beams),
            )
        return put_back(answers, order)

    def by_length(self, queries: Sequence[Query]) -> list[int]:
        """Return the places of queries from the shortest question to the longest.

        Batches are of equally long prompts and filled up with copies: asked in this order, few have to be filled. What
        is answered does not depend on it.
        """
        asked = [self.recipe.renderer.ask_next(self.history(query)).messages for query in queries]
        sizes = [sum(len(content) for _, content in messages) for messages in asked]
        return sorted(range(len(queries)), key=sizes.__getitem__)

    def rank(self, queries: Sequence[Query], progress: Progress = ignore_progress) -> Iterator[NDArray[np.float32]]:
        """Yield log p(item | history) of a part of the queries after another [part, items]; -inf where no beam ended.

        A history without any known item is asked like any other, with an empty list. With a guide, p is the mixture.
        """
        for part in blocks(len(queries), BLOCK):
            if self.free:
                yield self.rank_freely(self.prompts(queries[part]))
            else:
                prior = None if self.guide is None else self.guide.prior(queries[part])
                yield self.reach(queries[part], prior).dense().astype(np.float32)
            progress("rank", part.stop, len(queries))

    def reach(self, queries: Sequence[Query], prior: Prior | None) -> Reached:
        """Return the items that beams inside the catalogue end at, steered by a prior over its items.

        With ranker=residual, the head's probabilities of all items, mixed with the prior.
        """
        if self.by_head:
            return rank_residual(self.model, self.head(), self.prompts(queries), self.recipe.asked_at_once, prior)
        return rank(
            self.model, self.prompts(queries), self.answers, self.recipe.beams, self.recipe.asked_at_once, prior
        )

    @property
    def by_head(self) -> bool:
        """Whether rankings are those of the residual head."""
        return isinstance(self.recipe, Recipe) and self.recipe.ranker == "residual"

    def head(self) -> Residual:
        """Return the residual head; a policy that was trained without one is an error."""
        if self.residual is None:
            label = self.recipe.label
            raise BenchError(
                f"{label}.ranker=residual: {self.source} has no residual head; train with {label}.residual=1"
            )
        return self.residual

    def prompts(self, queries: Sequence[Query]) -> list[list[int]]:
        """Return the tokens of the question for each next item, with the thought that an answer begins with.

        Raises BenchError without a model in this process, which alone can rank.
        """
        recipe, renderer = self.recipe, self.recipe.renderer
        if self.model is None:
            raise BenchError(f"{recipe.label}.backend={recipe.backend} writes but cannot rank; use backend=hf")
        directly = isinstance(recipe, Recipe) and recipe.ranks_directly
        if directly:
            renderer = replace(renderer, think=False)
        turns = [self.turns(renderer.ask_next(self.history(one)), Kind.NEXT_ITEM, one.user) for one in queries]
        if directly or self.by_head:  # a head is asked before any thought
            return encode(self.tokenizer, [open_turns(one) for one in turns])
        return encode(self.tokenizer, [open_turns(one) + self.said(told) for one, told in self.think(turns)])

    def rank_freely(self, prompts: Sequence[Sequence[int]]) -> NDArray[np.float32]:
        """Return log p [prompts, items] of what beams name that may write anything; -inf where none did."""
        end, longest = close_id(self.tokenizer), int(self.answers.trie.levels)
        found = rank_free(
            self.model, prompts, self.named, self.decode, end, self.recipe.beams, longest + SLACK, self.legality
        )
        return found.astype(np.float32)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of token ids, marks included."""
        text: str = self.tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False)
        return text

    def instruct(self, queries: Sequence[Query], kind: Kind, progress: Progress = ignore_progress) -> list[Answer]:
        """Return an instruction a query, or the failure to write one."""
        write = self.agree if self.recipe.terms == "consensus" else self.write
        answers: list[Answer] = []
        order = self.by_length(queries)
        for part in blocks(len(queries), BLOCK):
            answers += write([queries[place] for place in order[part]], kind)
            progress("write", part.stop, len(queries))
        return put_back(answers, order)

    def write(self, queries: Sequence[Query], kind: Kind) -> list[Answer]:
        """Return what the model writes, greedily, read strictly."""
        ask = self.recipe.renderer.ask_instruction
        turns = [self.turns(ask(self.history(one), kind), kind, one.user) for one in queries]
        thought = self.think(turns)
        prompts = [Prompt(one, told + self.prefix) for one, told in thought if isinstance(told, str)]
        written = iter(self.author.generate(prompts, Sampling(self.recipe.tokens)))
        return [told if isinstance(told, Failure) else self.read(next(written)) for _, told in thought]

    def think(self, turns: Sequence[Turns]) -> list[tuple[Turns, str | Failure]]:
        """Return each question with the thought that its answer is made to begin with, in its tags.

        It is "" where the policy does not think. A thought that comes to no end within `thought_tokens` is closed where
        it stands, as it is while it is reinforced.
        """
        if not self.recipe.renderer.think:
            return [(one, "") for one in turns]
        sampling = Sampling(self.recipe.thought_tokens, stop=(CLOSE_THOUGHT.strip(),))
        written = self.author.generate([Prompt(one, OPEN_THOUGHT) for one in turns], sampling)
        thought = self.recipe.renderer.thought
        return [
            (one, told if isinstance(told, Failure) else thought(told.text.strip()))
            for one, told in zip(turns, written, strict=True)
        ]

    def said(self, thought: str | Failure) -> str:
        """Return a thought before a ranking, which has no place for a failure: it raises BenchError."""
        if isinstance(thought, Failure):
            raise BenchError(f"{self.recipe.label}: no thought could be written: {thought.reason}")
        return thought

    def agree(self, queries: Sequence[Query], kind: Kind) -> list[Answer]:
        """Return instructions composed of the terms that the model's ranking agrees on; nothing is written."""
        (scores,) = self.rank(queries)
        return self.consensus.instruct(scores, kind)

    @cached_property
    def consensus(self) -> Consensus:
        """The terms of the catalogue."""
        return Consensus([item.terms for item in self.identified.written])

    def read(self, told: Completion | Failure) -> Answer:
        """Return what a backend wrote as an answer; what it could not write stays a failure."""
        if isinstance(told, Failure):
            return told
        return read_instruction(self.prefix + told.text, told.finished, self.recipe.renderer.fields())

    @cached_property
    def author(self) -> TextModel:
        """What writes instructions: the model in memory, or the backend that the settings name at `source`."""
        if self.recipe.backend == "hf":
            return HF(
                self.source, HFSettings(batch=self.recipe.asked_at_once, bucket=STEP), (self.tokenizer, self.model)
            )
        return load(self.recipe.backend, self.source, self.recipe.backend_values())

    def turns(self, asked: Asked, kind: Kind, user: str = "") -> Turns:
        """Return the messages of a question behind the shots of its kind for that user."""
        return (asked.messages[0], *self.shots.before(kind, user), *asked.messages[1:])

    def history(self, query: Query) -> list[Written]:
        """Return the items of a query that a prompt holds."""
        return self.identified.known(query.history, self.recipe.history)


def put_back(answers: Sequence[Answer], order: Sequence[int]) -> list[Answer]:
    """Return answers in the order of their queries; `order` tells whose each one is."""
    whose = dict(zip(order, answers, strict=True))
    return [whose[place] for place in range(len(order))]
