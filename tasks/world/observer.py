"""An observer who believes in a society: exact prediction by filtering over (taste, circle)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tasks.world.chance import Floats, Ints
from tasks.world.society import Society, settled


@dataclass(frozen=True, slots=True, eq=False)
class Observer:
    """Somebody who believes in a society and sees histories with their periods."""

    society: Society
    whole: Floats = field(init=False, repr=False)  # sum of base weights over all items [periods, tastes, circles]
    moves: Floats = field(init=False, repr=False)  # chance that a taste becomes another [tastes to, tastes from]

    def __post_init__(self) -> None:
        """Compute once what no history changes."""
        society = self.society
        pulls = society.fashion * society.weight
        object.__setattr__(self, "whole", np.stack([society.taste @ (society.circle * pull).T for pull in pulls]))
        tastes, near = society.near.shape
        moves = np.eye(tastes) * (1 - society.drift)
        np.add.at(moves, (society.near, np.arange(tastes)[:, None]), society.drift / near)
        object.__setattr__(self, "moves", moves)

    def predict(self, items: Ints, periods: Ints) -> Floats:
        """Return P(next item) [items] after a history `items` [n]; `periods` [n + 1] ends with that of the next."""
        belief = self.uniform()
        for event, item in enumerate(items.tolist()):
            belief = self.learn(belief, items[:event], int(periods[event]), item)
        return self.outlook(belief, items, int(periods[len(items)]))

    def uniform(self) -> Floats:
        """Return the belief before any event [tastes, circles]."""
        states = (len(self.society.taste), len(self.society.circle))
        return np.full(states, 1 / (states[0] * states[1]))

    def learn(self, belief: Floats, before: Ints, period: int, item: int) -> Floats:
        """Return the belief about taste and circle after one more event, drift included."""
        society = self.society
        common, rest = settled(society, before)
        if item in before:
            likely = np.full(belief.shape, common[item])
        else:
            pull = society.fashion[period, item] * society.weight[item]
            chosen = np.outer(society.taste[:, item], society.circle[:, item]) * pull
            likely = common[item] + rest * chosen / self.offered(before, period)
        belief = belief * likely
        belief = belief / belief.sum()
        return self.moves @ belief if society.drift else belief

    def outlook(self, belief: Floats, before: Ints, period: int) -> Floats:
        """Return P(next item) under a belief [items]."""
        society = self.society
        common, rest = settled(society, before)
        mix = belief / self.offered(before, period)
        base = ((mix.T @ society.taste) * society.circle).sum(axis=0) * society.fashion[period] * society.weight
        base[before] = 0.0
        return np.asarray(common + rest * base)

    def offered(self, before: Ints, period: int) -> Floats:
        """Return the sum of base weights over what the user has not had [tastes, circles]."""
        society = self.society
        had = np.unique(before)  # few of many items
        pull = society.fashion[period, had] * society.weight[had]
        return np.asarray(self.whole[period] - society.taste[:, had] @ (society.circle[:, had] * pull).T)
