"""The items of the world: which attributes go together, what nobody sees, and which combinations are held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.rng import stream
from tasks.world.chance import Floats, Ints, pick, shuffled, uniform
from tasks.world.names import coin
from tasks.world.strengths import Strengths
from tasks.world.taxonomy import Domain

COMMUNITIES = 12
SUCCESSORS = 3
COMMON, RARE, ABSENT = 0.15, 0.3, 0.06
"""Shares of value pairs that are three times as likely as others, a fifth as likely, and never seen."""
HELD_OUT = {"product": ("category", "colour"), "game": ("genre", "world"), "short-video": ("subject", "scene")}
"""The two attributes some of whose pairs are kept from whoever learns pictures or text in general."""
HELD_OUT_SHARE = 0.08


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """A domain's items, by number.

    `value` [items, attributes]: codes of the visible values. Hidden: `community` [items], `successor` [items,
    SUCCESSORS], `weight` [items] (popularity), `moment` [items] in [0, 1) (when an item is in fashion). `held_out`
    [items] marks items with a held-out pair of values; `absent` lists pairs of values that no item joins.
    """

    domain: Domain
    ids: tuple[str, ...]
    names: tuple[str, ...]
    value: Ints
    community: Ints
    successor: Ints
    weight: Floats
    moment: Floats
    held_out: NDArray[np.bool_]
    absent: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.ids)

    def look(self, item: int) -> Mapping[str, str]:
        """Return what is visible of an item: attribute -> value, most essential first."""
        codes = self.value[item].tolist()
        return {one.name: one.values[code] for one, code in zip(self.domain.attributes, codes, strict=True)}


def stock(domain: Domain, strengths: Strengths, seed: int) -> Shelf:
    """Return the shelf of a world; no two items share all visible values."""
    joint, absent = affinities(domain, seed)
    value = combine(domain, joint, strengths.items, seed)
    rng = stream(seed, "shelf", domain.name)
    rank = shuffled(rng, strengths.items).astype(np.float64)
    successor = np.stack([_others(rng, item, strengths.items) for item in range(strengths.items)])
    width = len(str(strengths.items - 1))
    return Shelf(
        domain=domain,
        ids=tuple(f"{domain.name}-{item:0{width}d}" for item in range(strengths.items)),
        names=coin(strengths.items, stream(seed, "names", domain.name)),
        value=value,
        community=np.floor(uniform(rng, strengths.items) * COMMUNITIES).astype(np.int64),
        successor=successor,
        weight=(rank + 5.0) ** -strengths.popularity,
        moment=uniform(rng, strengths.items),
        held_out=_held_out(domain, value, seed),
        absent=absent,
    )


def affinities(domain: Domain, seed: int) -> tuple[dict[tuple[int, int], Floats], tuple[tuple[str, str], ...]]:
    """Return how readily the values of every two attributes meet [values, values], and the pairs that never do."""
    tables: dict[tuple[int, int], Floats] = {}
    absent: list[tuple[str, str]] = []
    for one, first in enumerate(domain.attributes):
        for other, second in enumerate(domain.attributes[one + 1 :], start=one + 1):
            lot = uniform(stream(seed, "affinity", domain.name, one, other), len(first.values), len(second.values))
            table = np.where(lot < COMMON, 3.0, np.where(lot < COMMON + RARE, 0.2, 1.0))
            table[lot >= 1 - ABSENT] = 0.0
            for row, left in enumerate(first.values):
                for place, right in enumerate(second.values):
                    if (left, right) in domain.impossible:
                        table[row, place] = 0.0
                    elif table[row, place] == 0:
                        absent.append((left, right))
            tables[one, other] = table
    return tables, tuple(absent)


def combine(domain: Domain, joint: Mapping[tuple[int, int], Floats], number: int, seed: int) -> Ints:
    """Return `number` different rows of value codes [number, attributes], drawn attribute by attribute."""
    rng = stream(seed, "combinations", domain.name)
    found: dict[tuple[int, ...], None] = {}
    for _ in range(100 * number):
        row: list[int] = []
        for place, attribute in enumerate(domain.attributes):
            odds = np.ones(len(attribute.values))
            for earlier, code in enumerate(row):
                odds *= joint[earlier, place][code]
            if not odds.any():
                break
            row.append(pick(rng, odds))
        if len(row) == len(domain.attributes):
            found[tuple(row)] = None
        if len(found) == number:
            return np.array(list(found), dtype=np.int64)
    raise BenchError(f"data.items: {domain.name} has fewer than {number} different items; ask for fewer")


def _others(rng: np.random.Generator, item: int, number: int) -> Ints:
    """Return SUCCESSORS different items, none of them `item`."""
    chosen = shuffled(rng, number - 1)[:SUCCESSORS]
    return chosen + (chosen >= item)


def _held_out(domain: Domain, value: Ints, seed: int) -> NDArray[np.bool_]:
    """Return which items carry a held-out pair of values: pairs in random order until the share is reached."""
    names = [one.name for one in domain.attributes]
    first, second = (names.index(name) for name in HELD_OUT[domain.name])
    width = len(domain.attributes[second].values)
    pair = value[:, first] * width + value[:, second]
    marked = np.zeros(len(value), dtype=np.bool_)
    for chosen in shuffled(stream(seed, "held out", domain.name), len(domain.attributes[first].values) * width):
        if marked.mean() >= HELD_OUT_SHARE:
            break
        marked |= pair == chosen
    return marked
