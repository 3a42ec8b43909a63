"""What codes are worth before anything is trained on them: use, entropy, collisions, kept neighbourhoods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from navigen.identifiers.kmeans import Ints
from navigen.identifiers.quantise import Codebook
from navigen.identifiers.reduce import Floats, normalise

BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Quality:
    """Figures of a codebook.

    `used` a level: share of its codes that an item has. `perplexity` a level: 2 to the entropy of the codes, at most
    the level's width. `collisions`: share of the items whose raw code another item has too. `largest`: items in the
    fullest cell (one prefix of all levels but the last). `widened`: codes the last level had to be widened by.
    `kept` a level: mean share of an item's nearest neighbours that have its prefix down to that level; `chance` a
    level: the share of all other items that have.
    """

    used: tuple[float, ...]
    perplexity: tuple[float, ...]
    collisions: float
    largest: int
    widened: int
    kept: tuple[float, ...]
    chance: tuple[float, ...]


def measure_quality(book: Codebook, vectors: Floats, neighbours: int = 10) -> Quality:
    """Return the figures of a codebook of item vectors [items, width]; neighbours are nearest by cosine."""
    items, levels = book.codes.shape
    counts = [np.bincount(book.codes[:, level], minlength=book.widths[level]) for level in range(levels)]
    cells = [cell_numbers(book.codes[:, : level + 1]) for level in range(levels)]
    above = cell_numbers(book.codes[:, :-1])
    near = nearest_neighbours(vectors, min(neighbours, items - 1))
    sizes = [np.bincount(cell) for cell in cells]
    pairs = max(1, items * (items - 1))
    return Quality(
        used=tuple(float((count > 0).mean()) for count in counts),
        perplexity=tuple(perplexity(count) for count in counts),
        collisions=float((np.bincount(raw := cell_numbers(book.raw))[raw] > 1).mean()),
        largest=int(np.bincount(above).max()),
        widened=book.widths[-1] - len(book.centroids[-1]),
        kept=tuple(float((cell[near] == cell[:, None]).mean()) if near.size else 0.0 for cell in cells),
        chance=tuple(float((size * (size - 1.0)).sum() / pairs) for size in sizes),
    )


def cell_numbers(prefixes: Ints) -> Ints:
    """Return a number for every row [rows], equal where rows are equal; rows of no columns are all equal."""
    if not prefixes.shape[1]:
        return np.zeros(len(prefixes), dtype=np.int64)
    numbers: Ints = np.unique(prefixes, axis=0, return_inverse=True)[1].ravel()
    return numbers


def perplexity(counts: Ints) -> float:
    """Return 2 to the entropy in bits of the distribution that `counts` are of."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def nearest_neighbours(vectors: Floats, number: int) -> Ints:
    """Return the `number` other rows with the largest cosine [rows, number], the lower row first on ties."""
    unit = normalise(vectors)
    found = np.empty((len(unit), number), dtype=np.int64)
    for begin in range(0, len(unit), BLOCK):
        likeness = (unit[begin : begin + BLOCK] @ unit.T).round(9)
        rows = np.arange(len(likeness))
        likeness[rows, begin + rows] = -np.inf
        found[begin : begin + BLOCK] = np.argsort(-likeness, axis=1, kind="stable")[:, :number]
    return found
