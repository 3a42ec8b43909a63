"""A stack of pictures painted together, back to front, from signed distances: sharp at any size."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.shot import Floats, Reals, Shot, column, turns

Colour = Sequence[float] | Floats
"""Red, green, blue in 0 .. 1: three numbers for all pixels, or an array that broadcasts to [3, n, size, size]."""

Layer = tuple[Floats, Colour]
"""A shape by its distance, and what it is painted with."""

Number = TypeVar("Number", bound=np.generic)
ALL = slice(None)


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A local frame: coordinates `x`, `y` and how many scene units one local unit is (`unit`).

    While nothing turns or leans the frame it is thin: one row `x` [n, 1, width] and one column `y` [n, height, 1] stand
    for all pixels, and upright shapes cost a fraction of what whole fields would. Distances may be thin, too.
    """

    x: Floats
    y: Floats
    unit: Floats | float = 1.0

    def at(
        self,
        x: Floats | float = 0.0,
        y: Floats | float = 0.0,
        scale: Floats | float = 1.0,
        turn: Floats | float = 0.0,
    ) -> Place:
        """Return a frame whose origin is at (x, y) of this one, `scale` times as large, turned clockwise by `turn`.

        Arguments are numbers or [n] / [n, 1, 1] arrays; `turn` counts full turns.
        """
        dx, dy = self.x - _pixels(x), self.y - _pixels(y)
        if np.any(np.asarray(turn) != 0):
            cosine, sine = turns(_pixels(turn))
            dx, dy = cosine * dx + sine * dy, cosine * dy - sine * dx
        size = _pixels(scale)
        return Place(dx / size, dy / size, np.asarray(self.unit * size, dtype=np.float32))

    def flip(self, side: Floats) -> Place:
        """Return the frame mirrored left to right where `side` [n, 1, 1] is -1, as it is where it is 1."""
        return Place(self.x * side, self.y, self.unit)

    # Distances are in scene units, negative inside, so that an edge is one pixel wide whatever the frame's scale.

    def circle(self, x: float = 0.0, y: float = 0.0, radius: float = 1.0) -> Floats:
        """Return the distance to a disc."""
        dx, dy = self.x - np.float32(x), self.y - np.float32(y)
        return self._scenic(np.sqrt(dx * dx + dy * dy) - np.float32(radius))

    def ellipse(self, x: float, y: float, width: float, height: float) -> Floats:
        """Return the approximate distance to an ellipse with half-axes `width` and `height` (exact at the edge)."""
        dx, dy = (self.x - np.float32(x)) / np.float32(width), (self.y - np.float32(y)) / np.float32(height)
        return self._scenic((np.sqrt(dx * dx + dy * dy) - 1) * np.float32(min(width, height)))

    def box(self, x: float, y: float, width: float, height: float, round: float = 0.0) -> Floats:
        """Return the distance to a box with half-sides `width` and `height` and corners of radius `round`."""
        dx = np.abs(self.x - np.float32(x)) - np.float32(width - round)
        dy = np.abs(self.y - np.float32(y)) - np.float32(height - round)
        if round == 0.0:
            return self._scenic(np.maximum(dx, dy))
        ox, oy = np.maximum(dx, 0), np.maximum(dy, 0)
        return self._scenic(np.sqrt(ox * ox + oy * oy) + np.minimum(np.maximum(dx, dy), 0) - np.float32(round))

    def line(self, x0: float, y0: float, x1: float, y1: float, width: float) -> Floats:
        """Return the distance to a line with round ends, `width` to either side."""
        dx, dy = np.float32(x1 - x0), np.float32(y1 - y0)
        px, py = self.x - np.float32(x0), self.y - np.float32(y0)
        along = np.clip((px * dx + py * dy) / (dx * dx + dy * dy), 0, 1)
        px, py = px - along * dx, py - along * dy
        return self._scenic(np.sqrt(px * px + py * py) - np.float32(width))

    def polygon(self, *corners: tuple[float, float]) -> Floats:
        """Return the distance bound to a convex polygon; corners in either order."""
        edges = list(zip(corners, (*corners[1:], corners[0]), strict=True))
        way = 1.0 if sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges) > 0 else -1.0
        worst = np.full_like(self.x, -np.inf)
        for (x0, y0), (x1, y1) in edges:
            length = way * ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
            across, down = np.float32((y1 - y0) / length), np.float32((x0 - x1) / length)
            worst = np.maximum(worst, across * (self.x - np.float32(x0)) + down * (self.y - np.float32(y0)))
        return self._scenic(worst)

    def _scenic(self, distance: Any) -> Floats:
        return np.asarray(distance * self.unit, dtype=np.float32)


def _pixels(value: Floats | float) -> Floats:
    found = np.asarray(value, dtype=np.float32)
    return column(found) if found.ndim == 1 else found


