"""A log in which every item has one successor: what a system of order must learn."""

from __future__ import annotations

import numpy as np

from bench.api import Example, Item, Query, Train

NAMES = [f"item-{number:02d}" for number in range(24)]


def make_cycle(users: int = 96, seed: int = 0) -> Train:
    """Users who walk a cycle of items from a random start; the item after the walk validates."""
    rng = np.random.default_rng(seed)
    starts, sizes = rng.integers(0, len(NAMES), users), rng.integers(3, 10, users)
    walks = {
        f"u{user:03d}": tuple(NAMES[(start + step) % len(NAMES)] for step in range(size))
        for user, (start, size) in enumerate(zip(starts, sizes, strict=True))
    }
    after = {NAMES[index]: NAMES[(index + 1) % len(NAMES)] for index in range(len(NAMES))}
    validation = tuple(Example(Query(user, user, walk), (after[walk[-1]],)) for user, walk in walks.items())
    items = {name: Item(name, f"thing {place % 4} of {place // 4}") for place, name in enumerate(NAMES)}
    return Train(items, walks, validation)
