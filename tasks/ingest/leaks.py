"""Leaks as refusals: what a split must never do, asserted on event positions and again on the finished data set."""

from __future__ import annotations

from collections.abc import Iterable

from bench.api import Dataset, Example
from bench.errors import BenchError
from tasks.ingest.clean import Sequences
from tasks.ingest.sequences import Cut, Split


def check_split(sequences: Sequences, split: Split) -> None:
    """Raise BenchError if a training event is asked about, or a query sees its own target or what comes after.

    Positions, not item ids: users repeat items, and an item bought before is no leak.
    """
    if len(split.upto) != len(sequences.users):
        _refuse("split covers other users than the sequences", f"{len(split.upto)} against {len(sequences.users)}")
    sizes = (sequences.starts[1:] - sequences.starts[:-1]).tolist()
    for cut in (*split.validation, *split.test):
        _check_cut(cut, split.upto[cut.user], sizes[cut.user])
    _check_parts(split)
    if split.boundary is not None:
        _check_boundary(sequences, split, split.boundary)


def _check_cut(cut: Cut, upto: int, size: int) -> None:
    if not 0 <= cut.since <= cut.at < cut.until <= size:
        _refuse("history and targets overlap or leave the log", cut.id)
    if cut.at < upto:
        _refuse("a target event is a training event", cut.id)


def _check_parts(split: Split) -> None:
    """Validation events come before test events of the same user, and no event is asked about twice."""
    last: dict[int, int] = {}
    for cut in sorted(split.validation, key=lambda one: (one.user, one.at)):
        if cut.at < last.get(cut.user, 0):
            _refuse("a validation event is asked about twice", cut.id)
        last[cut.user] = cut.until
    for cut in sorted(split.test, key=lambda one: (one.user, one.at)):
        if cut.at < last.get(cut.user, 0):
            _refuse("a test event is a validation event or lies before one", cut.id)
        last[cut.user] = cut.until
    for name, cuts in (("validation", split.validation), ("test", split.test)):
        if len({cut.id for cut in cuts}) != len(cuts):
            _refuse(f"two {name} queries have one id", name)


def _check_boundary(sequences: Sequences, split: Split, boundary: float) -> None:
    """Under a split by time no training event is at or after the boundary and no target before it."""
    for user, upto in enumerate(split.upto):
        if upto and sequences.time[sequences.starts[user] + upto - 1] >= boundary:
            _refuse("a training event lies after the time of the split", sequences.users[user])
    for cut in (*split.validation, *split.test):
        if sequences.time[sequences.starts[cut.user] + cut.at] < boundary:
            _refuse("a target lies before the time of the split", cut.id)
    asked = [sequences.time[sequences.starts[cut.user] + cut.at] for cut in split.test]
    validated = [sequences.time[sequences.starts[cut.user] + cut.until - 1] for cut in split.validation]
    if asked and validated and min(asked) < max(validated):
        _refuse("a test target lies before a validation target", "split = time")


def check_dataset(dataset: Dataset) -> None:
    """Raise BenchError if a finished data set breaks the promises of `bench.api`.

    Sorted ids, known items only, unique query ids, targets present and distinct, exclusions left to the runner.
    """
    train = dataset.train
    for what, names in (("items", train.items), ("sequences", train.sequences)):
        if list(names) != sorted(names):
            _refuse(f"train.{what} is not in sorted order", what)
    known = train.items.keys()
    for user, sequence in train.sequences.items():
        if not known >= set(sequence):
            _refuse("a training event's item is not in the catalogue", user)
    _check_examples(train.validation, dataset)
    _check_examples(dataset.examples, dataset)


def check_users(dataset: Dataset) -> None:
    """Raise BenchError if a split by whole users has a user in two of its parts."""
    parts = [{example.query.user for example in part} for part in (dataset.train.validation, dataset.examples)]
    for one, other in ((parts[0], parts[1]), *((part, dataset.train.sequences.keys()) for part in parts)):
        if both := one & other:
            _refuse("a user is in two parts of a split by users", min(both))


def _check_examples(examples: Iterable[Example], dataset: Dataset) -> None:
    names: set[str] = set()
    known = dataset.train.items.keys()
    for example in examples:
        query = example.query
        if query.id in names:
            _refuse("two queries have one id", query.id)
        names.add(query.id)
        if not example.targets or len(set(example.targets)) != len(example.targets):
            _refuse("no target, or one target twice", query.id)
        if query.exclude:
            _refuse("exclusions belong to the runner", query.id)
        if not (known >= set(query.history) and known >= set(example.targets)):
            _refuse("an item is not in the catalogue", query.id)


def _refuse(what: str, where: str) -> None:
    raise BenchError(
        f"leak: {what} (at {where}); this is a defect of the split or the adapter, report it with the card"
    )
