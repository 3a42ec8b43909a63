"""Samples of small planted worlds, and samples by hand."""

from __future__ import annotations

from functools import lru_cache

from bench.api import Item, Kind, Train
from navigen.teacher.sample import Sample
from tasks.world.load import load

KINDS = (Kind.IMAGE, Kind.VIDEO)
MUG = Item(
    "mug",
    "Vleildo mug",
    "A red mug made of ceramic.",
    {
        "terms": ("mug", "kitchen", "red"),
        "category": ("mug", "cup"),
        "setting": ("kitchen",),
        "colour": ("red", "crimson"),
    },
)
LAMP = Item(
    "lamp",
    "Brozz lamp",
    "A blue lamp.",
    {"terms": ("lamp", "office", "blue"), "category": ("lamp",), "setting": ("office",), "colour": ("blue", "navy")},
)
BARE = Item("bare", "A story of whales", "Deep under the sea.")


def by_hand(target: Item = MUG, kind: Kind = Kind.IMAGE, name: str = "s") -> Sample:
    return Sample(name, (LAMP, MUG, LAMP), target, kind)


@lru_cache
def small_world(domain: str) -> Train:
    return load(None, domain=domain, items=120, users=300).train


def world_samples(domain: str, count: int) -> list[Sample]:
    train = small_world(domain)
    return [
        Sample(
            one.query.id,
            tuple(map(train.items.__getitem__, one.query.history)),
            train.items[one.targets[0]],
            KINDS[turn % 2],
        )
        for turn, one in enumerate(train.validation[:count])
    ]
