"""EASE, the embarrassingly shallow autoencoder: a linear item-item model in closed form (Steck 2019, 1905.03375)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from bench.api import Train
from bench.errors import BenchError, unknown
from navigen.prior.columns import Columns, fitted, indicator

PRECISIONS = {"float32": (np.float32, 5), "float64": (np.float64, 9)}  # and the digits at which scores tie


@dataclass
class EaseWeights:
    """Scores items by x B, where B = I - P diag(1 / P) and P = (X'X + `regularisation` I)^-1 (equation 8 of the paper).

    The inverse is a dense square of the catalogue, so a catalogue above `largest` items is refused.
    """

    instead: ClassVar[str] = "take prior=transitions"  # of a catalogue that is too large

    regularisation: float = 250.0
    precision: str = "float64"
    largest: int = 20_000
    columns: Columns | None = field(default=None, init=False, repr=False)
    weights: NDArray[Any] | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise unknown("setting", f"precision={self.precision}", [f"precision={name}" for name in PRECISIONS])
        if not self.regularisation > 0:
            raise BenchError(f"Ease: regularisation is {self.regularisation}; expected more than 0")

    def fit(self, train: Train) -> None:
        """Invert the regularised co-occurrence of the training part."""
        self.columns = Columns.of(train.items)
        kind, _ = PRECISIONS[self.precision]
        if len(self.columns) > self.largest:
            need = len(self.columns) ** 2 * np.dtype(kind).itemsize / 1e9
            raise BenchError(
                f"Ease: {len(self.columns)} items need about {need:.1f} GB; "
                f"{self.instead.format(items=len(self.columns))}"
            )
        users = indicator(self.columns.encode_training(train), len(self.columns))
        self.weights = solve((users.T @ users).astype(kind).toarray(order="F"), self.regularisation)

    def score(self, histories: Sequence[list[int]]) -> NDArray[Any]:
        """Return the scores [histories, items] of encoded histories."""
        columns, weights = fitted(self.columns, self), fitted(self.weights, self)
        _, digits = PRECISIONS[self.precision]
        held = indicator(histories, len(columns)).astype(weights.dtype)
        return np.asarray(held @ weights).round(digits)


def solve(gram: NDArray[Any], regularisation: float) -> NDArray[Any]:
    """Return B [items, items] from X'X in column-major order, which is overwritten: one square is all it takes."""
    from scipy.linalg import get_lapack_funcs

    gram[np.diag_indices_from(gram)] += regularisation
    routines: Any = get_lapack_funcs(("potrf", "potri"), (gram,))
    lower, failed = routines[0](gram, lower=True, overwrite_a=True, clean=True)
    if failed:
        raise BenchError("Ease: X'X + regularisation is not positive definite; raise regularisation or use float64")
    inverse, _ = routines[1](lower, lower=True, overwrite_c=True)
    # The inverse is symmetric and its lower half is known: the transposed view is the same matrix in row-major order.
    weights: NDArray[Any] = inverse.T
    for row in range(len(weights)):
        weights[row + 1 :, row] = weights[row, row + 1 :]
    weights /= -np.diag(weights).copy()
    np.fill_diagonal(weights, 0.0)
    return weights
