"""What people choose and why: tastes, circles, fashion, and what follows what, as tables that multiply and mix.

A user has a taste z and a circle g. At moment t, after item i, the chance of item j is

    complement * C[i, j] + chain * S[i, j] + repeat * (share of j in the history) + rest * base[j]
    base[j] = taste[z, j] * circle[g, j] * fashion[t, j] * weight[j] / (sum over all j)

where C, S and base leave out what the user had before (only `repeat` brings it back) and are rescaled, and a part that
has nothing left to offer hands its chance to base. After each event the taste moves to one of its neighbours with
chance `drift`. Tastes are a finite set, so that the best possible prediction can be computed exactly (`truth.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from bench.rng import stream
from tasks.world.chance import Floats, Ints, bell, shuffled, uniform
from tasks.world.shelf import COMMUNITIES, Shelf
from tasks.world.strengths import Strengths

TASTES = 256
CIRCLES = 12
PERIODS = 12
NEIGHBOURS = 6
FASHIONABLE = 0.15
"""Half the share of the world's time for which an item gains from its moment."""


@dataclass(frozen=True, slots=True, eq=False)
class Society:
    """The tables: `taste` [TASTES, items], `circle` [CIRCLES, items], `fashion` [PERIODS, items], `weight` [items].

    `complement` and `chain` [items, items] have rows that sum to 1; `near` [TASTES, NEIGHBOURS] are the tastes a
    taste may drift to. `rates`: chances of complement, chain and repeat; `drift`: chance per event.
    """

    taste: Floats
    circle: Floats
    fashion: Floats
    weight: Floats
    complement: Floats
    chain: Floats
    near: Ints
    rates: tuple[float, float, float]
    drift: float

    def blind(self, *, visible: bool = False, hidden: bool = False) -> Society:
        """Return what an observer believes who does not know the visible causes, or the hidden ones."""
        complement, chain, repeat = self.rates
        return replace(
            self,
            taste=np.ones((1, self.taste.shape[1])) if visible else self.taste,
            near=np.zeros((1, 1), dtype=np.int64) if visible else self.near,
            circle=np.ones((1, self.circle.shape[1])) if hidden else self.circle,
            rates=(0.0 if visible else complement, 0.0 if hidden else chain, repeat),
        )


def form(shelf: Shelf, strengths: Strengths, seed: int) -> Society:
    """Return the society that lives with a shelf."""
    wishes = preferences(shelf, seed)
    liking = bell(stream(seed, "circles", shelf.domain.name), CIRCLES, COMMUNITIES)
    moments = (np.arange(PERIODS) + 0.5) / PERIODS
    apart = np.abs(moments[:, None] - shelf.moment[None, :])
    bump = np.maximum(0.0, 1 - np.minimum(apart, 1 - apart) / FASHIONABLE)
    return Society(
        taste=np.exp(strengths.taste * wishes),
        circle=np.exp(strengths.circle * liking[:, shelf.community]),
        fashion=np.exp(strengths.trend * bump),
        weight=shelf.weight,
        complement=_complement(shelf, seed),
        chain=_chain(shelf),
        near=_neighbours(wishes),
        rates=(strengths.complement, strengths.chain, strengths.repeat),
        drift=strengths.drift,
    )


def preferences(shelf: Shelf, seed: int) -> Floats:
    """Return how much each taste likes each item [TASTES, items], for what is visible of it; variance about 1 a row.

    A taste cares for some attributes more than for others, and likes the values of each to its own degrees.
    """
    rng = stream(seed, "tastes", shelf.domain.name)
    care = uniform(rng, TASTES, len(shelf.domain.attributes)) ** 4
    care /= np.sqrt((care**2).sum(axis=1, keepdims=True))
    total = np.zeros((TASTES, len(shelf)))
    for place, attribute in enumerate(shelf.domain.attributes):
        liked = bell(rng, TASTES, len(attribute.values))
        total += care[:, place, None] * liked[:, shelf.value[:, place]]
    return total


def _complement(shelf: Shelf, seed: int) -> Floats:
    """Return the chance of each item to go with another: one more of its kind, or of what its kind calls for.

    Every value of the first attribute calls for one other value, in a ring; both kinds are as likely. Items that share
    further values are preferred, three times as much for each.
    """
    values = len(shelf.domain.attributes[0].values)
    ring = shuffled(stream(seed, "complements", shelf.domain.name), values)
    calls_for = np.empty(values, dtype=np.int64)
    calls_for[ring] = np.roll(ring, -1)
    kind = shelf.value[:, 0]
    fits = (kind[:, None] == kind[None, :]) | (calls_for[kind][:, None] == kind[None, :])
    shared = (shelf.value[:, None, 1:] == shelf.value[None, :, 1:]).sum(axis=2)
    odds = fits * 3.0**shared * shelf.weight[None, :]
    np.fill_diagonal(odds, 0.0)
    return np.asarray(odds / odds.sum(axis=1, keepdims=True))


def _chain(shelf: Shelf) -> Floats:
    """Return the chance of each successor: the first is three times as likely as the last."""
    table = np.zeros((len(shelf), len(shelf)))
    shares = np.array([3.0, 2.0, 1.0]) / 6.0
    table[np.arange(len(shelf))[:, None], shelf.successor] = shares[None, :]
    return table


def _neighbours(wishes: Floats) -> Ints:
    """Return the NEIGHBOURS most similar tastes of each [TASTES, NEIGHBOURS]."""
    likeness = wishes @ wishes.T / np.sqrt((wishes**2).sum(axis=1))[None, :]
    np.fill_diagonal(likeness, -np.inf)
    return np.argsort(-likeness, axis=1, kind="stable")[:, :NEIGHBOURS].astype(np.int64)


def settled(society: Society, history: Ints) -> tuple[Floats, float]:
    """Return the part of the next choice that no taste decides [items], and the chance left to base."""
    items = society.weight.shape[0]
    common, rest = np.zeros(items), 1.0
    if not len(history):
        return common, rest
    complement, chain, repeat = society.rates
    fresh = np.ones(items)
    fresh[history] = 0.0
    for rate, row in ((complement, society.complement[history[-1]]), (chain, society.chain[history[-1]])):
        offered = row * fresh
        total = offered.sum()
        if rate and total > 0:
            common += rate / total * offered
            rest -= rate
    if repeat:
        common += repeat / len(history) * np.bincount(history, minlength=items)
        rest -= repeat
    return common, rest
