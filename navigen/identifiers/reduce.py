"""Truncated singular value decomposition of a sparse matrix, the same in every process."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError

Floats = NDArray[np.float64]

OVERSAMPLING = 16


def truncated_svd(matrix: Any, width: int, rng: np.random.Generator, rounds: int = 6) -> tuple[Floats, Floats]:
    """Return the leading left singular vectors [rows, width] and values [width] of a scipy sparse matrix.

    Randomised subspace iteration (Halko, Martinsson and Tropp 2011, algorithm 4.4). The sign of every vector is
    fixed by its largest entry. A matrix of lower rank than `width` fills up with zeros.
    """
    if width < 1:
        raise BenchError(f"truncated_svd: width is {width}; expected at least 1")
    most = min(matrix.shape)
    size = min(width + OVERSAMPLING, most)
    basis = np.linalg.qr(matrix @ rng.standard_normal((matrix.shape[1], size)))[0]
    for _ in range(rounds):
        basis = np.linalg.qr(matrix @ np.linalg.qr(matrix.T @ basis)[0])[0]
    left, values, _ = np.linalg.svd((matrix.T @ basis).T, full_matrices=False)
    vectors = (basis @ left)[:, :width]
    vectors *= np.where(vectors[np.abs(vectors).argmax(axis=0), np.arange(vectors.shape[1])] < 0, -1.0, 1.0)
    values = np.where(values > values.max(initial=0.0) * 1e-10, values, 0.0)[:width]
    missing = width - len(values)
    return np.pad(vectors * (values > 0), ((0, 0), (0, missing))), np.pad(values, (0, missing))


def normalise(vectors: Floats) -> Floats:
    """Return the rows at length 1; rows of length 0 stay as they are."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: Floats = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return unit
