"""P-values adjusted for many comparisons: Holm for planned contrasts, Benjamini-Hochberg for grids."""

from __future__ import annotations

from collections.abc import Sequence

from bench.errors import BenchError


def holm(p: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p-values, in the order of `p`: rejecting those <= alpha bounds the chance of any error.

    max over j <= i of min(1, (m - j + 1) p_(j)), Holm 1979, "A simple sequentially rejective multiple test
    procedure". Raises BenchError for a value that is missing, NaN or outside [0, 1].
    """
    adjusted, running = check_p(p), 0.0
    for rank, index in enumerate(ascending(adjusted)):
        running = max(running, min(1.0, (len(p) - rank) * adjusted[index]))
        adjusted[index] = running
    return adjusted


def benjamini_hochberg(p: Sequence[float]) -> list[float]:
    """Return Benjamini and Hochberg's adjusted p-values, in the order of `p`: bounds the share of false discoveries.

    min over j >= i of min(1, m p_(j) / j), Benjamini & Hochberg 1995, "Controlling the false discovery rate".
    Raises BenchError for a value that is missing, NaN or outside [0, 1].
    """
    adjusted, running = check_p(p), 1.0
    for rank, index in reversed(list(enumerate(ascending(adjusted), start=1))):
        running = min(running, len(p) * adjusted[index] / rank)
        adjusted[index] = running
    return adjusted


def check_p(p: Sequence[float]) -> list[float]:
    """Return `p` as a new list, or raise BenchError naming the first value that is not a probability."""
    values: list[float] = []
    for index, value in enumerate(p):
        if value is None or not 0.0 <= value <= 1.0:
            raise BenchError(f"p[{index}]: expected a number in [0, 1], got {value}; leave out what was not tested")
        values.append(float(value))
    return values


def ascending(values: list[float]) -> list[int]:
    """Return the indices of `values`, smallest first; ties keep their order."""
    return sorted(range(len(values)), key=values.__getitem__)
