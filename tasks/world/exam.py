"""What a CLIP of the world is examined on: fresh draws, and for each attribute the wordings to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.rng import stream
from tasks.world.captions import instruct
from tasks.world.contrast import barred_pairs, shelve, world_shelf
from tasks.world.draw.make import stills
from tasks.world.passages import draw
from tasks.world.shelf import Shelf
from tasks.world.taxonomy import DOMAINS, Domain


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """Which value of an attribute do pictures show? `choices`: values per picture; `answers` [pictures]: the right one.

    `form`: "instruction" (the picture's instruction, that attribute swapped) or "value" (the bare value).
    """

    attribute: str
    form: str
    choices: tuple[tuple[str, ...], ...]
    answers: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """Pictures [n, h, w, 3] of one domain, the instruction of each, and what is asked; `looks`: their kind."""

    domain: str
    looks: str
    pixels: NDArray[np.uint8]
    texts: tuple[str, ...]
    questions: tuple[Question, ...]


def sheets(number: int = 100, seed: int = 0, world: int = 0) -> Iterator[Sheet]:
    """Yield, for every domain, fresh draws of `number` ordinary and as many held-out looks, and all its items.

    Nothing is asked of the items but which of them an instruction means.
    """
    for name, domain in DOMAINS.items():
        rng = stream(seed, "exam", name)
        looks = [draw(domain, barred_pairs(name, world), rng) for _ in range(number)]
        yield sheet(domain, "ordinary", shelve(domain, looks, "exam", world), seed)
        shelf = world_shelf(name, world)
        places = np.flatnonzero(shelf.held_out)
        looks = [dict(shelf.look(int(places[at % len(places)]))) for at in range(number)]
        yield sheet(domain, "held-out", shelve(domain, looks, "held-out exam", world), seed)
        yield sheet(domain, "items", shelf, world, ask=False)


def sheet(domain: Domain, looks: str, shelf: Shelf, seed: int, ask: bool = True) -> Sheet:
    """Return the sheet of all items of a shelf."""
    seen = [shelf.look(item) for item in range(len(shelf))]
    pixels = np.concatenate([stills(shelf, item, seed) for item in range(len(shelf))])
    texts = tuple(instruct(domain, look, Kind.IMAGE).text for look in seen)
    return Sheet(domain.name, looks, pixels, texts, tuple(questions(domain, seen)) if ask else ())


def questions(domain: Domain, seen: list[Mapping[str, str]]) -> Iterator[Question]:
    """Yield both questions for every attribute."""
    for one in domain.attributes:
        answers = np.array([one.values.index(look[one.name]) for look in seen], dtype=np.int64)
        swapped = tuple(
            tuple(instruct(domain, {**look, one.name: value}, Kind.IMAGE).text for value in one.values) for look in seen
        )
        yield Question(one.name, "instruction", swapped, answers)
        yield Question(one.name, "value", (one.values,) * len(seen), answers)
