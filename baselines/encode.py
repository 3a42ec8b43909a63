"""From encoded histories to rankings, block by block: what all baselines share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from bench.api import Answer, Query
from bench.topk import blocks, top_rankings, top_sparse_rankings
from navigen.prior.columns import Columns, Floats, Ints, fitted, flatten, indicator, pad_left

__all__ = ["Columns", "Floats", "Ints", "fitted", "flatten", "indicator", "pad_left", "rank_in_blocks"]

SPARSE = 0.05  # sorting the entries of a row beats partitioning the whole row up to about this density


def rank_in_blocks(
    columns: Columns,
    queries: Sequence[Query],
    k: int,
    score: Callable[[Sequence[list[int]]], Any],
    size: int = 256,
) -> list[Answer]:
    """Rank the whole catalogue for every query, `size` queries at a time; `Query.exclude` is never a candidate.

    `score` maps encoded histories to [histories, items], as an array or as a sparse `csr_array` of positive scores,
    and must treat every history by itself, so that results do not depend on `size`.
    """
    answers: list[Answer] = []
    for rows in blocks(len(queries), size):
        scores = score(columns.encode_all(query.history for query in queries[rows]))
        barred = columns.encode_all(query.exclude for query in queries[rows])
        sparse = not isinstance(scores, np.ndarray) and scores.nnz < SPARSE * scores.shape[0] * scores.shape[1]
        if sparse:
            answers.extend(top_sparse_rankings(scores, columns.names, k, barred))
        else:
            dense = scores if isinstance(scores, np.ndarray) else scores.toarray()
            answers.extend(top_rankings(dense, columns.names, k, barred))
    return answers
