"""Sequences as arrays of item numbers, and batches trimmed to their longest sequence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bench.api import Query, Train

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Catalogue:
    """The items in sorted order and their numbers; the number after the last item is the start token's."""

    names: tuple[str, ...]
    numbers: Mapping[str, int]

    @property
    def start(self) -> int:
        """Return the number of the start token."""
        return len(self.names)

    def encode(self, items: Sequence[str], length: int) -> Ints:
        """Return start token + the last `length` known items, shape [<= length + 1]; unknown items are skipped."""
        known = [self.numbers[name] for name in items if name in self.numbers]
        return np.array([self.start, *known[-length:]], dtype=np.int64)


def read_catalogue(train: Train) -> Catalogue:
    """Number the items of a training part in the order of their ids."""
    names = tuple(sorted(train.items))
    return Catalogue(names, {name: number for number, name in enumerate(names)})


def encode_sequences(train: Train, catalogue: Catalogue, length: int) -> list[Ints]:
    """Return every user's start token + last `length` + 1 items, users in sorted order, empty sequences left out."""
    rows = [catalogue.encode(train.sequences[user], length + 1) for user in sorted(train.sequences)]
    return [row for row in rows if len(row) > 1]


def encode_queries(queries: Sequence[Query], catalogue: Catalogue, length: int) -> list[Ints]:
    """Return start token + last `length` items of every history."""
    return [catalogue.encode(query.history, length) for query in queries]


def pad(rows: Sequence[Ints], filler: int) -> tuple[Ints, Ints]:
    """Return rows padded at the end to the longest, [batch, longest], and their lengths, [batch].

    Under a causal mask nothing before the padding can see it, so no second mask is needed.
    """
    lengths = np.array([len(row) for row in rows], dtype=np.int64)
    table = np.full((len(rows), int(lengths.max())), filler, dtype=np.int64)
    for index, row in enumerate(rows):
        table[index, : len(row)] = row
    return table, lengths


def draw_batches(lengths: Ints, size: int, rng: np.random.Generator, pool: int = 16) -> Iterator[Ints]:
    """Yield all indices once in random batches of similar length, so that little of a batch is padding.

    Rows are shuffled, sorted by length inside pools of `pool` batches, cut into batches, and the batches shuffled.
    """
    order = rng.permutation(len(lengths))
    chunks = [order[begin : begin + size * pool] for begin in range(0, len(order), size * pool)]
    ordered = [chunk[np.argsort(lengths[chunk], kind="stable")] for chunk in chunks]
    batches = [chunk[begin : begin + size] for chunk in ordered for begin in range(0, len(chunk), size)]
    for index in rng.permutation(len(batches)):
        yield batches[index]
