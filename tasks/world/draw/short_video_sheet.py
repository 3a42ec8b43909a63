"""The paper short-video pictures are painted on: a rectangle of the canvas, and what its shapes are made with."""

from __future__ import annotations

from functools import reduce
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.canvas import Canvas, Colour, Place
from tasks.world.draw.shot import Floats

Reals = NDArray[np.floating[Any]]
"""What sums of float32 arrays and plain numbers are to the type checker (float32 when run)."""

INK, WHITE = (0.15, 0.1, 0.14), (1.0, 1.0, 1.0)


class Sheet:
    """A rectangle of a canvas, with the scene's coordinates kept as one row `x` [n, 1, w] and one column `y` [n, h, 1].

    Upright shapes cost a fraction of what whole coordinate fields would, and a small figure only its own rectangle.
    """

    def __init__(self, canvas: Canvas, rows: slice = slice(None), columns: slice = slice(None)) -> None:
        self.rgb = canvas.rgb[:, :, rows, columns]
        self.pixel = canvas.pixel
        self.scene = Place(canvas.scene.x[:, :1, columns], canvas.scene.y[:, rows, :1])

    def fill(self, colour: Colour) -> None:
        """Cover everything."""
        self.rgb[:] = tint(colour)

    def paint(self, distance: Reals, colour: Colour, opacity: Floats | float = 1.0) -> None:
        """Cover where `distance` (broadcasts to the sheet) is negative; the edge is blended over one pixel."""
        near = distance < self.pixel
        rows = _span(near.any(axis=(0, 2))) if distance.shape[1] > 1 else slice(None)
        columns = _span(near.any(axis=(0, 1))) if distance.shape[2] > 1 else slice(None)
        share = np.clip(np.float32(0.5) - distance[:, rows, columns] / self.pixel, 0, 1)
        self._mix(rows, columns, share * np.asarray(opacity, dtype=np.float32), colour)

    def blend(self, share: Reals, colour: Colour) -> None:
        """Mix a colour in by its share in 0 .. 1 (broadcasts to the sheet)."""
        self._mix(slice(None), slice(None), share, colour)

    def _mix(self, rows: slice, columns: slice, share: Reals, colour: Colour) -> None:
        part = self.rgb[:, :, rows, columns]
        wanted = tint(colour)
        if wanted.shape[-1] > 1:
            wanted = wanted[..., columns]
        if wanted.shape[-2] > 1:
            wanted = wanted[..., rows, :]
        part += share * (wanted - part)


class Part(NamedTuple):
    """A shape of a figure and its colour."""

    distance: Floats
    colour: Colour


class Figure(NamedTuple):
    """What a subject is made of: `solid` parts make its silhouette, `detail` lies on top; both back to front."""

    solid: list[Part]
    detail: list[Part]


def window(canvas: Canvas, place: Place, reach: float) -> tuple[Sheet, Place]:
    """Return the sheet that holds the box of half-side `reach` about a frame's origin, and the frame on that sheet.

    Neighbours in a shot widen the sheet: what is not certain to lie inside the box must be cut to it.
    """
    near = place.box(0.0, 0.0, reach, reach) < canvas.pixel
    rows, columns = _span(near.any(axis=(0, 2))), _span(near.any(axis=(0, 1)))
    x, y = (
        part[:, rows if part.shape[1] > 1 else slice(None), columns if part.shape[2] > 1 else slice(None)]
        for part in (place.x, place.y)
    )
    return Sheet(canvas, rows, columns), Place(x, y, place.unit)


def join(*distances: Reals) -> Floats:
    """Return the distance to whichever shape is nearest."""
    return np.asarray(reduce(np.minimum, distances), dtype=np.float32)


def cut(*distances: Reals) -> Floats:
    """Return the distance to what all shapes share."""
    return np.asarray(reduce(np.maximum, distances), dtype=np.float32)


def rim(distance: Reals, width: float) -> Floats:
    """Return the distance to a shape's outline, `width` to either side."""
    return np.asarray(np.abs(distance) - np.float32(width), dtype=np.float32)


def ring(place: Place, x: float, y: float, radius: float, width: float) -> Floats:
    """Return the distance to a ring, `width` units of the frame to either side of its circle."""
    return np.asarray(np.abs(place.circle(x, y, radius)) - np.float32(width) * place.unit, dtype=np.float32)


def mirror(place: Place) -> Place:
    """Return the frame with its left half a mirror of the right: one shape becomes a pair."""
    return Place(np.abs(place.x), place.y, place.unit)


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


def rows_of(place: Place, step: float) -> Place:
    """Return the frame repeated along x every `step`."""
    return Place(fold(place.x, step), place.y, place.unit)


def cell(values: Reals, step: float) -> Floats:
    """Return the number of the cell of width `step` a value lies in; cell 0 is centred on 0."""
    return np.asarray(np.floor(values / np.float32(step) + np.float32(0.5)), dtype=np.float32)


def fold(values: Reals, step: float) -> Floats:
    """Return where in its cell a value lies, from the cell's middle."""
    return np.asarray(values - np.float32(step) * cell(values, step), dtype=np.float32)


def zigzag(values: Reals, step: float) -> Floats:
    """Return a triangle wave: 0 in the middle of a cell, 1 at its borders."""
    return np.asarray(np.abs(fold(values, step)) * np.float32(2 / step))


def scatter(number: Reals, salt: float = 0.618) -> Floats:
    """Return a number in [0, 1) that looks drawn by lot for a whole `number`."""
    spread = number * np.float32(salt) + np.float32(0.37)
    return np.asarray(spread - np.floor(spread), dtype=np.float32)


def odd(number: Reals) -> Floats:
    """Return 1 for odd whole numbers, 0 for even ones."""
    return np.asarray(number - 2 * np.floor(number / 2), dtype=np.float32)


def ramp(share: Reals, start: Colour, end: Colour) -> Floats:
    """Return the colours from `start` (share 0) to `end` (share 1) [3, ...share]; shares beyond are clipped."""
    low, high = tint(start), tint(end)
    return np.asarray(low + np.clip(share, 0, 1)[None] * (high - low), dtype=np.float32)


def tint(colour: Colour) -> Floats:
    """Return a colour as an array that meets pixels [3, n, height, width]."""
    found = np.asarray(colour, dtype=np.float32)
    return found.reshape(3, 1, 1, 1) if found.ndim == 1 else found


def _span(used: NDArray[np.bool_] | np.bool_) -> slice:
    """Return the slice from the first to the last true place."""
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0)
