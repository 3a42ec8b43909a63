"""Cleaning and splitting: k-core, order, splits as partitions, fingerprints, and leaks that must be refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.clean import Sequences, drop_duplicates, keep_core, order_events
from tasks.ingest.leaks import check_split
from tasks.ingest.log import Log, collect
from tasks.ingest.rows import Event
from tasks.ingest.sequences import SPLITS, Plan, split_last

events = st.lists(
    st.builds(
        Event,
        user=st.sampled_from("uvwxyz"),
        item=st.sampled_from("abcdefg"),
        time=st.integers(0, 12).map(float),
        basket=st.none() | st.sampled_from(["i1", "i2", "i3"]),
        value=st.none(),
    ),
    min_size=1,
    max_size=60,
)
timed = st.lists(
    st.builds(
        Event,
        user=st.sampled_from("uvw"),
        item=st.sampled_from("abcd"),
        time=st.integers(0, 40).map(float),
        basket=st.none(),
        value=st.none(),
    ),
    min_size=1,
    max_size=50,
)


def pairs(log: Log) -> list[tuple[str, str]]:
    return sorted((log.users[user], log.items[item]) for user, item in zip(log.user, log.item, strict=True))


def by_user(sequences: Sequences) -> dict[str, list[str]]:
    edges = sequences.starts.tolist()
    return {
        name: [sequences.items[code] for code in sequences.item[begin:end]]
        for name, begin, end in zip(sequences.users, edges, edges[1:], strict=False)
    }


def core_by_peeling(rows: Sequence[Event], k: int) -> list[tuple[str, str]]:
    """The k-core, one node at a time in alphabetical order: slow, and nothing like the code under test."""
    left = [(row.user, row.item) for row in rows]
    while True:
        counts = Counter([("user", user) for user, _ in left] + [("item", item) for _, item in left])
        weak = sorted(node for node, count in counts.items() if count < k)
        if not weak:
            return sorted(left)
        kind, name = weak[0]
        left = [pair for pair in left if pair[kind == "item"] != name]


@given(rows=events, k=st.integers(1, 5))
def test_core_is_the_largest_fixpoint(rows: list[Event], k: int) -> None:
    kept = keep_core(collect(rows), k)
    assert pairs(kept) == core_by_peeling(rows, k)
    assert pairs(keep_core(kept, k)) == pairs(kept)


@given(rows=events, ties=st.sampled_from(["keep", "id", "hash"]))
def test_order_keeps_every_event_and_respects_time_outside_baskets(rows: list[Event], ties: str) -> None:
    sequences = order_events(collect(rows), ties)
    found = sorted((user, item) for user, items in by_user(sequences).items() for item in items)
    assert found == sorted((row.user, row.item) for row in rows)
    for begin, end in zip(sequences.starts, sequences.starts[1:], strict=False):
        if (sequences.basket[begin:end] < 0).all():
            assert (np.diff(sequences.time[begin:end]) >= 0).all()


@given(rows=events, ties=st.sampled_from(["keep", "id", "hash"]))
def test_baskets_stay_together(rows: list[Event], ties: str) -> None:
    sequences = order_events(collect(rows), ties)
    for begin, end in zip(sequences.starts, sequences.starts[1:], strict=False):
        runs = [
            code
            for index, code in enumerate(sequences.basket[begin:end])
            if code >= 0 and (index == 0 or sequences.basket[begin + index - 1] != code)
        ]
        assert len(runs) == len(set(runs))


@given(rows=events, ties=st.sampled_from(["id", "hash"]), seed=st.randoms(use_true_random=False))
def test_id_and_hash_order_do_not_depend_on_the_file(rows: list[Event], ties: str, seed: object) -> None:
    shuffled = list(rows)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    assert by_user(order_events(collect(rows), ties)) == by_user(order_events(collect(shuffled), ties))


@pytest.mark.parametrize("ties", ["id", "hash"])
def test_minutes_inside_a_basket_are_no_order(ties: str) -> None:
    together = [Event("u", item, 1.0, "i1") for item in "abcdefgh"]
    spread = [Event("u", item, 1.0 + minute, "i1") for minute, item in enumerate("hgfedcba")]
    one, two = (by_user(order_events(collect(rows), ties)) for rows in (together, spread))
    assert one == two


def test_hash_ties_shuffle_differently_for_each_user() -> None:
    rows = [Event(f"u{user}", item, 1.0) for user in range(40) for item in "abcdef"]
    orders = {tuple(items) for items in by_user(order_events(collect(rows), "hash")).values()}
    assert len(orders) > 30


def test_duplicates_rules() -> None:
    rows = [
        Event("u", "a", 2.0),
        Event("u", "a", 1.0),
        Event("u", "a", 2.0),
        Event("u", "b", 3.0),
        Event("v", "a", 2.0),
    ]
    log = collect(rows)
    assert len(drop_duplicates(log, "keep")) == 5
    exact = drop_duplicates(log, "exact")
    assert sorted(exact.time.tolist()) == [1.0, 2.0, 2.0, 3.0]
    first = drop_duplicates(log, "first")
    assert pairs(first) == [("u", "a"), ("u", "b"), ("v", "a")]
    assert first.time[first.item == 0].min() == 1.0


@given(rows=timed)
def test_duplicates_agree_with_sets(rows: list[Event]) -> None:
    log = collect(rows)
    assert len(drop_duplicates(log, "exact")) == len(set(rows))
    firsts: dict[tuple[str, str], float] = {}
    for row in rows:
        firsts[row.user, row.item] = min(row.time or 0.0, firsts.get((row.user, row.item), 99.0))
    kept = drop_duplicates(log, "first")
    assert {(log.users[u], log.items[i]): t for u, i, t in zip(kept.user, kept.item, kept.time, strict=True)} == firsts


@given(rows=timed)
def test_last_split_partitions_every_log(rows: list[Event]) -> None:
    sequences = order_events(collect(rows), "keep")
    split = split_last(sequences, Plan())
    check_split(sequences, split)
    asked = {cut.user: [] for cut in split.test}  # type: dict[int, list[int]]
    for cut in (*split.validation, *split.test):
        asked[cut.user] += range(cut.at, cut.until)
        assert cut.since == 0
    for user, size in enumerate(np.diff(sequences.starts).tolist()):
        assert [*range(split.upto[user]), *sorted(asked.get(user, []))] == list(range(size))
        assert (user in asked) == (size >= 3)


@given(rows=timed, history=st.integers(0, 4), windows=st.integers(1, 3), name=st.sampled_from(sorted(SPLITS)))
def test_every_split_passes_its_own_leak_checks(rows: list[Event], history: int, windows: int, name: str) -> None:
    sequences = order_events(collect(rows), "keep")
    split = SPLITS[name](sequences, Plan(name, history, windows))
    check_split(sequences, split)
    for cut in (*split.validation, *split.test):
        assert history == 0 or cut.at - cut.since <= history


@given(rows=timed)
def test_time_split_is_global(rows: list[Event]) -> None:
    sequences = order_events(collect(rows), "keep")
    split = SPLITS["time"](sequences, Plan("time"))
    assert split.boundary is not None
    for user, upto in enumerate(split.upto):
        times = sequences.time[sequences.starts[user] : sequences.starts[user + 1]]
        assert (times[:upto] < split.boundary).all() and (times[upto:] >= split.boundary).all()
