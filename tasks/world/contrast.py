"""Pictures and texts of the world that differ in one visible value at a time, to learn or to examine a CLIP with.

Looks are drawn value by value, each as likely as any other, and hold neither a pair of values that no item joins nor
one that is held out. A batch consists of small groups: a look, and looks that differ from it in one value. Within a
batch no two looks are the same as far as a picture shows them, so every text fits exactly one picture.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from bench.api import Kind
from bench.rng import stream
from tasks.world.captions import instruct, sentence
from tasks.world.draw.make import clip, stills
from tasks.world.passages import draw, held_out_pairs
from tasks.world.shelf import Shelf, stock
from tasks.world.strengths import strengths
from tasks.world.taxonomy import DOMAINS, Domain

UNSEEN = ("camera",)
"""Attributes that no single picture shows."""
FRAME = 0.25
"""Share of pictures that are a frame of a clip."""
TOLD, LISTED = 0.4, 0.2
"""Shares of texts that are the instruction and the list of terms; the rest are captions that leave nothing out."""

Look = dict[str, str]
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Pictures [n, h, w, 3], the text of each, and the right value of every question [n, questions], -1: not asked."""

    pixels: Pixels
    texts: tuple[str, ...]
    answers: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Contrast:
    """Endless batches of `groups` groups of `group` looks a domain; a batch depends on its number and the seed alone.

    `world` is the seed of the world whose held-out pairs are kept out.
    """

    groups: int = 15
    group: int = 6
    seed: int = 0
    world: int = 0

    @property
    def questions(self) -> tuple[tuple[tuple[str, ...], ...], ...]:
        """What a picture can be asked: per question its values, each with all wordings, the value itself first."""
        return tuple(
            tuple(one.words[value] for value in one.values)
            for domain in DOMAINS.values()
            for one in domain.attributes
            if one.name not in UNSEEN
        )

    def texts(self, number: int) -> list[str]:
        """Return texts of `number` looks a domain in every form, for a vocabulary."""
        found = [wording for question in self.questions for value in question for wording in value]
        for name, domain in DOMAINS.items():
            rng, barred = stream(self.seed, "texts", name), barred_pairs(name, self.world)
            for _ in range(number):
                look = draw(domain, barred, rng)
                found += [instruct(domain, look, kind).text for kind in (Kind.IMAGE, Kind.VIDEO)]
                found += [paraphrase(domain, look, rng), ", ".join(look.values())]
        return found

    def batch(self, number: int) -> Batch:
        """Return a batch, its domains one after another."""
        pixels: list[Pixels] = []
        texts: list[str] = []
        rows: list[list[int]] = []
        first = 0
        for name, domain in DOMAINS.items():
            rng = stream(self.seed, "contrast", name, number)
            looks = draw_groups(domain, barred_pairs(name, self.world), self.groups, self.group, rng)
            shelf = shelve(domain, looks, f"contrast-{number}", self.world)
            asked = [one for one in domain.attributes if one.name not in UNSEEN]
            for item, look in enumerate(looks):
                moving = rng.random() < FRAME
                pixels.append(picture(shelf, item, self.seed, moving, rng))
                texts.append(say(domain, look, Kind.VIDEO if moving else Kind.IMAGE, rng))
                right = [-1] * len(self.questions)
                for place, one in enumerate(asked, start=first):
                    right[place] = one.values.index(look[one.name])
                rows.append(right)
            first += len(asked)
        return Batch(np.stack(pixels), tuple(texts), np.array(rows, dtype=np.int64))


@cache
def world_shelf(name: str, world: int) -> Shelf:
    """Return the shelf of a world of its usual strengths."""
    return stock(DOMAINS[name], strengths(name, {}), world)


@cache
def barred_pairs(name: str, world: int) -> frozenset[frozenset[str]]:
    """Return the pairs of values that nothing to learn from may join: impossible, absent from the world, held out."""
    shelf = world_shelf(name, world)
    return frozenset(map(frozenset, (*shelf.domain.impossible, *shelf.absent, *held_out_pairs(shelf))))


def draw_groups(
    domain: Domain, barred: Set[frozenset[str]], groups: int, group: int, rng: np.random.Generator
) -> list[Look]:
    """Return `groups` times a look and `group` - 1 looks that differ from it in one value a picture shows."""
    asked = [one for one in domain.attributes if one.name not in UNSEEN]
    seen: set[tuple[str, ...]] = set()
    found: list[Look] = []
    while len(found) < groups * group:
        base = draw(domain, barred, rng) if len(found) % group == 0 else found[len(found) - len(found) % group]
        look = dict(base)
        if len(found) % group:
            one = asked[int(rng.integers(len(asked)))]
            look[one.name] = one.values[int(rng.integers(len(one.values)))]
        key = tuple(look[one.name] for one in asked)
        if key not in seen and not is_barred(look, barred):
            seen.add(key)
            found.append(look)
    return found


def is_barred(look: Look, barred: Set[frozenset[str]]) -> bool:
    """Return whether a look holds a barred pair of values."""
    values = list(look.values())
    return any(frozenset((one, other)) in barred for at, one in enumerate(values) for other in values[:at])


def shelve(domain: Domain, looks: list[Look], name: str, world: int) -> Shelf:
    """Return looks as a shelf that can be drawn; `name` decides the chance in their pictures."""
    codes = [[one.values.index(look[one.name]) for one in domain.attributes] for look in looks]
    ids = tuple(f"{domain.name}-{name}-{place}" for place in range(len(looks)))
    return replace(world_shelf(domain.name, world), ids=ids, value=np.array(codes, dtype=np.int64))


def picture(shelf: Shelf, item: int, seed: int, moving: bool, rng: np.random.Generator) -> Pixels:
    """Return a still of an item, or a frame of its clip [h, w, 3]."""
    drawn = clip(shelf, item, seed, frames=3) if moving else stills(shelf, item, seed)
    chosen: Pixels = drawn[int(rng.integers(3)) if moving else 0]
    return chosen


def say(domain: Domain, look: Look, kind: Kind, rng: np.random.Generator) -> str:
    """Return a text that says all of a look: its instruction, the list of its terms, or a caption."""
    lot = rng.random()
    if lot < TOLD:
        return instruct(domain, look, kind).text
    return ", ".join(look.values()) if lot < TOLD + LISTED else paraphrase(domain, look, rng)


def paraphrase(domain: Domain, look: Look, rng: np.random.Generator) -> str:
    """Return a caption of a look that leaves nothing out, in any wording and order."""
    said = {}
    for one in domain.attributes:
        wordings = one.words[look[one.name]]
        said[one.name] = wordings[int(rng.integers(len(wordings)))]
    return sentence(domain, said, rng)
