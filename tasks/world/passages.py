"""General text of the world: captions and instructions of things nobody owns, to pre-train a language model on.

Looks are drawn value by value, each as likely as any other, so nothing of the catalogue, of popularity or of a person
is in them; pairs of values that no item joins do not occur, nor do those that are held out from general text.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

import numpy as np

from bench.api import Kind
from bench.rng import stream
from tasks.world.captions import caption, instruct
from tasks.world.shelf import HELD_OUT, Shelf, stock
from tasks.world.strengths import strengths
from tasks.world.taxonomy import DOMAINS, Domain


@dataclass(frozen=True, slots=True)
class Passage:
    """What is said of one look: a caption, its terms, and the instructions for a picture and for a clip of it."""

    caption: str
    terms: tuple[str, ...]
    image: str
    video: str


def passages(number: int, seed: int = 0) -> Iterator[Passage]:
    """Yield `number` passages of every domain."""
    for name, domain in DOMAINS.items():
        rng = stream(seed, "passages", name)
        shelf = stock(domain, strengths(name, {}), seed)
        barred = {frozenset(pair) for pair in (*domain.impossible, *shelf.absent, *held_out_pairs(shelf))}
        for place in range(number):
            look = draw(domain, barred, rng)
            image, video = instruct(domain, look, Kind.IMAGE), instruct(domain, look, Kind.VIDEO)
            yield Passage(caption(domain, look, f"passage-{place}", seed), image.terms, image.text, video.text)


def held_out_pairs(shelf: Shelf) -> set[tuple[str, str]]:
    """Return the pairs of values that mark items as held out."""
    first, second = HELD_OUT[shelf.domain.name]
    looks = [shelf.look(item) for item in shelf.held_out.nonzero()[0].tolist()]
    return {(look[first], look[second]) for look in looks}


def draw(domain: Domain, barred: Set[frozenset[str]], rng: np.random.Generator) -> dict[str, str]:
    """Return a look that holds no barred pair of values."""
    while True:
        look = {one.name: one.values[int(rng.integers(len(one.values)))] for one in domain.attributes}
        values = list(look.values())
        if not any(frozenset((one, other)) in barred for at, one in enumerate(values) for other in values[:at]):
            return look
