"""Which documents an epoch sees, in which pack and at which step: drawn by the mixture, shuffled, packed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.rng import stream
from navigen.train.documents import Corpus, Ints

Pack = list[int]


def draw_task(size: int, share: float, epoch: int, seed: int, *names: str) -> Ints:
    """Return which of `size` documents an epoch sees when it sees each `share` times on average.

    The epochs are cuts of one endless row of permutations: with a share of 0.5 every other epoch sees the other half,
    with 2 every epoch sees each document twice. Both ends of a cut are rounded, so no document is lost.
    """
    if not size:
        return np.zeros(0, dtype=np.int64)
    begin, end = (int(np.floor(number * share * size + 0.5)) for number in (epoch, epoch + 1))
    parts = [
        stream(seed, *names, "cycle", cycle).permutation(size)[max(begin - cycle * size, 0) : end - cycle * size]
        for cycle in range(begin // size, -(-end // size))
    ]
    return np.concatenate(parts).astype(np.int64) if parts else np.zeros(0, dtype=np.int64)


def draw_epoch(corpus: Corpus, mixture: Mapping[str, float], epoch: int, seed: int, name: str) -> Ints:
    """Return the documents of an epoch in the order in which they are packed; a task not in `mixture` counts once."""
    parts = []
    for index, task in enumerate(corpus.names):
        own = np.flatnonzero(corpus.tasks == index)
        parts.append(own[draw_task(len(own), mixture.get(task, 1.0), epoch, seed, name, "draw", task)])
    drawn = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    return stream(seed, name, "order", epoch).permutation(drawn)


def fill_packs(order: Ints, sizes: Ints, length: int) -> list[Pack]:
    """Return packs of at most `length` tokens; each document goes to the fullest pack that has room for it.

    The packs with room r stand on shelf r; a bit of `open_shelves` says that shelf r is not empty, so that the best
    pack is found by one shift instead of a search.
    """
    packs: list[Pack] = []
    shelves: list[list[int]] = [[] for _ in range(length + 1)]
    open_shelves = 0
    for index, size in zip(order.tolist(), sizes[order].tolist(), strict=True):
        fitting = open_shelves >> size
        if fitting:
            room = size + (fitting & -fitting).bit_length() - 1
            shelf = shelves[room]
            pack = shelf.pop()
            if not shelf:
                open_shelves ^= 1 << room
            packs[pack].append(index)
        else:
            room, pack = length, len(packs)
            packs.append([index])
        left = room - size
        if left:
            shelves[left].append(pack)
            open_shelves |= 1 << left
    return packs


@dataclass(eq=False)
class Timetable:
    """The steps of a training: the packs of every epoch, shuffled and cut into batches.

    `ends[e]` is the number of steps after epoch e; the last epoch may be a part of one.
    """

    corpus: Corpus
    length: int
    batch: int
    epochs: float
    mixture: Mapping[str, float]
    seed: int
    name: str
    ends: list[int] = field(default_factory=list, init=False)
    tokens: int = field(default=0, init=False)
    held: tuple[int, list[Pack]] = field(default=(-1, []), init=False)

    def __post_init__(self) -> None:
        """Count the steps and tokens of every epoch."""
        whole = int(self.epochs)
        for epoch in range(whole + (self.epochs > whole)):
            packs = self.packs(epoch)
            steps = -(-len(packs) // self.batch)
            if epoch == whole:
                steps = max(1, round(steps * (self.epochs - whole)))
            self.tokens += sum(int(self.corpus.sizes[pack].sum()) for pack in packs[: steps * self.batch])
            self.ends.append(steps + (self.ends[-1] if self.ends else 0))

    @property
    def steps(self) -> int:
        """Return the number of steps of the whole training."""
        return self.ends[-1] if self.ends else 0

    def packs(self, epoch: int) -> list[Pack]:
        """Return the packs of an epoch in the order in which they are learnt."""
        if self.held[0] != epoch:
            order = draw_epoch(self.corpus, self.mixture, epoch, self.seed, self.name)
            packs = fill_packs(order, self.corpus.sizes, self.length)
            shuffled = stream(self.seed, self.name, "packs", epoch).permutation(len(packs))
            self.held = (epoch, [packs[index] for index in shuffled.tolist()])
        return self.held[1]

    def epoch_of(self, step: int) -> int:
        """Return the epoch that step number `step` (from 0) belongs to."""
        return int(np.searchsorted(self.ends, step, side="right"))

    def epochs_done(self, steps: int) -> float:
        """Return how many epochs the first `steps` steps are."""
        epoch = self.epoch_of(steps - 1) if steps else 0
        begin = self.ends[epoch - 1] if epoch else 0
        return epoch + (steps - begin) * self.batch / max(len(self.packs(epoch)), (steps - begin) * self.batch)

    def at(self, step: int) -> list[Pack]:
        """Return the packs of step number `step`."""
        epoch = self.epoch_of(step)
        begin = (step - (self.ends[epoch - 1] if epoch else 0)) * self.batch
        return self.packs(epoch)[begin : begin + self.batch]
