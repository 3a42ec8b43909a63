"""What the product pictures share: folded coordinates, repeating bars, outlines, and a swing."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Place
from tasks.world.draw.shot import Floats, Shot, column, turns


def thin(place: Place) -> Place:
    """Return an unturned frame as one row of x and one column of y: the same numbers, far less arithmetic."""
    return Place(place.x[:, :1, :], place.y[:, :, :1], place.unit)


def mirrored(place: Place, share: Floats) -> Place:
    """Return the frame with left and right swapped where the chance number `share` [n, 1, 1] is below one half."""
    return Place(place.x * np.where(share < 0.5, np.float32(-1), np.float32(1)), place.y, place.unit)


def nearest(value: Floats, period: float) -> Floats:
    """Return the offset of `value` from the nearest multiple of `period`."""
    return np.asarray(value - np.float32(period) * np.floor(value / np.float32(period) + np.float32(0.5)), np.float32)


def ridge(value: Floats) -> Floats:
    """Return a triangle wave of period 1 between 0 and 1 (1 at whole numbers)."""
    return np.abs(2 * (value - np.floor(value)) - 1)


def bars(value: Floats, period: float, half: float) -> Floats:
    """Return the distance, in units of `value`, to bars `half` to either side of the multiples of `period`."""
    return np.abs(nearest(value, period)) - np.float32(half)


def folded(place: Place) -> Place:
    """Return the frame whose left half mirrors the right one."""
    return Place(np.abs(place.x), place.y, place.unit)


def row(place: Place, period: float) -> Place:
    """Return the frame repeated endlessly to the left and right."""
    return Place(nearest(place.x, period), place.y, place.unit)


def union(*distances: Floats) -> Floats:
    """Return the distance to everything that lies in one of the shapes."""
    found = distances[0]
    for one in distances[1:]:
        found = np.minimum(found, one)
    return found


def swell(value: Floats) -> Floats:
    """Return a smooth wave of period 1 between 0 and 1 (1 at whole numbers)."""
    rising = ridge(value)
    return np.asarray(rising * rising * (3 - 2 * rising), dtype=np.float32)


def oval(place: Place, x: float, y: float, width: float, height: float) -> Floats:
    """Return a distance to an ellipse that stays true outside flat ones, as wide outlines need."""
    dx, dy = (place.x - np.float32(x)) / np.float32(width), (place.y - np.float32(y)) / np.float32(height)
    reach = np.sqrt(dx * dx + dy * dy)
    dx, dy = dx / np.float32(width), dy / np.float32(height)
    slope = np.sqrt(dx * dx + dy * dy)
    tiny = np.float32(0.001)  # keeps the middle, where both vanish, inside
    return np.asarray((reach - 1) * (reach + tiny) / (slope + tiny) * place.unit, dtype=np.float32)


def ring(disc: Floats, half: float, unit: Floats | float = 1.0) -> Floats:
    """Return the distance to the outline of a shape, `half` local units to either side."""
    return np.asarray(np.abs(disc) - np.float32(half) * unit, dtype=np.float32)


def below(place: Place, y: float) -> Floats:
    """Return the distance to everything below a level."""
    return place.box(0, y + 9, 90, 9)


def swing(shot: Shot) -> Floats:
    """Return a swing 0 -> 1 -> 0 -> -1 -> 0 over one run of the phase, as [n, 1, 1]."""
    return column(turns(shot.phase)[1])
