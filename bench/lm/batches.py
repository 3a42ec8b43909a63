"""Batches whose shapes depend on nothing but the row itself, so that its neighbours cannot change its answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def padded(length: int, bucket: int) -> int:
    """Return the smallest positive multiple of `bucket` that holds `length`."""
    return bucket * max(1, -(-length // bucket))


def batches(shapes: Sequence[T], rows: int) -> Iterator[tuple[T, list[int]]]:
    """Yield (shape, indices of `rows` inputs that have it); the last batch of a shape repeats its last index.

    A repeated index stands for a copy that fills the batch: its result is the same and may be dropped.
    """
    groups: dict[T, list[int]] = defaultdict(list)
    for index, shape in enumerate(shapes):
        groups[shape].append(index)
    for shape, members in groups.items():
        for start in range(0, len(members), rows):
            part = members[start : start + rows]
            yield shape, part + part[-1:] * (rows - len(part))


def copies(values: Sequence[T]) -> list[int]:
    """Return for each value how many equal ones come before it."""
    seen: Counter[T] = Counter()
    found = []
    for value in values:
        found.append(seen[value])
        seen[value] += 1
    return found
