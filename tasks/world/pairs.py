"""Texts with pictures or clips of things nobody owns, to train a generator of pictures or clips on.

Looks are drawn as for general text (`tasks.world.passages`): each value as likely as any other, without the pairs that
no item joins and without those that are held out; so nothing of the catalogue or of a person is in them.

What a generator learns from is drawn from one standpoint a domain, which hardly moves (`SPREAD`): a small network has
time to learn what things look like, or all the ways in which chance may arrange them, not both. `draws` are free.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.rng import stream
from tasks.world.captions import caption, instruct
from tasks.world.draw.make import LOTS, Pixels, paint_clip, paint_stills
from tasks.world.passages import draw, held_out_pairs
from tasks.world.shelf import stock
from tasks.world.strengths import strengths
from tasks.world.taxonomy import DOMAINS, Domain

OTHER = 0.3
"""Chance that a list of terms says a value by another wording."""
SPREAD = 0.1
"""How far the chance numbers of a picture that is learnt from spread, as a share of what they may."""


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One look: what can be said of it, and its pixels [frames, size, size, 3] (one frame: a picture).

    The first of `texts` is the instruction. `labels`: attribute -> value, what the pixels are to show.
    """

    domain: str
    texts: tuple[str, ...]
    pixels: Pixels
    labels: Mapping[str, str]


def pairs(number: int, seed: int, frames: int = 1, size: int = 64) -> Iterator[Pair]:
    """Yield `number` pairs of every domain in turn, from one standpoint: pictures for one frame, clips for more."""
    return _pairs("pairs", number, seed, frames, size, spread=SPREAD)


def draws(number: int, seed: int, frames: int = 1, size: int = 64) -> Iterator[Pair]:
    """Yield pairs of looks as `pairs` does, their pixels as free as those of the world's items."""
    return _pairs("draws", number, seed, frames, size)


def every(number: int, seed: int, frames: int = 1, size: int = 64) -> Iterator[Pair]:
    """Yield pairs as `draws` does, held-out pairs of values among them as often as chance has it."""
    return _pairs("every", number, seed, frames, size, held_out=None)


def held_out(number: int, seed: int, frames: int = 1, size: int = 64) -> Iterator[Pair]:
    """Yield pairs as `draws` does, of looks that hold a pair of values which the others never join."""
    return _pairs("held-out pairs", number, seed, frames, size, held_out=True)


def standpoint(domain: Domain) -> NDArray[np.float64]:
    """Return the chance numbers [LOTS] near which everything is drawn that is learnt from."""
    return stream(0, "standpoint", domain.name).random(LOTS)


def _pairs(
    what: str, number: int, seed: int, frames: int, size: int, spread: float = 1.0, held_out: bool | None = False
) -> Iterator[Pair]:
    lines = [
        _Line(domain, held_out, spread, stream(seed, what, name, frames, size)) for name, domain in DOMAINS.items()
    ]
    for _ in range(number):
        for line in lines:
            yield line.pair(frames, size)


class _Line:
    """The looks of one domain, one after another."""

    def __init__(self, domain: Domain, held_out: bool | None, spread: float, rng: np.random.Generator) -> None:
        shelf = stock(domain, strengths(domain.name, {}), 0)  # the world of the cards
        self.domain, self.rng, self.spread = domain, rng, spread
        self.standpoint = standpoint(domain)
        self.kept = sorted(held_out_pairs(shelf))
        self.wanted = {frozenset(pair) for pair in self.kept} if held_out else None
        self.barred = {frozenset(pair) for pair in (*domain.impossible, *shelf.absent)}
        if held_out is False:
            self.barred |= {frozenset(pair) for pair in self.kept}

    def pair(self, frames: int, size: int) -> Pair:
        look = self.look()
        lots = self.standpoint + self.spread * (self.rng.random(LOTS) - self.standpoint)
        if frames > 1:
            pixels = paint_clip(self.domain.name, look, lots, size, frames)
        else:
            pixels = paint_stills(self.domain.name, look, lots[None], size)
        kind = Kind.VIDEO if frames > 1 else Kind.IMAGE
        return Pair(self.domain.name, self.texts(look, kind), pixels, look)

    def look(self) -> dict[str, str]:
        while True:
            look = draw(self.domain, self.barred, self.rng)
            if self.wanted is None or any(set(pair) <= set(look.values()) for pair in self.wanted):
                return look

    def texts(self, look: Mapping[str, str], kind: Kind) -> tuple[str, ...]:
        """Return the instruction, two captions, and two bare lists of terms."""
        name, seed = "".join(map(chr, self.rng.integers(97, 123, 12))), int(self.rng.integers(2**31))
        captions = [caption(self.domain, look, name, seed, number) for number in range(2)]
        thing = "clip" if kind is Kind.VIDEO else "picture"
        shuffled = [list(look)[place] for place in self.rng.permutation(len(look))]
        listed = ", ".join(self.worded(attribute, look[attribute]) for attribute in shuffled)
        instruction = instruct(self.domain, look, kind).text
        return (instruction, *captions, ", ".join(look.values()), f"a {thing} of {listed}")

    def worded(self, attribute: str, value: str) -> str:
        words = self.domain.attribute(attribute).words[value]
        return words[int(self.rng.integers(len(words)))] if self.rng.random() < OTHER else value
