"""Intervals as marks on a common scale, in units of a small drawing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 160.0  # units of the drawing, as wide as its view box
MARGIN = 5.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One interval with its value: places on the drawing, left to right; `zero` is where 0 is, if it is on it."""

    dot: float
    low: float
    high: float
    zero: float | None = None


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from `low` to `high` laid over the width of a drawing."""

    low: float
    high: float

    def at(self, value: float) -> float:
        """Return the place of a value, to a hundredth of a unit so that equal figures are equal bytes."""
        span = self.high - self.low
        share = (value - self.low) / span if span > 0 else 0.5
        return round(MARGIN + share * (WIDTH - 2 * MARGIN), 2)

    def mark(self, value: float | None, low: float | None, high: float | None) -> Mark | None:
        """Return where to draw an interval; None without a value, a dot alone without an interval."""
        if value is None:
            return None
        zero = self.at(0.0) if self.low <= 0 <= self.high else None
        return Mark(
            self.at(value), self.at(value if low is None else low), self.at(value if high is None else high), zero
        )


def scale_of(values: Iterable[float | None], with_zero: bool = False) -> Scale:
    """Return the scale that just holds all values, and 0 if it is a scale of differences."""
    known = [value for value in values if value is not None] + ([0.0] if with_zero else [])
    return Scale(min(known), max(known)) if known else Scale(0.0, 1.0)
