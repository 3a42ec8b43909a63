"""Item ids as columns and histories as arrays: what everything that counts shares."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bench.api import Train
from bench.errors import BenchError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Columns:
    """A catalogue as matrix columns: `names` in sorted order, so that no file order reaches a result."""

    names: tuple[str, ...]
    index: dict[str, int] = field(repr=False)

    @classmethod
    def of(cls, items: Iterable[str]) -> Columns:
        """Return the columns of a catalogue's item ids; an empty catalogue is an error."""
        names = tuple(sorted(set(items)))
        if not names:
            raise BenchError("the catalogue is empty; a system needs at least one item to rank")
        return cls(names, {name: column for column, name in enumerate(names)})

    def __len__(self) -> int:
        return len(self.names)

    def encode(self, history: Iterable[str]) -> list[int]:
        """Return the columns of a history in its order; items outside the catalogue are skipped."""
        index = self.index
        return [index[item] for item in history if item in index]

    def encode_all(self, histories: Iterable[Iterable[str]]) -> list[list[int]]:
        """Return the columns of every history."""
        return [self.encode(history) for history in histories]

    def encode_training(self, train: Train) -> list[list[int]]:
        """Return the columns of every user's training events, users in sorted order."""
        return self.encode_all(train.sequences[user] for user in sorted(train.sequences))


def fitted(state: T | None, system: object, method: str = "rank") -> T:
    """Return what `fit` left behind, or raise BenchError if it was not called before `method`."""
    if state is None:
        raise BenchError(f"{type(system).__name__}: {method} was called before fit; call fit(train) first")
    return state


def flatten(histories: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    """Return encoded histories end to end [events] and their offsets [histories + 1]."""
    offsets = np.zeros(len(histories) + 1, dtype=np.int64)
    np.cumsum([len(history) for history in histories], out=offsets[1:])
    return np.array([column for history in histories for column in history], dtype=np.int64), offsets


def pad_left(histories: Sequence[Sequence[int]], length: int, padding: int) -> Ints:
    """Return the last `length` columns of every history [histories, length], right-aligned, `padding` before them."""
    padded = np.full((len(histories), length), padding, dtype=np.int64)
    for row, history in enumerate(histories):
        tail = history[-length:]
        if tail:
            padded[row, length - len(tail) :] = tail
    return padded


def indicator(histories: Sequence[Sequence[int]], width: int) -> Any:
    """Return the sparse 0/1 matrix [histories, width] of which items a history holds, repeats counted once."""
    from scipy.sparse import csr_array

    distinct, offsets = flatten([sorted(set(history)) for history in histories])
    return csr_array((np.ones(len(distinct)), distinct, offsets), shape=(len(histories), width))
