"""What the people of a world do: one life a user, each event chosen as `society.py` says."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bench.rng import stream
from tasks.world.chance import Floats, Ints, pick
from tasks.world.society import CIRCLES, PERIODS, TASTES, Society, settled
from tasks.world.strengths import Strengths

LATEST = 0.7
"""Users join uniformly over this first share of the world's time."""


@dataclass(frozen=True, slots=True, eq=False)
class Life:
    """One user's events in order: `items` and `tastes` [events], `moments` [events] in [0, 1), rising; one circle."""

    items: Ints
    moments: Floats
    tastes: Ints
    circle: int

    @property
    def periods(self) -> Ints:
        """The period of the world's time that each event falls in [events]."""
        return np.floor(self.moments * PERIODS).astype(np.int64)


def live(society: Society, strengths: Strengths, seed: int, domain: str, number: int) -> Life:
    """Return the life of user `number`, whoever else lives."""
    rng = stream(seed, "life", domain, number)
    events = min(strengths.most, strengths.least + math.floor(-strengths.longer * math.log(1 - rng.random())))
    joined = LATEST * rng.random()
    moments = np.sort(joined + (1 - joined) * rng.random(events))
    taste, circle = math.floor(TASTES * rng.random()), math.floor(CIRCLES * rng.random())
    periods = np.floor(moments * PERIODS).astype(np.int64)
    items, tastes = np.zeros(events, dtype=np.int64), np.zeros(events, dtype=np.int64)
    for event in range(events):
        before = items[:event]
        common, rest = settled(society, before)
        base = society.taste[taste] * society.circle[circle] * society.fashion[periods[event]] * society.weight
        base[before] = 0.0
        items[event], tastes[event] = pick(rng, common + rest / base.sum() * base), taste
        if rng.random() < society.drift:
            taste = int(society.near[taste, math.floor(society.near.shape[1] * rng.random())])
    return Life(items, moments, tastes, circle)
