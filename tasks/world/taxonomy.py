"""What is visible in the world: the attributes of each domain, their values, and the words people use for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.errors import unknown
from tasks.world import words


@dataclass(frozen=True, slots=True)
class Attribute:
    """A visible property: its values, each with the wordings that mean it (the value itself first).

    `name` is what a card and a scorer call it. Wordings are unique within a domain, so a text can be read back.
    """

    name: str
    words: Mapping[str, tuple[str, ...]]

    @property
    def values(self) -> tuple[str, ...]:
        """The values in their fixed order."""
        return tuple(self.words)


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain's attributes, most essential first: the order of an item's terms.

    `impossible` lists pairs of values that no item joins, because nobody would make such a thing.
    """

    name: str
    attributes: tuple[Attribute, ...]
    impossible: frozenset[tuple[str, str]]

    def attribute(self, name: str) -> Attribute:
        """Return an attribute by name."""
        for one in self.attributes:
            if one.name == name:
                return one
        raise unknown(f"attribute of {self.name}", name, [one.name for one in self.attributes])


def domain(name: str) -> Domain:
    """Return a domain by name; BenchError with the nearest names for another."""
    if name not in DOMAINS:
        raise unknown("domain", name, DOMAINS)
    return DOMAINS[name]


def _domain(name: str, tables: Mapping[str, str], impossible: Mapping[str, str]) -> Domain:
    attributes = tuple(Attribute(title, _wordings(table)) for title, table in tables.items())
    pairs = frozenset((value, other.strip()) for value, others in impossible.items() for other in others.split(","))
    return Domain(name, attributes, pairs)


def _wordings(table: str) -> dict[str, tuple[str, ...]]:
    rows = [tuple(word.strip() for word in line.split(",")) for line in table.strip().splitlines()]
    return {row[0]: row for row in rows}


PRODUCT = _domain(
    "product",
    words.PRODUCT,
    {
        "backpack": "wood, glass, ceramic",
        "sneaker": "wood, metal, glass, ceramic",
        "cushion": "wood, metal, glass, ceramic",
        "umbrella": "wood, ceramic",
        "hat": "metal, glass, ceramic",
        "guitar": "fabric, ceramic, glass",
        "teapot": "fabric, wood",
        "mug": "fabric",
        "vase": "fabric",
        "clock": "fabric",
        "chair": "ceramic",
    },
)

GAME = _domain(
    "game",
    words.GAME,
    {"racing": "ocean", "football": "space, ocean", "farming": "space, ocean, volcano"},
)

SHORT_VIDEO = _domain(
    "short-video",
    words.SHORT_VIDEO,
    {"car": "stage, kitchen", "balloon": "kitchen", "skater": "kitchen, forest"},
)

DOMAINS: Mapping[str, Domain] = {one.name: one for one in (PRODUCT, GAME, SHORT_VIDEO)}
