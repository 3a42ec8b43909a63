"""The canvas of a game screenshot: windows into it, layered stickers and folded space for rows of the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from functools import reduce
from typing import cast

import numpy as np
from numpy.typing import NDArray

from tasks.world.draw.canvas import Canvas, Colour, Place
from tasks.world.draw.shot import Floats, Shot

Layer = tuple[Floats, Colour]
"""A shape by its distance, and what it is painted with."""

FAR = np.float32(9)
"""A distance from which nothing is seen."""


class Stage(Canvas):
    """A canvas whose frames are thin: x is [n, 1, columns] and y is [n, rows, 1], until a shape needs both.

    The scene of a picture is mirrored by chance: a hero who stands left of the middle may come out on the right.
    """

    def __init__(self, shot: Shot, size: int) -> None:
        super().__init__(shot, size)
        side = np.where(shot.chance(0) < 0.5, np.float32(1), np.float32(-1))
        self.glass = Place(self.glass.x[:, :1, :], self.glass.y[:, :, :1])
        self.scene = Place(self.scene.x[:, :1, :] * side, self.scene.y[:, :, :1])

    def window(self, place: Place, left: float, top: float, right: float, bottom: float) -> tuple[Stage, Place]:
        """Return the part of the stage in which a box of `place` lies, and `place` there; `place` must be thin.

        There is room around the box for an outline and a blended edge. What is painted must not reach further: how
        much of it is cut off depends on the other pictures of the shot.
        """
        room = (self.pixel + np.float32(0.08)) / place.unit
        columns = _span(((place.x >= left - room) & (place.x <= right + room))[:, 0, :])
        rows = _span(((place.y >= top - room) & (place.y <= bottom + room))[:, :, 0])
        part = copy(self)
        part.rgb = self.rgb[:, :, rows, columns]
        part.scene, part.glass = (
            Place(one.x[:, :, columns], one.y[:, rows, :], one.unit) for one in (self.scene, self.glass)
        )
        return part, Place(place.x[:, :, columns], place.y[:, rows, :], place.unit)

    def cover(self, distance: Floats) -> Floats:
        """Return how much of each pixel lies inside, of all pixels even for a shape that spans whole rows."""
        return np.broadcast_to(super().cover(distance), self.rgb.shape[1:])

    def paint(self, distance: Floats, colour: Colour, opacity: Floats | float = 1.0) -> None:
        """Cover where `distance` is negative, without a product where nothing shines through."""
        share = self.cover(distance)
        self.blend(share if isinstance(opacity, float) and opacity == 1.0 else share * np.float32(opacity), colour)

    def layers(self, layers: Iterable[Layer], opacity: Floats | float = 1.0) -> None:
        """Paint shapes one on another."""
        for distance, colour in layers:
            self.paint(distance, colour, opacity)

    def sticker(self, bodies: Sequence[Layer], details: Iterable[Layer], ink: Colour, rim: float = 0.036) -> None:
        """Paint shapes with one dark outline around all `bodies`, so that they stand out from any background."""
        self.paint(union(*(distance for distance, _ in bodies)) - np.float32(rim), ink)
        self.layers(bodies)
        self.layers(details)


def _span(inside: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(inside.any(axis=0))
    return slice(int(places[0]), int(places[-1]) + 1) if len(places) else slice(0, 0)


def union(*distances: Floats) -> Floats:
    """Return the distance to the nearest of several shapes."""
    return reduce(np.minimum, distances)


def both(*distances: Floats) -> Floats:
    """Return the distance to what several shapes share."""
    return reduce(np.maximum, distances)


def mirrored(place: Place) -> Place:
    """Return a frame in which every shape on the right also stands on the left."""
    return Place(np.abs(place.x), place.y, place.unit)


def fold(values: Floats, period: Floats | float) -> tuple[Floats, Floats]:
    """Return (number of the cell, place within it) of coordinates cut into cells centred on multiples of `period`."""
    step = np.asarray(period, dtype=np.float32)
    cell = np.floor(values / step + np.float32(0.5))
    return cell, values - cell * step


def scatter(cell: Floats, other: Floats | float = 0.0) -> Floats:
    """Return a number in [0, 1) per cell: far apart for neighbours, the same every time."""
    mixed = cell * np.float32(0.618034) + np.asarray(other, dtype=np.float32) * np.float32(0.7548777)
    return cast(Floats, mixed - np.floor(mixed))


def odd(cell: Floats) -> NDArray[np.bool_]:
    """Return whether the cells' numbers are odd."""
    return np.asarray(cell - 2 * np.floor(cell / 2) > 0.5)


def ripple(values: Floats) -> Floats:
    """Return a triangle wave between -1 and 1 with period 1."""
    folded = values - np.floor(values)
    return cast(Floats, 1 - 4 * np.abs(folded - np.float32(0.5)))


def spark(place: Place, x: float, y: float, radius: float) -> Floats:
    """Return the distance to a star with four points."""
    across, down = np.abs(place.x - np.float32(x)), np.abs(place.y - np.float32(y))
    near = np.minimum(across + 3 * down, down + 3 * across) - np.float32(radius)
    return cast(Floats, near * np.float32(1 / 10**0.5) * place.unit)
