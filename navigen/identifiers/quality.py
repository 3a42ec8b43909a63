"""What codes are worth before anything is trained on them: use, entropy, collisions, kept neighbourhoods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.rng import stream
from navigen.identifiers.kmeans import Ints
from navigen.identifiers.quantise import Codebook
from navigen.identifiers.reduce import Floats, normalise

BLOCK = 1024
CELLS = 2**25  # of a block of likenesses


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


def measure_quality(book: Codebook, vectors: Floats, neighbours: int = 10, sample: int = 0) -> Quality:
    """Return the figures of a codebook of item vectors [items, width]; neighbours are nearest by cosine.

    `sample`: how many items, the same ones every time, are asked for their neighbours among all; 0: every item is.
    """
    items, levels = book.codes.shape
    counts = [np.bincount(book.codes[:, level], minlength=book.widths[level]) for level in range(levels)]
    cells = [cell_numbers(book.codes[:, : level + 1]) for level in range(levels)]
    above = cell_numbers(book.codes[:, :-1])
    asked = np.arange(items)
    if 0 < sample < items:
        asked = np.sort(stream(0, "identifiers", "quality").permutation(items)[:sample])
    near = nearest_neighbours(vectors, min(neighbours, items - 1), asked)
    sizes = [np.bincount(cell) for cell in cells]
    pairs = max(1, items * (items - 1))
    return Quality(
        used=tuple(float((count > 0).mean()) for count in counts),
        perplexity=tuple(perplexity(count) for count in counts),
        collisions=float((np.bincount(raw := cell_numbers(book.raw))[raw] > 1).mean()),
        largest=int(np.bincount(above).max()),
        widened=book.widths[-1] - len(book.centroids[-1]),
        kept=tuple(float((cell[near] == cell[asked, None]).mean()) if near.size else 0.0 for cell in cells),
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


def nearest_neighbours(vectors: Floats, number: int, asked: Ints | None = None) -> Ints:
    """Return the `number` other rows with the largest cosine [asked, number], the lower row first on ties.

    `asked`: the rows whose neighbours are wanted, by default all.
    """
    unit = normalise(vectors)
    asked = np.arange(len(unit)) if asked is None else asked
    found = np.empty((len(asked), number), dtype=np.int64)
    size = max(1, min(BLOCK, CELLS // max(1, len(unit))))
    for begin in range(0, len(asked) if number else 0, size):
        rows = asked[begin : begin + size]
        away = -(unit[rows] @ unit.T).round(9)
        away[np.arange(len(rows)), rows] = np.inf
        last = np.partition(away, number - 1, axis=1)[:, number - 1]
        for place, row in enumerate(away):
            near = np.flatnonzero(row <= last[place])  # few, where sorting the whole row would take most of the time
            found[begin + place] = near[np.argsort(row[near], kind="stable")][:number]
    return found


def tell_quality(found: Quality) -> str:
    """Return the figures as one line."""
    levels = [
        f"{100 * used:.1f}% of level {level} in use (perplexity {perplexity:.1f})"
        for level, (used, perplexity) in enumerate(zip(found.used, found.perplexity, strict=True), 1)
    ]
    kept = [
        f"{100 * kept:.1f}% (chance {100 * chance:.1f}%)"
        for kept, chance in zip(found.kept[:-1] or found.kept, found.chance, strict=False)
    ]
    return (
        f"codes: {', '.join(levels)}; {100 * found.collisions:.1f}% of the items shared theirs before the last level "
        f"was dealt out, the fullest cell has {found.largest}; neighbours share the code down to each level but the "
        f"last: {', '.join(kept)}"
    )
