"""A stack of pictures painted together, back to front, from signed distances: sharp at any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.shot import Floats, Shot, column, turns

Colour = Sequence[float] | Floats
"""Red, green, blue in 0 .. 1: three numbers for all pixels, or an array that broadcasts to [3, n, size, size]."""


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """A local frame: coordinates `x`, `y` [n, size, size] and how many scene units one local unit is (`unit`)."""

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

    def flip(self) -> Place:
        """Return the frame mirrored left to right."""
        return Place(-self.x, self.y, self.unit)

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
        shape = (len(shot), size, size)
        x, y = np.broadcast_to(edge[None, None, :], shape), np.broadcast_to(edge[None, :, None], shape)
        self.glass = Place(x, y)
        zoom = column(shot.zoom)
        self.scene = Place(x / zoom + column(shot.x), y / zoom + column(shot.y))
        self.pixel = np.float32(2 / size) / zoom
        self.rgb = np.zeros((3, *shape), dtype=np.float32)

    def fill(self, colour: Colour) -> None:
        """Cover everything with a colour."""
        self.rgb[:] = _rgb(colour)

    def paint(self, distance: Floats, colour: Colour, opacity: Floats | float = 1.0) -> None:
        """Cover where `distance` (scene units) is negative; the edge is blended over one pixel."""
        self.blend(self.cover(distance) * np.asarray(opacity, dtype=np.float32), colour)

    def cover(self, distance: Floats) -> Floats:
        """Return how much of each pixel lies inside [n, size, size]."""
        return np.clip(0.5 - distance / self.pixel, 0, 1).astype(np.float32)

    def blend(self, share: Floats | float, colour: Colour) -> None:
        """Mix a colour into every pixel by its share in 0 .. 1."""
        mixed = np.asarray(share, dtype=np.float32)
        if mixed.ndim != 3 or mixed.shape[0] != len(self.shot):
            self.rgb += mixed * (_rgb(colour) - self.rgb)
            return
        touched = mixed.max(axis=0)  # most shapes touch a small part of the picture: leave the rest alone
        rows, columns = _span(touched.any(axis=1)), _span(touched.any(axis=0))
        part = self.rgb[:, :, rows, columns]
        wanted = _rgb(colour)
        if wanted.shape[-1] > 1:
            wanted = np.broadcast_to(wanted, self.rgb.shape)[:, :, rows, columns]
        part += mixed[:, rows, columns] * (wanted - part)

    def finish(self) -> NDArray[np.uint8]:
        """Return the pictures as bytes [n, size, size, 3], under the shot's light."""
        lit = np.clip(self.rgb * column(self.shot.light), 0, 1) * 255
        return np.ascontiguousarray(np.moveaxis(np.floor(lit + np.float32(0.5)), 0, -1)).astype(np.uint8)


def _span(used: NDArray[np.bool_]) -> slice:
    """Return the slice from the first to the last true place."""
    places = np.flatnonzero(used)
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0)


def _rgb(colour: Colour) -> Floats:
    found = np.asarray(colour, dtype=np.float32)
    return found.reshape(3, 1, 1, 1) if found.ndim == 1 else found
