"""Splits: which events of each user are training, validation and test, as positions, never as item ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from bench.errors import BenchError
from tasks.ingest.clean import Sequences

LEAST_EVENTS = 3
"""A user with fewer events cannot give a training, a validation and a test event: training only."""


@dataclass(frozen=True, slots=True)
class Cut:
    """One question about user number `user`: history is events [since, at), targets are events [at, until)."""

    id: str
    user: int
    since: int
    at: int
    until: int


@dataclass(frozen=True, slots=True)
class Split:
    """Per user (in the order of `Sequences.users`) events [0, upto) are training; cuts ask about the others.

    `boundary` is the time from which no event is training, where the split is by time.
    """

    upto: tuple[int, ...]
    validation: tuple[Cut, ...]
    test: tuple[Cut, ...]
    boundary: float | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How to split. `history` is the longest history of a query (0: all of it).

    `windows`: test (and as many validation) events a user, for `windows` and `time`; `validation_from` and
    `test_from`: shares of all events, in order of time, at which the `time` split cuts.
    """

    name: str = "last"
    history: int = 0
    windows: int = 1
    validation_from: float = 0.8
    test_from: float = 0.9

    def __post_init__(self) -> None:
        """Refuse figures that mean nothing."""
        if self.history < 0 or self.windows < 1:
            raise BenchError(f"history = {self.history}, windows = {self.windows}: expected history >= 0, windows >= 1")
        if not 0 < self.validation_from < self.test_from < 1:
            raise BenchError(
                "validation_from and test_from are shares of the events: 0 < validation_from < test_from < 1"
            )


def split_last(sequences: Sequences, plan: Plan) -> Split:
    """Leave last out: a user's last event is the test target, the one before it the validation target."""
    upto, validation, test = [], [], []
    for user, size in enumerate(np.diff(sequences.starts).tolist()):
        if size < LEAST_EVENTS:
            upto.append(size)
            continue
        upto.append(size - 2)
        validation.append(_cut(sequences, plan, user, size - 2))
        test.append(_cut(sequences, plan, user, size - 1))
    return Split(tuple(upto), tuple(validation), tuple(test))


def split_windows(sequences: Sequences, plan: Plan) -> Split:
    """Ask about each of a user's last `windows` events in turn (`user#n`), and about as many before for validation."""
    upto, validation, test = [], [], []
    for user, size in enumerate(np.diff(sequences.starts).tolist()):
        first = size - 2 * plan.windows
        if first < 1:
            upto.append(size)
            continue
        upto.append(first)
        middle = size - plan.windows
        validation += [_cut(sequences, plan, user, at, numbered=True) for at in range(first, middle)]
        test += [_cut(sequences, plan, user, at, numbered=True) for at in range(middle, size)]
    return Split(tuple(upto), tuple(validation), tuple(test))


def split_time(sequences: Sequences, plan: Plan) -> Split:
    """Cut the whole log at two moments, the same for all users.

    Training is everything before the first; the first `windows` events of each user after it, and after the second
    moment, are asked about, where the user has a history by then.
    """
    if not sequences.timed:
        raise BenchError("split = time needs time stamps, and this source has none; use split = last")
    clock = np.sort(sequences.time)
    early, late = (float(clock[int(share * len(clock))]) for share in (plan.validation_from, plan.test_from))
    upto, validation, test = [], [], []
    for user in range(len(sequences.users)):
        times = sequences.time[sequences.starts[user] : sequences.starts[user + 1]]
        first, second = (int(np.searchsorted(times, moment, side="left")) for moment in (early, late))
        upto.append(first)
        numbered = plan.windows > 1
        places = range(max(first, 1), min(first + plan.windows, second))
        validation += [_cut(sequences, plan, user, at, numbered=numbered) for at in places]
        places = range(max(second, 1), min(second + plan.windows, len(times)))
        test += [_cut(sequences, plan, user, at, numbered=numbered) for at in places]
    return Split(tuple(upto), tuple(validation), tuple(test), boundary=early)


def split_basket(sequences: Sequences, plan: Plan) -> Split:
    """Next basket: all items of a user's last basket are the targets, the basket before it is for validation.

    A basket is a run of events with one basket id, or with one time where the source names no baskets; an event
    outside all baskets is one by itself.
    """
    if not sequences.timed and bool((sequences.basket < 0).all()):
        raise BenchError(
            "split = basket needs basket ids or time stamps, and this source has neither; use split = last"
        )
    named = bool((sequences.basket >= 0).any())
    key = sequences.basket if named else sequences.time
    upto, validation, test = [], [], []
    for user in range(len(sequences.users)):
        mine = key[sequences.starts[user] : sequences.starts[user + 1]]
        edges = np.flatnonzero((mine[1:] != mine[:-1]) | (named & (mine[1:] < 0))) + 1
        if len(edges) < LEAST_EVENTS - 1:
            upto.append(len(mine))
            continue
        upto.append(int(edges[-2]))
        validation.append(_cut(sequences, plan, user, int(edges[-2]), until=int(edges[-1])))
        test.append(_cut(sequences, plan, user, int(edges[-1]), until=len(mine)))
    return Split(tuple(upto), tuple(validation), tuple(test))


def split_released(sequences: Sequences, plan: Plan, parts: Mapping[str, str]) -> Split:
    """Keep the publisher's own parts: whole users are training, validation or test, and their last event is asked."""
    if not parts:
        raise BenchError("split = released is for sources that come ready split; use split = last")
    cuts: dict[str, list[Cut]] = {"validation": [], "test": []}
    upto = []
    for user, size in enumerate(np.diff(sequences.starts).tolist()):
        part = parts[sequences.users[user]]
        asked = part != "train" and size > 1
        upto.append(0 if part != "train" else size)
        if asked:
            cuts[part].append(_cut(sequences, plan, user, size - 1))
    return Split(tuple(upto), tuple(cuts["validation"]), tuple(cuts["test"]))


def count_short(sequences: Sequences, plan: Plan, split: Split) -> int:
    """Return how many users have too few events (or baskets) to be tested.

    Splits by time and released ones leave out others for reasons of their own: there, users with a single event.
    """
    if plan.name in {"last", "windows", "basket"}:
        return len(sequences.users) - len({cut.user for cut in split.test})
    return int((np.diff(sequences.starts) < 2).sum())


SPLITS: Mapping[str, Callable[[Sequences, Plan], Split]] = {
    "last": split_last,
    "windows": split_windows,
    "time": split_time,
    "basket": split_basket,
}


def _cut(
    sequences: Sequences, plan: Plan, user: int, at: int, *, numbered: bool = False, until: int | None = None
) -> Cut:
    """Return the question at position `at`, named by the user, and by the position where a user has several."""
    name = sequences.users[user]
    since = max(0, at - plan.history) if plan.history else 0
    return Cut(f"{name}#{at}" if numbered else name, user, since, at, at + 1 if until is None else until)
