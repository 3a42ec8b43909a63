"""Time of rewarding 4,096 completions, half codes and half instructions, by words and by the shipped encoder."""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

from navigen.identifiers.codes import format_code
from navigen.prompt import Written
from navigen.rewards.embedding import Embedding, load_encoder
from navigen.rewards.mix import NaviGenReward
from navigen.rewards.settings import RELEASED, Rewarding

SIZE, ITEMS, REPEATS = 4096, 500, 3  # the fastest counts
THOUGHT = "<think>earlier choices were striped things for a kitchen</think>\n"


def make_texts(rng: np.random.Generator, words: list[str], number: int, size: int) -> list[list[str]]:
    """Return `number` lists of `size` different words."""
    return [[words[place] for place in rng.choice(len(words), size, replace=False)] for _ in range(number)]


def make(rng: np.random.Generator) -> tuple[list[Written], list[str], dict[str, Any]]:
    """Return a catalogue, fresh completions for it and their columns."""
    words = ["".join(rng.choice(list("aeioubdklmnrst"), 7)) for _ in range(3000)]
    terms = make_texts(rng, words, ITEMS, 6)
    codes = [format_code(rng.integers(0, 8, 3).tolist()) for _ in range(ITEMS)]
    titled = zip(codes, terms, strict=True)
    catalogue = [Written(code, tuple(own), " ".join(own[:2]), f"A {' '.join(own)}.") for code, own in titled]
    drawn, own = rng.integers(0, ITEMS, (2, SIZE)).tolist()
    said = make_texts(rng, words, SIZE, 25)
    completions = [
        THOUGHT + json.dumps({"target_cid": codes[guess]})
        if place % 2
        else THOUGHT + json.dumps({"target_tid": terms[guess], "target_ins": " ".join(said[place] + terms[guess][:3])})
        for place, guess in enumerate(own)
    ]
    columns: dict[str, Any] = {
        "task": ["cid2cid" if place % 2 else "cid2ins" for place in range(SIZE)],
        "target_code": [codes[item] for item in drawn],
        "target_terms": [terms[item] for item in drawn],
        "target_title": [catalogue[item].title for item in drawn],
        "finished": [True] * SIZE,
    }
    return catalogue, completions, columns


def main() -> None:
    """Write seconds for each judge; the encoder's are those of 256 completions."""
    rng = np.random.default_rng(0)
    figures: dict[str, float] = {}
    for name, own in (("words", Rewarding(think=True)), ("released", RELEASED)):
        seconds = []
        for _ in range(REPEATS):  # fresh texts each time, so that nothing is remembered
            catalogue, completions, columns = make(rng)
            reward = NaviGenReward(own, catalogue)
            start = time.perf_counter()
            reward(completions, **columns)
            seconds.append(time.perf_counter() - start)
        figures[f"{name}, {SIZE} completions"] = min(seconds)
    catalogue, completions, columns = make(rng)
    judge = Embedding.of(load_encoder(""), catalogue)
    reward = NaviGenReward(Rewarding(judge="embedding"), catalogue, judge=judge)
    start = time.perf_counter()
    reward(completions[:256], **{name: values[:256] for name, values in columns.items()})
    figures["embedding, 256 completions"] = time.perf_counter() - start
    sys.stdout.write("".join(f"{name}: {value:.3f} s\n" for name, value in figures.items()))


if __name__ == "__main__":
    main()
