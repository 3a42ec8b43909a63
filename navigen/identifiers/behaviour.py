"""Item vectors from behaviour: what is taken near what, in the training prefixes and nowhere else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from bench.errors import BenchError
from navigen.identifiers.reduce import Floats, normalise, truncated_svd


def count_neighbours(histories: Sequence[Sequence[int]], items: int, window: int) -> Any:
    """Return the symmetric sparse matrix [items, items] of pairs at most `window` steps apart, each 1 / distance.

    An item is no neighbour of itself.
    """
    from scipy.sparse import coo_array

    if window < 1:
        raise BenchError(f"behaviour: window is {window}; expected at least 1")
    events = np.array([item for history in histories for item in history], dtype=np.int64)
    owner = np.repeat(np.arange(len(histories)), [len(history) for history in histories])
    sources, targets, values = [], [], []
    for distance in range(1, window + 1):
        near, far = events[:-distance], events[distance:]
        pairs = (owner[distance:] == owner[:-distance]) & (near != far)
        sources += [near[pairs], far[pairs]]
        targets += [far[pairs], near[pairs]]
        values += [np.full(2 * int(pairs.sum()), 1.0 / distance)]
    places = (np.concatenate(sources), np.concatenate(targets))
    return coo_array((np.concatenate(values), places), shape=(items, items)).tocsr()


def positive_pmi(counts: Any, smoothing: float = 0.75, shift: float = 0.0) -> Any:
    """Return max(0, log p(i, j) / (p(i) p(j)) - `shift`) as a sparse matrix of the shape of `counts`.

    Context probabilities are raised to `smoothing`, which keeps rare neighbours from dominating (Levy, Goldberg and
    Dagan 2015, section 3.1).
    """
    pairs = counts.tocoo()
    rows = np.asarray(counts.sum(axis=1)).ravel()
    columns = np.asarray(counts.sum(axis=0)).ravel() ** smoothing
    row, column = pairs.coords
    gain = np.log(pairs.data * columns.sum() / (rows[row] * columns[column])) - shift
    found = type(pairs)((np.maximum(gain, 0.0), (row, column)), shape=pairs.shape).tocsr()
    found.eliminate_zeros()
    return found


def behaviour_vectors(
    histories: Sequence[Sequence[int]], items: int, width: int, rng: np.random.Generator, window: int = 4
) -> Floats:
    """Return item vectors [items, width] of length 1: the SVD of the positive PMI, values at their square root.

    An item that no training prefix holds next to another has the vector 0.
    """
    counts = count_neighbours(histories, items, window)
    if not counts.nnz:
        raise BenchError("behaviour: no two items stand next to each other in training; use content or random codes")
    vectors, values = truncated_svd(positive_pmi(counts), width, rng)
    return normalise(vectors * np.sqrt(values))
