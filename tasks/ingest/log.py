"""All events of a source as columns: ten million of them fit where ten million tuples would not."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tasks.ingest.rows import Event

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """Events in file order; codes index the sorted name tables, so equal content gives equal codes.

    `user`, `item`, `basket` (-1: none) are codes, `time` is in seconds, `value` a number (NaN: unknown); all [n].
    """

    users: tuple[str, ...]
    items: tuple[str, ...]
    baskets: tuple[str, ...]
    user: Ints
    item: Ints
    basket: Ints
    time: Floats
    value: Floats

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.user)

    def keep(self, mask: NDArray[np.bool_]) -> Log:
        """Return the events where `mask` [n] is true; the name tables stay."""
        columns = {name: getattr(self, name)[mask] for name in ("user", "item", "basket", "time", "value")}
        return replace(self, **columns)


def collect(events: Iterable[Event]) -> Log:
    """Read all events into a Log (40 bytes an event)."""
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    baskets: dict[str, int] = {}
    user, item, basket = array("q"), array("q"), array("q")
    time, value = array("d"), array("d")
    for who, what, when, where, worth in events:
        user.append(users.setdefault(who, len(users)))
        item.append(items.setdefault(what, len(items)))
        basket.append(-1 if where is None else baskets.setdefault(where, len(baskets)))
        time.append(UNKNOWN if when is None else when)
        value.append(UNKNOWN if worth is None else worth)
    return Log(
        users=tuple(sorted(users)),
        items=tuple(sorted(items)),
        baskets=tuple(sorted(baskets)),
        user=_by_name(users, user),
        item=_by_name(items, item),
        basket=_by_name(baskets, basket),
        time=np.array(time, dtype=np.float64),
        value=np.array(value, dtype=np.float64),
    )


def _by_name(codes: dict[str, int], column: array[int]) -> Ints:
    """Return a column with codes by first sight as codes by order of the names; -1 stays."""
    rank = np.full(len(codes) + 1, -1, dtype=np.int64)
    rank[[codes[name] for name in sorted(codes)]] = np.arange(len(codes))
    return rank[np.array(column, dtype=np.int64)]
