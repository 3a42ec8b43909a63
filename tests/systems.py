"""Small systems the tests ask: one that counts, and some that misbehave in one way each."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.api import Answer, Context, Failure, Query, Ranking, Train


@dataclass
class Counting:
    """Ranks by training count; `slow` seconds a block leave room for a kill, `trace` notes every fit."""

    slow: float = 0.0
    trace: str = ""
    context: Context = field(default_factory=Context)

    def fit(self, train: Train) -> None:
        if self.trace:
            with Path(self.trace).open("a") as stream:
                stream.write(f"fit {os.getpid()}\n")
        counts = Counter(item for sequence in train.sequences.values() for item in sequence)
        self.order = tuple(sorted(train.items, key=lambda item: (-counts[item], item)))

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        time.sleep(self.slow)
        return [self.answer(query, k) for query in queries]

    def answer(self, query: Query, k: int) -> Answer:
        barred = set(query.exclude)
        return Ranking(tuple(item for item in self.order if item not in barred)[:k])


@dataclass
class SometimesFails(Counting):
    """Fails for users whose number is even."""

    def answer(self, query: Query, k: int) -> Answer:
        return Failure("even users are hard") if int(query.user[1:]) % 2 == 0 else super().answer(query, k)


@dataclass
class Breaks(Counting):
    """Breaks the contract in the way `how` says."""

    how: str = "unknown"

    def answer(self, query: Query, k: int) -> Answer:
        items = self.order[:k]
        return {
            "unknown": Ranking(("no such item", *items)),
            "twice": Ranking((items[0], *items)),
            "excluded": Ranking((*query.exclude[:1], *items)[:1]),
            "ties": Ranking(items, ties=(1,)),
            "rest": Ranking(items, rest=3),
            "kind": "a string",
        }[self.how]  # type: ignore[return-value]


@dataclass
class Crashes(Counting):
    """Raises while ranking."""

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        raise ZeroDivisionError("a bug in somebody's system")


@dataclass
class TooFew(Counting):
    """Forgets a query."""

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        return super().rank(queries, k)[1:]


@dataclass
class Remembers(Counting):
    """Leaves a file in its folder of checkpoints for every time it learnt."""

    def fit(self, train: Train) -> None:
        super().fit(train)
        assert self.context.work is not None
        self.context.work.mkdir(parents=True, exist_ok=True)
        (self.context.work / f"fit{len(list(self.context.work.iterdir()))}").touch()


@dataclass
class Meddles(Counting):
    """Tries to change what others learn from."""

    def fit(self, train: Train) -> None:
        train.sequences["u000"] = ()  # type: ignore[index]


@dataclass
class Saying:
    """A passage of general text."""

    caption: str
    terms: tuple[str, ...]
    image: str
    video: str


def sayings(number: int, seed: int) -> Iterator[Saying]:
    """Yield passages for a small base."""
    for place in range(number):
        thing = f"{('red', 'blue', 'green')[(place + seed) % 3]} {('lamp', 'chair')[place % 2]}"
        yield Saying(f"a {thing} by a window", tuple(thing.split()), f"Draw a {thing}.", f"Film a {thing}.")
