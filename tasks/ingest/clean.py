"""Cleaning a log: values, duplicates, iterative k-core, and an order that no tie can shake."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError, unknown
from tasks.ingest.log import Floats, Ints, Log

TIES = ("keep", "id", "hash")
DUPLICATES = ("keep", "exact", "first")


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """Every user's events in order: user u owns positions `starts[u]` to `starts[u + 1]` of the columns.

    `starts` [users + 1]; `item`, `basket` codes and `time` (all NaN where only the order is known) [n]. Only users
    with events are listed; `items` lists every item of the log, sorted.
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    starts: Ints
    item: Ints
    basket: Ints
    time: Floats

    @property
    def timed(self) -> bool:
        """Whether the events carry times."""
        return len(self.time) > 0 and not bool(np.isnan(self.time[0]))


def drop_low_values(log: Log, least: float) -> Log:
    """Keep events whose value is at least `least`, or unknown; BenchError if all are unknown."""
    if least > float("-inf") and len(log) and np.isnan(log.value).all():
        raise BenchError(
            f"min_value = {least:g} compares values, and no event of this log has one; name the column of values "
            "(value, --value) or leave min_value out"
        )
    return log.keep(np.isnan(log.value) | (log.value >= least))


def drop_untimed(log: Log) -> Log:
    """Where some events have a time, keep only those: an event without one has no place in the order."""
    known = ~np.isnan(log.time)
    return log.keep(known) if known.any() and not known.all() else log


def drop_duplicates(log: Log, rule: str) -> Log:
    """Drop repeats: `exact` (same user, item, time and basket), `first` (later events of a user with an item).

    BenchError for `exact` on a log without times, where a repeat and a copy look alike.
    """
    if rule not in DUPLICATES:
        raise unknown("duplicates rule", rule, DUPLICATES)
    if rule == "keep":
        return log
    if rule == "exact" and np.isnan(log.time).any():
        raise BenchError(
            "duplicates = exact compares times, and this log has none; use duplicates = first (one event of a user "
            "with an item) or keep"
        )
    place = np.arange(len(log))
    time = np.where(np.isnan(log.time), place, log.time)
    if rule == "exact":
        columns: list[NDArray[np.int64] | Floats] = [log.basket, log.item, log.user, log.time]
        order = np.lexsort((place, *columns))
    else:
        columns = [log.item, log.user]
        order = np.lexsort((place, time, *columns))
    new = np.ones(len(log), dtype=bool)
    new[1:] = np.any([column[order][1:] != column[order][:-1] for column in columns], axis=0)
    mask = np.zeros(len(log), dtype=bool)
    mask[order[new]] = True
    return log.keep(mask)


def keep_core(log: Log, k: int) -> Log:
    """Drop users and items with fewer than `k` events until none is left: the largest such set, whatever the order."""
    while k > 1 and len(log):
        enough = np.bincount(log.user)[log.user] >= k
        enough &= np.bincount(log.item)[log.item] >= k
        if enough.all():
            break
        log = log.keep(enough)
    return log


def order_events(log: Log, ties: str) -> Sequences:
    """Sort each user's events by time, and equal times by `ties`.

    keep: order of the file. id: item id. hash: a shuffle fixed by user and item, for files whose line order inside
    one time stamp is an artefact. Baskets stay together, placed by their earliest event; inside a basket `ties`
    alone decides for `id` and `hash`. Logs without times are in order already.
    """
    if ties not in TIES:
        raise unknown("ties rule", ties, TIES)
    place = np.arange(len(log))
    timed = len(log) > 0 and not np.isnan(log.time[0])
    time = log.time if timed else place.astype(np.float64)
    start, group = _basket_keys(log, time, place, ties)
    tie = _tie_keys(log, place, ties) if timed else place
    inner = np.where(log.basket >= 0, 0.0, time) if ties != "keep" else time
    order = np.lexsort((place, tie, inner, group, start, log.user))
    counts = np.bincount(log.user, minlength=len(log.users))
    present = counts > 0
    return Sequences(
        users=tuple(name for name, there in zip(log.users, present, strict=True) if there),
        items=log.items,
        starts=np.concatenate([[0], np.cumsum(counts[present])]),
        item=log.item[order],
        basket=log.basket[order],
        time=log.time[order],
    )


def _basket_keys(log: Log, time: Floats, place: Ints, ties: str) -> tuple[Floats, Ints]:
    """Return each event's basket start and a key that keeps its basket together (0 outside baskets)."""
    inside = log.basket >= 0
    if not inside.any():
        return time, np.zeros(len(log), dtype=np.int64)
    width = len(log.baskets)
    pair = np.where(inside, log.user * width + log.basket, len(log.users) * width + place)
    _, member = np.unique(pair, return_inverse=True)
    start = np.full(member.max() + 1, np.inf)
    np.minimum.at(start, member, time)
    if ties == "keep":
        seen = np.full(len(start), len(log), dtype=np.int64)
        np.minimum.at(seen, member, place)
        return start[member], seen[member]
    names = np.arange(width) if ties == "id" else _hashes(log.baskets)
    return start[member], np.where(inside, names[log.basket], 0)


def _tie_keys(log: Log, place: Ints, ties: str) -> Ints:
    """Return the key that orders events of one user at one time."""
    if ties == "keep":
        return place
    if ties == "id":
        return log.item
    return _mix(_hashes(log.users)[log.user] ^ _hashes(log.items)[log.item])


def _hashes(names: tuple[str, ...]) -> Ints:
    """Return 63 bits of the sha256 of each name: the same on any machine."""
    digests = b"".join(sha256(name.encode()).digest()[:8] for name in names)
    return (np.frombuffer(digests, dtype="<u8") >> np.uint64(1)).astype(np.int64)


def _mix(keys: Ints) -> Ints:
    """Scramble keys (splitmix64's finaliser), so that the order for one user says nothing of another's."""
    bits = keys.astype(np.uint64)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return ((bits ^ (bits >> np.uint64(31))) >> np.uint64(1)).astype(np.int64)
