"""k-means, the same in every process: no empty cluster, ties to the lower number, balanced by choice."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from navigen.identifiers.reduce import Floats

Ints = NDArray[np.int64]

BLOCK = 4096


def distances(points: Floats, centroids: Floats) -> Floats:
    """Return squared distances [points, centroids], rounded so that mirror images tie."""
    cross = points @ centroids.T
    found = (points**2).sum(1)[:, None] - 2 * cross + (centroids**2).sum(1)
    rounded: Floats = np.maximum(found, 0.0).round(9)
    return rounded


def nearest(points: Floats, centroids: Floats) -> tuple[Ints, Floats]:
    """Return the nearest centroid of every point, the lower number on ties, and the squared distance to it."""
    chosen, away = np.empty(len(points), dtype=np.int64), np.empty(len(points))
    for begin in range(0, len(points), BLOCK):
        part = distances(points[begin : begin + BLOCK], centroids)
        chosen[begin : begin + BLOCK] = part.argmin(axis=1)
        away[begin : begin + BLOCK] = part.min(axis=1)
    return chosen, away


def spread(points: Floats, clusters: int, rng: np.random.Generator) -> Floats:
    """Return first centroids [clusters, width] by k-means++: far points are likelier (Arthur and Vassilvitskii)."""
    centroids = np.empty((clusters, points.shape[1]))
    centroids[0] = points[int(rng.integers(len(points)))]
    away = distances(points, centroids[:1])[:, 0]
    for place in range(1, clusters):
        total = away.sum()
        drawn = int(rng.choice(len(points), p=away / total)) if total > 0 else int(rng.integers(len(points)))
        centroids[place] = points[drawn]
        away = np.minimum(away, distances(points, centroids[place : place + 1])[:, 0])
    return centroids


def balanced(points: Floats, centroids: Floats) -> tuple[Ints, Floats]:
    """Return clusters of at most ceil(points / centroids) members, and the squared distances.

    In rounds, every free point asks its nearest open cluster, which takes the nearest askers it has room for.
    """
    away = distances(points, centroids)
    room = np.full(len(centroids), -(-len(points) // len(centroids)))
    chosen = np.full(len(points), -1, dtype=np.int64)
    while (free := np.flatnonzero(chosen < 0)).size:
        open_clusters = np.flatnonzero(room > 0)
        asked = open_clusters[away[np.ix_(free, open_clusters)].argmin(axis=1)]
        order = np.lexsort((free, away[free, asked], asked))
        free, asked = free[order], asked[order]
        place = np.arange(len(free)) - np.searchsorted(asked, asked)
        taken = place < room[asked]
        chosen[free[taken]] = asked[taken]
        room -= np.bincount(asked[taken], minlength=len(room))
    return chosen, away[np.arange(len(points)), chosen]


def cluster(
    points: Floats, clusters: int, rng: np.random.Generator, balance: bool = False, rounds: int = 50
) -> tuple[Ints, Floats]:
    """Return the cluster of every point [points] and the centroids [clusters, width] (Lloyd's algorithm).

    A cluster that loses all its points moves to the point farthest from its centroid; it stays empty only where there
    are fewer distinct points than clusters.
    """
    if clusters < 1 or not len(points):
        raise BenchError(f"k-means: {clusters} clusters of {len(points)} points; expected at least one of each")
    assign = balanced if balance else nearest
    centroids = spread(points, clusters, rng)
    chosen, away = assign(points, centroids)
    for _ in range(rounds):
        sizes = np.bincount(chosen, minlength=clusters)
        sums = np.zeros_like(centroids)
        np.add.at(sums, chosen, points)
        held = sizes > 0
        centroids[held] = sums[held] / sizes[held, None]
        far = np.argsort(-away, kind="stable")
        empty = np.flatnonzero(~held)[: int((away > 0).sum())]
        centroids[empty] = points[far[: len(empty)]]
        after, away = assign(points, centroids)
        if np.array_equal(after, chosen) and not len(empty):
            break
        chosen = after
    return chosen, centroids
