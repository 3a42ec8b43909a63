"""How small a difference a comparison can detect."""

from __future__ import annotations

import math
from statistics import NormalDist

from bench.errors import BenchError


def minimum_detectable_difference(sd: float, n: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """Return the smallest true difference found with probability `power` by a two-sided test at level `alpha`.

    `sd` is the standard deviation of the `n` clusters' paired differences, in the unit of the scores:
    (z[1 - alpha/2] + z[power]) sd / sqrt(n), the normal approximation (Cohen 1988, section 2.5), optimistic below
    about 30 clusters. Raises BenchError for a negative or non-finite sd, n < 2, or probabilities outside (0, 1).
    """
    if not (math.isfinite(sd) and sd >= 0.0):
        raise BenchError(f"sd: expected a finite number of at least 0, got {sd}")
    if n < 2:
        raise BenchError(f"n: expected at least 2 clusters, got {n}; one cluster shows no spread")
    check_power(power, alpha)
    normal = NormalDist()
    return (normal.inv_cdf(1.0 - alpha / 2.0) + normal.inv_cdf(power)) * sd / math.sqrt(n)


def check_power(power: float, alpha: float) -> None:
    """Raise BenchError unless both are probabilities strictly between 0 and 1."""
    if not (0.0 < alpha < 1.0 and 0.0 < power < 1.0):
        raise BenchError(f"power and alpha: expected numbers between 0 and 1, got {power} and {alpha}")
