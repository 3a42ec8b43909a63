"""The truth of a world, for tests and analysis only: the best possible prediction, and what it rests on.

Nobody who sees only histories can rank better than the posterior predictive of the model that made them. Tastes are
finitely many, so it is computed exactly, by filtering over (taste, circle). It also knows at which moment each event
fell, which systems are not told: an upper bound for them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from bench.api import Answer, Query, Ranking, Train
from bench.errors import BenchError
from tasks.world.chance import Floats
from tasks.world.observer import Observer
from tasks.world.strengths import strengths
from tasks.world.world import World, make_world


@dataclass
class BayesOptimal:
    """Ranks by the exact posterior predictive of the world whose items it is shown; no registry lists it.

    `seed` must be that of the task's data. It looks up when the events of a query fell, and nothing behind them.
    """

    seed: int = 0
    world: World | None = field(default=None, init=False, repr=False)

    @classmethod
    def of(cls, world: World) -> BayesOptimal:
        """Return the optimum for a world with parameters of its own."""
        system = cls()
        system.world = world
        return system

    def fit(self, train: Train) -> None:
        """Make the world, unless it was given, and check that the training part is of it."""
        if self.world is None:
            name = next(iter(train.items)).rpartition("-")[0]
            self.world = make_world(name, strengths(name, {}), self.seed)
        if tuple(train.items) != self.world.shelf.ids:
            raise BenchError(f"BayesOptimal: the task's items are not those of a world with seed {self.seed}")

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return the `k` most probable items for every query."""
        if self.world is None:
            raise BenchError("BayesOptimal: rank was called before fit; call fit(train) first")
        observer = Observer(self.world.society)
        return [self._answer(self.world, observer, query, k) for query in queries]

    def _answer(self, world: World, observer: Observer, query: Query, k: int) -> Ranking:
        chances = predict(world, observer, query)
        barred = set(query.exclude)
        order = [world.shelf.ids[item] for item in np.argsort(-chances, kind="stable").tolist()]
        return Ranking(tuple(name for name in order if name not in barred)[:k])


def predict(world: World, observer: Observer, query: Query) -> Floats:
    """Return an observer's P(next item) for a query [items]; a history the world does not know is an error."""
    life = world.lives.get(query.user)
    past = len(query.history)
    if life is None or tuple(world.shelf.ids[item] for item in life.items[:past]) != query.history:
        raise BenchError(f"query {query.id}: not a history of this world; use the settings the data were made with")
    return observer.predict(life.items[:past], life.periods[: past + 1])


def next_attributes(world: World, query: Query) -> dict[str, Mapping[str, float]]:
    """Return, per attribute, how probable each of its values is for the item the user takes next."""
    chances = predict(world, Observer(world.society), query)
    shelf = world.shelf
    found: dict[str, Mapping[str, float]] = {}
    for place, attribute in enumerate(shelf.domain.attributes):
        shares = np.bincount(shelf.value[:, place], chances, len(attribute.values)).tolist()
        found[attribute.name] = dict(zip(attribute.values, shares, strict=True))
    return found


def signal(world: World, queries: Sequence[Query], targets: Sequence[str]) -> dict[str, tuple[float, float]]:
    """Return what observers make of the targets: mean gain over a uniform guess in nats, and hit rate at 10.

    `popularity` knows item weights, fashion and repeats; `visible` also tastes for what is seen and what complements
    what; `hidden` instead circles and chains; `everything` all causes. What `everything` lacks to log(items) nats is
    chance: no system can have it.
    """
    society = world.society
    observers = {
        "popularity": Observer(society.blind(visible=True, hidden=True)),
        "visible": Observer(society.blind(hidden=True)),
        "hidden": Observer(society.blind(visible=True)),
        "everything": Observer(society),
    }
    place = {name: number for number, name in enumerate(world.shelf.ids)}
    found: dict[str, tuple[float, float]] = {}
    for name, observer in observers.items():
        gains, hits = [], []
        for query, target in zip(queries, targets, strict=True):
            chances = predict(world, observer, query)
            chance = chances[place[target]]
            gains.append(math.log(chance * len(place)))
            hits.append(int((chances > chance).sum()) < 10)
        found[name] = (float(np.mean(gains)), float(np.mean(hits)))
    return found
