"""The canvas of a game screenshot, whose scene may be mirrored and whose things are stickers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tasks.world.draw.canvas import Canvas, Colour, Layer, Place
from tasks.world.draw.shot import Floats, Shot
from tasks.world.draw.space import join

FAR = np.float32(9)
"""A distance from which nothing is seen."""


class Stage(Canvas):
    """A canvas whose scene is mirrored by chance: a hero left of the middle may come out on the right."""

    def __init__(self, shot: Shot, size: int) -> None:
        super().__init__(shot, size)
        self.scene = self.scene.flip(-shot.side(0))

    def sticker(self, bodies: Sequence[Layer], details: Iterable[Layer], ink: Colour, rim: float = 0.036) -> None:
        """Paint shapes with one dark outline around all `bodies`, so that they stand out from any background."""
        self.paint(join(*(distance for distance, _ in bodies)) - np.float32(rim), ink)
        self.layers(bodies)
        self.layers(details)


def spark(place: Place, x: float, y: float, radius: float) -> Floats:
    """Return the distance to a star with four points."""
    across, down = np.abs(place.x - np.float32(x)), np.abs(place.y - np.float32(y))
    near = join(across + 3 * down, down + 3 * across) - np.float32(radius)
    return np.asarray(near * np.float32(1 / 10**0.5) * place.unit, dtype=np.float32)
