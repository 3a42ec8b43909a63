"""A policy: a causal language model, its tokenizer, and the catalogue whose codes and terms it speaks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bench.api import Answer, Kind, Progress, Query, Train, ignore_progress
from bench.config import build, plain, settings
from bench.errors import BenchError
from bench.io import digest, read_json, write_text
from bench.topk import blocks, top_rankings
from navigen.base import load_base
from navigen.chat import TEMPLATE, Message, close_id, encode, open_turns
from navigen.decode.language import rank
from navigen.decode.tokens import TokenCatalogue
from navigen.decode.write import write
from navigen.identifiers.catalogue import FILE as BOOK
from navigen.identifiers.catalogue import Identified, load_book, save_book
from navigen.parse import read_instruction
from navigen.prompt import Asked, Written
from navigen.recipe import Recipe, Speaking

FILE = "navigen.json"
SCHEMA = 1
BLOCK = 256  # queries ranked between two reports of progress
# Settings that no training depends on, and words that are given anew: the digest tells whether they are the same.
ANSWERING = ("beams", "tokens", "asked_at_once", "prompts")


@dataclass(eq=False)
class Policy:
    """Ranks items and writes instructions for histories.

    `shots`: turns put before every question of a kind; `prefix`: how an instruction's answer is made to begin.
    """

    model: Any
    tokenizer: Any
    identified: Identified
    recipe: Speaking
    shots: Mapping[Kind, tuple[Message, ...]] = field(default_factory=dict)
    prefix: str = ""

    @cached_property
    def answers(self) -> TokenCatalogue:
        """The whole catalogue as the token sequences of its answers to `ask_next`; equal answers tie."""
        texts = [self.recipe.renderer.answer_next(item) for item in self.identified.written]
        return TokenCatalogue.of(encode(self.tokenizer, texts), close_id(self.tokenizer))

    def answer(self, queries: Sequence[Query], k: int, progress: Progress = ignore_progress) -> list[Answer]:
        """Return a ranking a query, at least `k` deep; whatever no beam reached ties behind the rest."""
        numbers = self.identified.numbers
        answers: list[Answer] = []
        for scores in self.rank(queries, progress):
            part = queries[len(answers) : len(answers) + len(scores)]
            exclude = [[numbers[name] for name in query.exclude if name in numbers] for query in part]
            answers.extend(top_rankings(scores, list(numbers), k, exclude))
        return answers

    def rank(self, queries: Sequence[Query], progress: Progress = ignore_progress) -> Iterator[NDArray[np.float32]]:
        """Yield log p(item | history) of a part of the queries after another [part, items]; -inf where no beam ended.

        A history without any known item is asked like any other, with an empty list.
        """
        recipe = self.recipe
        for part in blocks(len(queries), BLOCK):
            asked = [recipe.renderer.ask_next(self.history(query)) for query in queries[part]]
            prompts = self.prompts(asked, Kind.NEXT_ITEM)
            found = rank(self.model, prompts, self.answers, recipe.beams, recipe.asked_at_once)
            yield found.dense().astype(np.float32)
            progress("rank", part.stop, len(queries))

    def instruct(self, queries: Sequence[Query], kind: Kind, progress: Progress = ignore_progress) -> list[Answer]:
        """Return an instruction a query, written greedily and read strictly."""
        recipe = self.recipe
        asked = [recipe.renderer.ask_instruction(self.history(query), kind) for query in queries]
        prompts = self.prompts(asked, kind, self.prefix)
        end = close_id(self.tokenizer)
        written = write(self.model, prompts, end, recipe.tokens, recipe.asked_at_once, progress)
        texts = self.tokenizer.batch_decode([ids for ids, _ in written], skip_special_tokens=False)
        fields = recipe.renderer.fields()
        told = zip(texts, written, strict=True)
        return [read_instruction(self.prefix + text, ended, fields) for text, (_, ended) in told]

    def prompts(self, asked: Sequence[Asked], kind: Kind, prefix: str = "") -> list[list[int]]:
        """Return the token ids of questions, each behind the shots, and of how the answer begins."""
        shots = self.shots.get(kind, ())
        turns = [(one.messages[0], *shots, *one.messages[1:]) for one in asked]
        return encode(self.tokenizer, [open_turns(messages) + prefix for messages in turns])

    def history(self, query: Query) -> list[Written]:
        """Return the items of a query that a prompt holds."""
        return self.identified.known(query.history, self.recipe.history)


def save_policy(policy: Policy, recipe: Recipe, folder: Path, told: Mapping[str, Any]) -> None:
    """Write a policy as a Hugging Face folder with the chat template, the codes and what made it; `FILE` comes last.

    `told` is what else a reader should know: seed, stages, data.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).unlink(missing_ok=True)
    (folder / BOOK).unlink(missing_ok=True)
    save_rounded(policy.model, folder)
    policy.tokenizer.chat_template = TEMPLATE
    policy.tokenizer.save_pretrained(folder)
    if policy.identified.book is not None:
        save_book(folder, policy.identified.book)
    content = {
        "schema": SCHEMA,
        "system": recipe.label,
        "recipe": plain(recipe),
        "prompts": recipe.renderer.digest(),
        "items": digest(sorted(policy.identified.numbers)),
        **told,
    }
    write_text(folder / FILE, json.dumps(content, indent=1, sort_keys=True) + "\n")


def save_rounded(model: Any, folder: Path) -> None:
    """Write a model's weights as bfloat16; the model itself stays as it is, its buffers (rotary angles) too."""
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    try:
        model.to(torch.bfloat16).save_pretrained(folder)
    finally:
        model.float()
        for name, value in model.named_buffers():
            value.copy_(buffers[name])


def read_told(folder: Path) -> dict[str, Any]:
    """Return what a checkpoint tells of itself; a folder that is none, or a newer one, is an error."""
    if not (folder / FILE).is_file():
        raise BenchError(f"{folder}: no checkpoint, or one whose saving was cut off; make it with navibench train")
    found = read_json(folder / FILE)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise BenchError(
            f"{folder / FILE}: expected a checkpoint of schema {SCHEMA}; make it anew with navibench train"
        )
    return found


def load_policy(folder: Path, train: Train, recipe: Recipe, device: str) -> Policy:
    """Return the policy of a checkpoint for the same catalogue; `recipe` gives the settings of answering only.

    Raises BenchError where the checkpoint was made by other prompts, for other items, or for another kind of system.
    """
    told = read_told(folder)
    if told["system"] not in {recipe.label, *recipe.accepts}:
        raise BenchError(f"{folder}: a checkpoint of {told['system']}, not of {recipe.label}")
    if told["items"] != digest(sorted(train.items)):
        raise BenchError(f"{folder}: made for other items than this task's; train on this task (navibench train)")
    known = settings(type(recipe))
    kept = {name: value for name, value in told["recipe"].items() if name in known and name not in ANSWERING}
    own: Recipe = build(type(recipe), {**plain(recipe), **kept}, str(folder))
    if told["prompts"] != own.renderer.digest():
        raise BenchError(
            f"{folder}: trained on prompts that neither this version nor {recipe.label}.prompts writes; train anew"
        )
    book = load_book(folder)
    if book is None and own.coded:
        raise BenchError(f"{folder}: {BOOK} is missing, without which its codes name no item; fetch or train it anew")
    model, tokenizer = load_base(folder)
    return Policy(model.to(device).eval(), tokenizer, Identified.of(train.items, book), own)
