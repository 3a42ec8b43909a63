"""Pre-training of a small base on general text: what things look like and how one speaks of them, nothing of anybody.

A passage becomes four documents: its caption as plain text; and in the chat format the terms of the caption, an
instruction for terms, and an instruction for the last of a few captions. That last one practises the form in which
histories are asked about, on lists of things that nobody chose. So a base knows words, JSON, the marks and how
questions look, but no catalogue and no user.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch

from bench.api import Context, Kind
from bench.lm.quiet import without_bars
from bench.processes import is_main, only_training
from navigen.base import fresh_model, rounded, train_tokenizer
from navigen.chat import close_id, documents, encode
from navigen.prompt import Form, Renderer, Written, all_phrases, compact
from navigen.train.checkpoint import Course
from navigen.train.device import wait_for_all
from navigen.train.documents import Document
from navigen.train.stage import Stage, train_stage

LISTED = 4  # captions in the longest list
HELD_BACK = 50  # one passage of so many is held back for validation


class Passage(Protocol):
    """What is said of one thing."""

    @property
    def caption(self) -> str: ...  # noqa: D102
    @property
    def terms(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def image(self) -> str: ...  # noqa: D102
    @property
    def video(self) -> str: ...  # noqa: D102


@dataclass
class General:
    """Settings of a small base: its size, its vocabulary, and how it is pre-trained on `number` passages a domain.

    `text`: "module:function" that yields passages when called as `function(number, seed)`.
    """

    text: str = "tasks.world.passages:passages"
    number: int = 2000
    width: int = 128
    layers: int = 2
    vocabulary: int = 1024
    epochs: float = 3.0
    rate: float = 3e-3
    length: int = 256
    batch: int = 8
    context: Context = field(default_factory=Context, kw_only=True)

    def run(self, found: Iterable[Passage], folder: Path) -> Course:
        """Train tokenizer and model on passages, and write them as a Hugging Face folder; the first process writes."""
        with only_training(self.context.work, self.context.progress):
            return self.make(found, folder)

    def make(self, found: Iterable[Passage], folder: Path) -> Course:
        """Train, or take up what was begun in the work folder, and write the base."""
        told = list(found)
        texts = [text for one in told for text in (one.caption, one.image, one.video, '","'.join(one.terms))]
        tokenizer = train_tokenizer(texts, self.vocabulary, all_phrases())
        model = fresh_model(tokenizer, self.width, self.layers, self.context.seed)
        course = train_stage(
            model,
            general_documents(tokenizer, [one for place, one in enumerate(told) if place % HELD_BACK]),
            general_documents(tokenizer, told[::HELD_BACK]),
            Stage("general", epochs=self.epochs, rate=self.rate, length=self.length, batch=self.batch),
            seed=self.context.seed,
            work=self.context.work,
            dtype=self.context.dtype,
            device=self.context.device,
            progress=self.context.progress,
        )
        if is_main():
            with without_bars():
                rounded(model).to(torch.bfloat16).save_pretrained(folder)
            tokenizer.save_pretrained(folder)
        wait_for_all()
        return course


def general_documents(tokenizer: Any, told: Sequence[Passage]) -> list[Document]:
    """Return four documents a passage; instructions are for a picture and a clip in turn."""
    ask, end = Renderer(), close_id(tokenizer)
    plain = [np.array([*ids, end]) for ids in encode(tokenizer, [one.caption for one in told])]
    found = [Document(ids, np.ones(len(ids), dtype=np.bool_), "caption") for ids in plain]
    asked = [ask.ask_reading(one.caption).messages for one in told]
    found += documents(tokenizer, "read", asked, [compact({"target_tid": list(one.terms)}) for one in told])
    kinds = [(Kind.IMAGE, Kind.VIDEO)[place % 2] for place in range(len(told))]
    asked = [ask.ask_telling(one.terms, kind).messages for one, kind in zip(told, kinds, strict=True)]
    texts = [one.image if kind is Kind.IMAGE else one.video for one, kind in zip(told, kinds, strict=True)]
    answers = [compact({"target_ins": text}) for text in texts]
    found += documents(tokenizer, "tell", asked, answers)
    lists = [told[max(0, place - place % LISTED) : place + 1] for place in range(len(told))]
    asked = [
        Renderer(Form.TITLE, Form.TITLE).ask_instruction([Written(text=one.caption) for one in group], kind).messages
        for group, kind in zip(lists, kinds, strict=True)
    ]
    return [*found, *documents(tokenizer, "list", asked, answers)]
