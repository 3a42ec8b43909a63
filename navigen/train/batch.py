"""Packs as tensors: tokens, positions that start again with every document, and which states predict which tokens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from navigen.train.documents import Corpus, Ints
from navigen.train.pack import Pack

PAD = 0  # any id: a pad is a document of its own, is never predicted, and nothing attends to it


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A micro-batch.

    `ids` and `positions` [rows, width]; `sources` [learnt] are flat places whose states predict `targets` [learnt],
    tokens of `tasks` [learnt]. `bounds` [documents + 1] are the flat starts of the documents, the longest of which has
    `longest` tokens; they are there only if the rows are one row without padding, as flash attention wants them. At
    the flat places `asked` [goals] a residual head is asked for the items `goals` [goals].
    """

    ids: Tensor
    positions: Tensor
    sources: Tensor
    targets: Tensor
    tasks: Tensor
    asked: Tensor
    goals: Tensor
    bounds: Tensor | None
    longest: int


def make_batch(corpus: Corpus, packs: Sequence[Pack], device: torch.device, flat: bool = False) -> Batch:
    """Return the packs as rows, padded to the longest of them, or (`flat`) behind one another in one row.

    No pack at all is one row of one pad, from which nothing is learnt.
    """
    counts = np.array([len(pack) for pack in packs], dtype=np.int64)
    chosen = np.array([index for pack in packs for index in pack], dtype=np.int64)
    sizes = corpus.sizes[chosen]
    ends = np.cumsum(sizes)
    starts = ends - sizes
    total = int(ends[-1]) if len(ends) else 0
    within = np.arange(total) - np.repeat(starts, sizes)
    origin = np.repeat(corpus.starts[chosen], sizes) + within
    if flat or not packs:
        rows, width, places = 1, max(total, 1), np.arange(total)
    else:
        filled = np.add.reduceat(sizes, np.cumsum(counts) - counts)
        rows, width = len(packs), int(filled.max())
        before = np.cumsum(filled) - filled
        places = np.arange(total) + np.repeat(np.arange(rows) * width - before, filled)
    learn = corpus.learn[origin]
    tokens, goals = corpus.ids[origin], corpus.goals[origin]
    bounds = torch.from_numpy(np.append(starts, total).astype(np.int32)).to(device) if flat and total else None

    def send(values: Ints) -> Tensor:
        return torch.from_numpy(values).to(device, non_blocking=True)

    return Batch(
        ids=send(scatter(tokens, places, rows, width, PAD)),
        positions=send(scatter(within, places, rows, width, 0)),
        sources=send(places[learn] - 1),
        targets=send(tokens[learn]),
        tasks=send(np.repeat(corpus.tasks[chosen], sizes)[learn]),
        asked=send(places[goals >= 0]),
        goals=send(goals[goals >= 0]),
        bounds=bounds,
        longest=int(sizes.max()) if len(sizes) else 1,
    )


def scatter(values: Ints, places: Ints, rows: int, width: int, rest: int) -> Ints:
    """Return `values` at flat `places` of a table [rows, width] that holds `rest` elsewhere."""
    table = np.full(rows * width, rest, dtype=np.int64)
    table[places] = values
    return table.reshape(rows, width)
