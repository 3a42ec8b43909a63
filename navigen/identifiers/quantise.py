"""Residual quantisation: level by level the nearest centroid of what the levels above left over; one code an item.

Two items whose vectors take the same path would share a code. The last level therefore does not take the nearest
centroid but deals the centroids out within each cell, the items of one prefix, each to one item, at the least total
distance. A cell with more items than the level has codes widens the level: the surplus codes have no centroid and are
given to the items farthest off. `Codebook.widths` tells when that happened.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.errors import BenchError, unknown
from bench.rng import stream
from navigen.identifiers.kmeans import Ints, cluster, distances, nearest
from navigen.identifiers.reduce import Floats

if TYPE_CHECKING:  # which names the quantisers of this module
    from navigen.identifiers.settings import RqVaeSettings

QUANTISERS = ("kmeans", "rqvae")


@dataclass(frozen=True, slots=True, eq=False)
class Codebook:
    """Codes of a catalogue and what they are made of.

    `codes` [items, levels], all rows different; `raw` [items, levels], the nearest centroid at every level, rows may
    collide; `centroids`, one [clusters, width] a level, in the space that was quantised; `widths` [levels], how many
    codes a level has.
    """

    codes: Ints
    raw: Ints
    centroids: tuple[Floats, ...]
    widths: tuple[int, ...]


def quantise(
    vectors: Floats,
    levels: int,
    clusters: int,
    balance: bool = False,
    seed: int = 0,
    quantiser: str = "kmeans",
    rqvae: RqVaeSettings | None = None,
) -> Codebook:
    """Return the codes of item vectors [items, width]; `balance` bounds the clusters of all levels but the last.

    `quantiser`: "kmeans", or "rqvae", which learns the space it quantises in (`rqvae.py`) and cannot balance; `rqvae`:
    its settings, by default the usual ones.
    """
    if levels < 1 or clusters < 1 or not len(vectors):
        raise BenchError(f"quantise: {levels} levels x {clusters} codes of {len(vectors)} items; expected at least 1")
    if quantiser == "kmeans":
        return quantise_vectors(vectors, levels, clusters, balance, seed)
    if quantiser != "rqvae":
        raise unknown("quantiser", quantiser, QUANTISERS)
    if balance:
        raise BenchError("quantise: an rqvae cannot balance its clusters; drop balance or take kmeans")
    from navigen.identifiers.rqvae import train_rqvae

    model = train_rqvae(vectors, levels, clusters, rqvae, seed)
    residual, centroids = model.latents(vectors), model.centroids()
    paths: list[Ints] = []
    for level, centres in enumerate(centroids):
        paths.append(nearest(residual, centres)[0])
        if level < levels - 1:
            residual = residual - centres[paths[-1]]
    return make_codebook(np.stack(paths, axis=1), residual, centroids)


def quantise_vectors(vectors: Floats, levels: int, clusters: int, balance: bool, seed: int) -> Codebook:
    """Return the codes of item vectors by residual k-means."""
    residual = np.array(vectors, dtype=np.float64)
    paths: list[Ints] = []
    centroids: list[Floats] = []
    for level in range(levels):
        last = level == levels - 1
        rng = stream(seed, "identifiers", "k-means", level)
        chosen, centres = cluster(residual, clusters, rng, balance and not last)
        paths.append(chosen)
        centroids.append(centres)
        if not last:
            residual = residual - centres[chosen]
    return make_codebook(np.stack(paths, axis=1), residual, tuple(centroids))


def make_codebook(raw: Ints, residual: Floats, centroids: tuple[Floats, ...]) -> Codebook:
    """Return the codebook of paths [items, levels]; the last is dealt out by the `residual` it gets [items, width]."""
    codes = raw.copy()
    codes[:, -1] = deal(raw[:, :-1], residual, centroids[-1])
    widths = [len(centres) for centres in centroids]
    widths[-1] = max(widths[-1], int(codes[:, -1].max()) + 1)
    return Codebook(codes, raw, centroids, tuple(widths))


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