class Canvas:
    """n pictures of `size` x `size`: `scene` moves with the camera, `glass` is fixed to the picture's frame.

    Both span -1 .. 1 from the upper left to the lower right corner of the picture (at zoom 1, camera in the middle).
    """

    def __init__(self, shot: Shot, size: int) -> None:
        self.shot, self.size = shot, size
        edge = np.asarray((2 * np.arange(size) + 1) / size - 1, dtype=np.float32)
        x, y = np.tile(edge[None, None, :], (len(shot), 1, 1)), np.tile(edge[None, :, None], (len(shot), 1, 1))
        self.glass = Place(x, y)
        zoom = column(shot.zoom)
        self.scene = Place(x / zoom + column(shot.x), y / zoom + column(shot.y))
        self.pixel = np.float32(2 / size) / zoom
        self.rgb = np.zeros((3, len(shot), size, size), dtype=np.float32)

    def window(
        self, place: Place, left: float, top: float, right: float, bottom: float, room: float = 0.08
    ) -> tuple[Self, Place]:
        """Return the part of the canvas in which a box of `place` lies, and `place` there.

        There is `room` (scene units) around the box for an outline and a blended edge. What is painted must not reach
        further: how much of it is cut off depends on the other pictures of the shot.
        """
        more = (self.pixel + np.float32(room)) / place.unit
        wide = (place.x >= left - more) & (place.x <= right + more)
        high = (place.y >= top - more) & (place.y <= bottom + more)
        if place.x.shape[1] > 1:  # turned
            wide = high = wide & high
        rows, columns = _span(high.any(axis=(0, 2))), _span(wide.any(axis=(0, 1)))
        part = copy(self)
        part.rgb = self.rgb[:, :, rows, columns]
        part.scene, part.glass, there = (
            Place(_part(one.x, rows, columns), _part(one.y, rows, columns), one.unit)
            for one in (self.scene, self.glass, place)
        )
        return part, there

    def fill(self, colour: Colour) -> None:
        """Cover everything with a colour."""
        self.rgb[:] = tint(colour)

    def paint(self, distance: Reals, colour: Colour, opacity: Floats | float = 1.0) -> None:
        """Cover where `distance` (scene units) is negative; the edge is blended over one pixel."""
        rows, columns = _spans(distance < self.pixel)
        share = self.cover(_part(distance, rows, columns))
        if not (isinstance(opacity, float) and opacity == 1.0):
            share = share * _part(np.asarray(opacity, dtype=np.float32), rows, columns)
        self._mix(rows, columns, share, colour)

    def layers(self, layers: Iterable[Layer], opacity: Floats | float = 1.0) -> None:
        """Paint shapes one on another."""
        for distance, colour in layers:
            self.paint(distance, colour, opacity)

    def cover(self, distance: Reals) -> Floats:
        """Return how much of each pixel lies inside, in the shape of `distance`."""
        return np.asarray(np.clip(np.float32(0.5) - distance / self.pixel, 0, 1), dtype=np.float32)

    def blend(self, share: Reals | float, colour: Colour) -> None:
        """Mix a colour into every pixel by its share in 0 .. 1."""
        mixed = np.asarray(share, dtype=np.float32)
        rows, columns = _spans(mixed > 0)
        self._mix(rows, columns, _part(mixed, rows, columns), colour)

    def _mix(self, rows: slice, columns: slice, share: Floats, colour: Colour) -> None:
        part = self.rgb[:, :, rows, columns]
        part += share * (_part(tint(colour), rows, columns) - part)

    def finish(self) -> NDArray[np.uint8]:
        """Return the pictures as bytes [n, size, size, 3], under the shot's light."""
        lit = np.clip(self.rgb * column(self.shot.light), 0, 1) * 255
        return np.ascontiguousarray(np.moveaxis(np.floor(lit + np.float32(0.5)), 0, -1)).astype(np.uint8)


def tint(colour: Colour) -> Floats:
    """Return a colour as an array that meets pixels [3, n, height, width]."""
    found = np.asarray(colour, dtype=np.float32)
    return found.reshape(3, 1, 1, 1) if found.ndim == 1 else found


def mix(one: Colour, other: Colour, share: Reals | float) -> Floats:
    """Return the colours between two: `other` by `share`, which is a number or meets [3, n, height, width]."""
    start = tint(one)
    return np.asarray(start + np.asarray(share, dtype=np.float32) * (tint(other) - start), dtype=np.float32)


def ramp(share: Reals, start: Colour, end: Colour) -> Floats:
    """Return the colours from `start` (share 0) to `end` (share 1) [3, ...share]; shares beyond are clipped."""
    return mix(start, end, np.clip(share, 0, 1)[None])


# Most shapes touch a small part of the picture: the rest is left alone.


def _spans(touched: NDArray[np.bool_]) -> tuple[slice, slice]:
    """Return the rows and the columns that something touches; all of them where it is thin."""
    if touched.ndim < 3:
        return ALL, ALL
    in_one = np.asarray(touched.any(axis=0))
    rows = _span(in_one.any(axis=1)) if in_one.shape[0] > 1 else ALL
    return rows, _span(in_one.any(axis=0)) if in_one.shape[1] > 1 else ALL


def _span(used: NDArray[np.bool_] | np.bool_) -> slice:
    """Return the slice from the first to the last true place."""
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0)


def _part(values: NDArray[Number], rows: slice, columns: slice) -> NDArray[Number]:
    """Return the rows and columns of values that meet pixels; a single row or column stands for all."""
    if values.ndim < 3:
        return values
    return values[..., rows if values.shape[-2] > 1 else ALL, columns if values.shape[-1] > 1 else ALL]
