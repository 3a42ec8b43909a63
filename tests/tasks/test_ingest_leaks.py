"""Planted leaks: every promise of a split and of a data set, broken on purpose, must be refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bench.api import Dataset, Example, Item, Query, Train
from bench.errors import BenchError
from tasks.ingest.clean import Sequences, order_events
from tasks.ingest.leaks import check_dataset, check_split
from tasks.ingest.log import collect
from tasks.ingest.rows import Event
from tasks.ingest.sequences import Plan, Split, split_last, split_released


def three_users() -> tuple[Sequences, Split]:
    rows = [Event(user, item, float(time)) for user in "uvw" for time, item in enumerate("abcab")]
    sequences = order_events(collect(rows), "keep")
    return sequences, split_last(sequences, Plan())


def test_repeated_items_are_no_leak() -> None:
    sequences, split = three_users()
    check_split(sequences, split)


def test_a_test_event_in_training_is_refused() -> None:
    sequences, split = three_users()
    with pytest.raises(BenchError, match="target event is a training event"):
        check_split(sequences, replace(split, upto=(3, 5, 3)))
    with pytest.raises(BenchError, match="target event is a training event"):
        check_split(sequences, replace(split, upto=(3, 4, 3)))


def test_a_history_that_holds_its_target_is_refused() -> None:
    sequences, split = three_users()
    bad = replace(split.test[0], since=5)
    with pytest.raises(BenchError, match="overlap or leave the log"):
        check_split(sequences, replace(split, test=(bad, *split.test[1:])))
    past_end = replace(split.test[0], until=6)
    with pytest.raises(BenchError, match="overlap or leave the log"):
        check_split(sequences, replace(split, test=(past_end, *split.test[1:])))


def test_a_test_event_that_is_validation_or_before_it_is_refused() -> None:
    sequences, split = three_users()
    with pytest.raises(BenchError, match="test event is a validation event"):
        check_split(sequences, replace(split, test=(replace(split.test[0], at=3, until=4), *split.test[1:])))
    swapped = replace(split, validation=split.test, test=split.validation)
    with pytest.raises(BenchError, match="test event is a validation event or lies before one"):
        check_split(sequences, swapped)


def test_two_queries_with_one_id_are_refused() -> None:
    sequences, split = three_users()
    with pytest.raises(BenchError, match="one id"):
        check_split(sequences, replace(split, test=(split.test[0], replace(split.test[1], id=split.test[0].id))))


def test_training_after_the_boundary_is_refused() -> None:
    sequences, split = three_users()
    with pytest.raises(BenchError, match="training event lies after the time of the split"):
        check_split(sequences, replace(split, boundary=2.0))
    with pytest.raises(BenchError, match="target lies before the time of the split"):
        check_split(sequences, replace(split, boundary=3.5))


def test_a_dataset_that_breaks_its_promises_is_refused() -> None:
    items = {name: Item(name) for name in "ab"}
    good = Example(Query("u", "u", ("a",)), ("b",))

    def dataset(train: Train, *examples: Example) -> Dataset:
        return Dataset(train, examples, "", {})

    train = Train(items, {"u": ("a",)})
    check_dataset(dataset(train, good))
    with pytest.raises(BenchError, match="sorted"):
        check_dataset(dataset(Train({"b": Item("b"), "a": Item("a")}, {}), good))
    with pytest.raises(BenchError, match="not in the catalogue"):
        check_dataset(dataset(Train(items, {"u": ("q",)}), good))
    with pytest.raises(BenchError, match="not in the catalogue"):
        check_dataset(dataset(train, Example(Query("u", "u", ("a",)), ("q",))))
    with pytest.raises(BenchError, match="one id"):
        check_dataset(dataset(train, good, good))
    with pytest.raises(BenchError, match="no target"):
        check_dataset(dataset(train, Example(Query("u", "u", ("a",)), ())))
    with pytest.raises(BenchError, match="exclusions"):
        check_dataset(dataset(train, Example(Query("u", "u", ("a",), ("a",)), ("b",))))


def test_released_split_needs_every_user_in_a_part() -> None:
    sequences = order_events(collect([Event("u", "a"), Event("u", "b"), Event("v", "a"), Event("v", "b")]), "keep")
    split = split_released(sequences, Plan("released"), {"u": "train", "v": "test"})
    check_split(sequences, split)
    assert split.upto == (2, 0) and [cut.id for cut in split.test] == ["v"]
