"""Shapes together and shapes many times over: distances combined, frames folded, space cut into cells, waves."""

from __future__ import annotations

from functools import reduce

import numpy as np

from tasks.world.draw.canvas import Place
from tasks.world.draw.shot import Floats, Reals

# Distances combined.


def join(*distances: Reals) -> Floats:
    """Return the distance to whichever shape is nearest."""
    return np.asarray(reduce(np.minimum, distances), dtype=np.float32)


def cut(*distances: Reals) -> Floats:
    """Return the distance to what all shapes share."""
    return np.asarray(reduce(np.maximum, distances), dtype=np.float32)


def rim(distance: Reals, half: float, unit: Floats | float = 1.0) -> Floats:
    """Return the distance to a shape's outline, `half` to either side (in the units of a frame, if given)."""
    return np.asarray(np.abs(distance) - np.float32(half) * unit, dtype=np.float32)


# Space cut into cells as wide as a period: cell 0 is centred on 0.


def cell(values: Reals, period: float) -> Floats:
    """Return the number of the cell in which a value lies."""
    return np.asarray(np.floor(values / np.float32(period) + np.float32(0.5)), dtype=np.float32)


def cells(values: Reals, period: float) -> tuple[Floats, Floats]:
    """Return the number of the cell in which a value lies, and where in it, from its middle."""
    number = cell(values, period)
    return number, np.asarray(values - np.float32(period) * number, dtype=np.float32)


def fold(values: Reals, period: float) -> Floats:
    """Return where in its cell a value lies, from its middle."""
    return cells(values, period)[1]


def bars(values: Reals, period: float, half: float) -> Floats:
    """Return the distance, in units of the values, to bars `half` to either side of the middle of every cell."""
    return rim(fold(values, period), half)


def odd(number: Reals) -> Floats:
    """Return 1 for odd whole numbers, 0 for even ones."""
    return np.asarray(number - 2 * np.floor(number / 2), dtype=np.float32)


def scatter(number: Reals, other: Reals | float = 0.0, salt: float = 0.618034, start: float = 0.0) -> Floats:
    """Return a number in [0, 1) that looks drawn by lot for a whole number, or for two of them."""
    shift = np.asarray(other, dtype=np.float32) * np.float32(0.7548777) + np.float32(start)
    spread = number * np.float32(salt) + shift
    return np.asarray(spread - np.floor(spread), dtype=np.float32)


# Triangle waves.


def zigzag(values: Reals, period: float) -> Floats:
    """Return a triangle wave over cells: 0 in the middle of a cell, 1 at its borders."""
    return np.asarray(np.abs(fold(values, period)) * np.float32(2 / period), dtype=np.float32)


def ridge(values: Reals) -> Floats:
    """Return a triangle wave of period 1 between 0 and 1: 1 at whole numbers."""
    return np.asarray(np.abs(2 * (values - np.floor(values)) - 1), dtype=np.float32)


def ripple(values: Reals) -> Floats:
    """Return a triangle wave of period 1 between -1 and 1: -1 at whole numbers."""
    return np.asarray(1 - 2 * ridge(values), dtype=np.float32)


# Frames in which one shape stands more than once, or out of shape.


def mirror(place: Place) -> Place:
    """Return the frame with its left half a mirror of the right: one shape becomes a pair."""
    return Place(np.abs(place.x), place.y, place.unit)


def row(place: Place, period: float) -> Place:
    """Return the frame repeated endlessly to the left and right."""
    return Place(fold(place.x, period), place.y, place.unit)


def stretch(place: Place, wide: Reals | float = 1.0, tall: Reals | float = 1.0) -> Place:
    """Return the frame widened and heightened about its origin."""
    return Place(
        np.asarray(place.x / np.asarray(wide, dtype=np.float32), dtype=np.float32),
        np.asarray(place.y / np.asarray(tall, dtype=np.float32), dtype=np.float32),
        place.unit,
    )


def lean(place: Place, share: Reals | float) -> Place:
    """Return the frame sheared about its origin: `share` units to the right per unit of height."""
    return Place(np.asarray(place.x + np.asarray(share, dtype=np.float32) * place.y), place.y, place.unit)
