"""A small catalogue, its gold answers, and judges that need no model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Failure
from bench.lm import Completion, Prompt, Sampling
from bench.words import stems
from navigen.prompt import Written
from navigen.rewards.embedding import Embedding
from navigen.rewards.mix import NaviGenReward
from navigen.rewards.settings import Rewarding

THOUGHT = "<think>the user likes red lamps</think>\n\n"
TOLD = (
    "A striped red lamp glows beside folded linen while morning sunlight crosses worn floorboards in a quiet kitchen."
)


def code(*levels: int) -> str:
    return "<|cid_begin|>" + "".join(f"<s_{'abcd'[place]}_{one}>" for place, one in enumerate(levels)) + "<|cid_end|>"


CATALOGUE = [
    Written(code(1, 2, 3), ("lamp", "red", "stripes", "kitchen"), "Nordvik lamp", "A red lamp with stripes, kitchen."),
    Written(code(1, 2, 4), ("lamp", "blue", "dots", "hall"), "Havn lamp", "A blue lamp with dots for the hall."),
    Written(code(1, 5, 6), ("chair", "green", "wooden"), "Skov chair", "A green wooden chair."),
    Written(code(7, 8, 9), ("teapot", "white", "glass"), "Kaffe teapot", "A white teapot of glass."),
]
GOLD = CATALOGUE[0]


def answer_code(*levels: int, thought: str = "") -> str:
    return thought + json.dumps({"target_cid": code(*levels)})


def answer(text: str = TOLD, terms: Sequence[str] | None = GOLD.terms, thought: str = "") -> str:
    return thought + json.dumps({**({} if terms is None else {"target_tid": list(terms)}), "target_ins": text})


def columns(tasks: Sequence[str], finished: Sequence[bool] | None = None) -> dict[str, Any]:
    size = len(tasks)
    return {
        "task": list(tasks),
        "target_code": [GOLD.code] * size,
        "target_terms": [list(GOLD.terms)] * size,
        "target_title": [GOLD.title] * size,
        "finished": [True] * size if finished is None else list(finished),
    }


class Bags:
    """An encoder that counts stems: texts of the same words are the same."""

    def __init__(self) -> None:
        self.places: dict[str, int] = {}

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        found = np.zeros((len(texts), 500), dtype=np.float32)
        for row, text in enumerate(texts):
            for word in stems(text):
                found[row, self.places.setdefault(word, len(self.places))] += 1
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9).astype(np.float32)


class Model:
    """A language model that says what it is told to, and remembers how many questions it saw."""

    fingerprint = "model"

    def __init__(self, *replies: str | Failure, finished: bool = True) -> None:
        self.finished = finished
        self.replies, self.asked = list(replies), list[Prompt]()

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> Sequence[Completion | Failure]:
        found: list[Completion | Failure] = []
        for prompt in prompts:
            reply = self.replies[min(len(self.asked), len(self.replies) - 1)]
            self.asked.append(prompt)
            found.append(reply if isinstance(reply, Failure) else Completion(reply, (), self.finished, None))
        return found

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> Sequence[float | Failure]:
        raise NotImplementedError


def reward(settings: Rewarding | None = None, **more: Any) -> NaviGenReward:
    own = settings or Rewarding()
    if own.judge == "embedding":
        more["judge"] = Embedding.of(Bags(), CATALOGUE)
    return NaviGenReward(own, CATALOGUE, **more)
