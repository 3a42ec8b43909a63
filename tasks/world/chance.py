"""Chance from uniform numbers alone: their stream is fixed for every version of numpy, that of other laws is not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def uniform(rng: np.random.Generator, *shape: int) -> Floats:
    """Return numbers in [0, 1)."""
    return rng.random(shape)


def bell(rng: np.random.Generator, *shape: int) -> Floats:
    """Return numbers with mean 0 and variance 1, close to normal: twelve uniform ones added up (Irwin-Hall)."""
    return np.asarray(rng.random((12, *shape)).sum(axis=0) - 6.0)


def pick(rng: np.random.Generator, weights: Floats) -> int:
    """Return an index with probability proportional to its weight [n]."""
    edges = np.cumsum(weights)
    return int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))


def pick_rows(rng: np.random.Generator, weights: Floats) -> Ints:
    """Return an index per row of weights [rows, n], each with probability proportional to its weight."""
    edges = np.cumsum(weights, axis=1)
    drawn = rng.random(len(weights)) * edges[:, -1]
    return np.asarray((edges <= drawn[:, None]).sum(axis=1), dtype=np.int64)


def shuffled(rng: np.random.Generator, n: int) -> Ints:
    """Return the numbers 0 .. n-1 in random order."""
    return np.argsort(rng.random(n), kind="stable").astype(np.int64)
