"""Instructors that say terms in a plain sentence: everybody's, the history's, or the last item's.

What they choose among is an item's features: a slot of its attributes with the usual wording of its value, or, where it
has no slots, each of its terms.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from baselines.encode import fitted
from bench.api import Answer, Failure, Instruction, Item, Kind, Query, Train
from bench.errors import BenchError
from bench.terms import MOST, SLOT, item_terms

Feature = tuple[str, str]

OPENINGS = {Kind.IMAGE: "a picture of", Kind.VIDEO: "a video of"}
DIGITS = 9  # sums of the same weights tie, in whichever order they were added
NOTHING = "no item of the catalogue has attributes or terms to speak of"


def features(item: Item) -> tuple[Feature, ...]:
    """Return an item's slots with the first wording of each, in order; of an item without slots, its terms under ""."""
    slots = ((slot, wordings[0].strip()) for slot, wordings in item.attributes.items() if slot != SLOT and wordings)
    found = tuple((slot, wording) for slot, wording in slots if wording)
    return found or tuple(("", term) for term in item_terms(item))


@dataclass(frozen=True, slots=True)
class Spoken:
    """What can be said of a catalogue: every item's features, how often training has each, and the usual answer.

    `slots` are the slots in the catalogue's order, each with its most popular value; `loose` are terms without a slot,
    most popular first, as many as an item has on average and at most ten.
    """

    items: Mapping[str, tuple[Feature, ...]]
    popularity: Mapping[Feature, int]
    slots: Mapping[str, Feature]
    loose: tuple[Feature, ...]

    @classmethod
    def of(cls, train: Train) -> Spoken:
        """Count the features of all training events; a repeated event counts every time."""
        items = {name: features(train.items[name]) for name in sorted(train.items)}
        popularity = Counter(dict.fromkeys(chain.from_iterable(items.values()), 0))
        for item, number in Counter(chain.from_iterable(train.sequences.values())).items():
            for feature in items.get(item, ()):
                popularity[feature] += number
        ordered = sorted(popularity, key=lambda feature: (-popularity[feature], feature[1]))
        slots = dict.fromkeys(slot for own in items.values() for slot, _ in own if slot)
        heads = {slot: next(feature for feature in ordered if feature[0] == slot) for slot in slots}
        numbers = [len(own) for own in items.values() if own and not own[0][0]]
        usual = min(MOST, round(sum(numbers) / len(numbers))) if numbers else 0
        return cls(items, popularity, heads, tuple(feature for feature in ordered if not feature[0])[:usual])

    def best(self, weights: Mapping[Feature, float]) -> tuple[str, ...]:
        """Return the heaviest value of every slot, then the heaviest terms without a slot; at most ten.

        Ties go to the more popular and then by name; a slot without any weight goes to its most popular value.
        """

        def order(feature: Feature) -> tuple[float, int, str]:
            return (-round(weights[feature], DIGITS), -self.popularity[feature], feature[1])

        heaviest: dict[str, Feature] = {}
        for feature in sorted(weights, key=order):
            heaviest.setdefault(feature[0], feature)
        loose = sorted((feature for feature in weights if not feature[0]), key=order)[: len(self.loose)]
        chosen = [heaviest.get(slot, usual) for slot, usual in self.slots.items()] + (loose or list(self.loose))
        return tuple(dict.fromkeys(value for _, value in chosen))[:MOST]


def say(terms: tuple[str, ...], kind: Kind) -> Answer:
    """Return the terms as one sentence, or a Failure where there are none."""
    if kind not in OPENINGS:
        raise BenchError(f"instructions are for {' or '.join(OPENINGS)}, not for {kind}")
    return Instruction(f"{OPENINGS[kind]} {', '.join(terms)}", terms) if terms else Failure(NOTHING)


@dataclass
class PopularTerms:
    """For every slot the most frequent value among training events: not personal, the floor of every instructor."""

    spoken: Spoken | None = field(default=None, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Count the values of the training events."""
        self.spoken = Spoken.of(train)

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return the same instruction for every query."""
        answer = say(fitted(self.spoken, self, "instruct").best({}), kind)
        return [answer for _ in queries]


@dataclass
class HistoryTerms:
    """For every slot the most frequent value of the history, an event d places from the end weighing `decay` ** d.

    Ties, and slots the history says nothing of, go to the value that is more popular in training, then by name.
    """

    decay: float = 0.8
    spoken: Spoken | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if not 0 < self.decay <= 1:
            raise BenchError(f"HistoryTerms: decay is {self.decay}; expected above 0 and at most 1")

    def fit(self, train: Train) -> None:
        """Count the values of the training events, which break ties."""
        self.spoken = Spoken.of(train)

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return one instruction a query; an empty history gets the popular terms."""
        spoken = fitted(self.spoken, self, "instruct")
        return [say(spoken.best(self._weights(query.history, spoken)), kind) for query in queries]

    def _weights(self, history: Iterable[str], spoken: Spoken) -> dict[Feature, float]:
        weights: dict[Feature, float] = {}
        known = [spoken.items[item] for item in history if item in spoken.items]
        for distance, own in enumerate(reversed(known)):
            for feature in own:
                weights[feature] = weights.get(feature, 0.0) + self.decay**distance
        return weights


@dataclass
class RecentTerms:
    """The values of the last item of the history that has any; an empty history gets the popular terms."""

    spoken: Spoken | None = field(default=None, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Learn the catalogue, and the popular values for histories that say nothing."""
        self.spoken = Spoken.of(train)

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return one instruction a query."""
        spoken = fitted(self.spoken, self, "instruct")
        popular = spoken.best({})
        return [say(self._last(query.history, spoken) or popular, kind) for query in queries]

    def _last(self, history: Sequence[str], spoken: Spoken) -> tuple[str, ...]:
        for item in reversed(history):
            if own := spoken.items.get(item):
                return tuple(dict.fromkeys(value for _, value in own))[:MOST]
        return ()
