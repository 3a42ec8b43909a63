"""Residual quantisation: level by level the nearest centroid of what the levels above left over; one code an item.

Two items whose vectors take the same path would share a code. The last level therefore does not take the nearest
centroid but deals the centroids out within each cell, the items of one prefix, each to one item, at the least total
distance. A cell with more items than the level has codes widens the level: the surplus codes have no centroid and are
given to the items farthest off. `Codebook.widths` tells when that happened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.errors import BenchError
from bench.rng import stream
from navigen.identifiers.kmeans import Ints, cluster, distances, nearest
from navigen.identifiers.reduce import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """Codes of a catalogue and what they are made of.

    `codes` [items, levels], all rows different; `raw` [items, levels], the nearest centroid at every level, rows may
    collide; `centroids`, one [clusters, width] a level; `widths` [levels], how many codes a level has.
    """

    codes: Ints
    raw: Ints
    centroids: tuple[Floats, ...]
    widths: tuple[int, ...]


def quantise(vectors: Floats, levels: int, clusters: int, balance: bool = False, seed: int = 0) -> Codebook:
    """Return the codes of item vectors [items, width]; `balance` bounds the clusters of all levels but the last."""
    if levels < 1 or clusters < 1 or not len(vectors):
        raise BenchError(f"quantise: {levels} levels x {clusters} codes of {len(vectors)} items; expected at least 1")
    residual = np.array(vectors, dtype=np.float64)
    paths: list[Ints] = []
    centroids: list[Floats] = []
    for level in range(levels):
        last = level == levels - 1
        rng = stream(seed, "identifiers", "k-means", level)
        chosen, centres = cluster(residual, clusters, rng, balance and not last)
        paths.append(chosen)
        centroids.append(centres)
        if last:
            deal_residual = residual
        residual = residual - centres[chosen]
    raw = np.stack(paths, axis=1)
    codes = raw.copy()
    codes[:, -1] = deal(raw[:, :-1], deal_residual, centroids[-1])
    widths = (*(clusters for _ in range(levels - 1)), max(clusters, int(codes[:, -1].max()) + 1))
    return Codebook(codes, raw, tuple(centroids), widths)


def deal(prefixes: Ints, residual: Floats, centroids: Floats) -> Ints:
    """Return last-level codes [items] that differ within every cell of equal prefixes.

    Each cell is an assignment of least total squared distance (items against centroids). In a cell larger than the
    codebook, the items nearest to any centroid are dealt first and the rest, in order of number, get new codes.
    """
    from scipy.optimize import linear_sum_assignment

    codes = np.empty(len(residual), dtype=np.int64)
    cells = (
        np.unique(prefixes, axis=0, return_inverse=True)[1].ravel()
        if prefixes.shape[1]
        else np.zeros(len(residual), dtype=np.int64)
    )
    order = np.argsort(cells, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(cells[order])) + 1):
        if len(members) == 1:
            codes[members] = nearest(residual[members], centroids)[0]
            continue
        away = distances(residual[members], centroids)
        dealt = np.sort(np.argsort(away.min(axis=1), kind="stable")[: len(centroids)])
        rows, columns = linear_sum_assignment(away[dealt])
        codes[members[dealt[rows]]] = columns
        surplus = np.setdiff1d(np.arange(len(members)), dealt)
        codes[members[surplus]] = len(centroids) + np.arange(len(surplus))
    return codes
