"""Names nobody has heard: what an item is called, so that naming it outright can be told from describing it."""

from __future__ import annotations

import numpy as np

from tasks.world.chance import uniform

OPEN = ("b", "br", "d", "dr", "f", "g", "gl", "k", "kl", "l", "m", "n", "p", "pr", "q", "r", "t", "tr", "v", "vl", "z")
VOWELS = ("a", "e", "i", "o", "u", "ei", "oo")
CLOSE = ("ld", "lk", "m", "n", "nth", "r", "rv", "sk", "x", "zz")


def coin(number: int, rng: np.random.Generator) -> tuple[str, ...]:
    """Return `number` different capitalised made-up words of two or three syllables."""
    found: dict[str, None] = {}
    while len(found) < number:
        lots = uniform(rng, 6).tolist()
        parts = [_one(OPEN, lots[0]), _one(VOWELS, lots[1]), _one(OPEN, lots[2]), _one(VOWELS, lots[3])]
        word = "".join(parts) + (_one(CLOSE, lots[4]) if lots[5] < 0.7 else "")
        found[word.capitalize()] = None
    return tuple(found)


def _one(choices: tuple[str, ...], lot: float) -> str:
    return choices[int(lot * len(choices))]
