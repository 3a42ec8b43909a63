"""How a subject moves, and the comic marks that tell so in a still."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Place
from tasks.world.draw.shot import Floats, column, swing, turns
from tasks.world.draw.space import cut, join, lean, mirror, rim, stretch

SIZE = 0.56
"""Half the height of a subject, as a share of half the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """A subject at its moment: its own frame `body`, the `shadow` on the ground and the `marks` around it.

    `echoes` are outlines around it, by how far they stand off in body units; `heading` says that it must look right.
    """

    body: Place
    shadow: Floats
    marks: Floats
    echoes: tuple[float, ...] = ()
    heading: bool = False


def _shadow(floor: Place, width: Floats | float = 1.0) -> Floats:
    return floor.at(scale=width).ellipse(0.0, 0.0, 0.44, 0.075)


def jumping(floor: Place, phase: Floats) -> Pose:
    """Hop twice: squashed at the bottom, drawn out on the way; strokes below and ripples on the ground."""
    share = 2 * phase - np.floor(2 * phase)
    high = column(4 * share * (1 - share))
    tall = 0.86 + 0.18 * np.minimum(4 * high, 1.0)
    lift = np.float32(0.12) + np.float32(0.24) * high
    body = stretch(floor.at(0.0, -lift, 0.86 * SIZE), 1.9 - tall, tall).at(0.0, -1.0)
    ripples = join(*(_ripple(floor, radius) for radius in (0.36, 0.52)))
    strokes = cut(
        join(*(np.abs(np.abs(floor.x) - x) - 0.02 for x in (0.0, 0.17))), floor.y + 0.03, -lift + 0.05 - floor.y
    )
    return Pose(body, _shadow(floor, 0.9 - 0.3 * high), join(ripples, strokes))


def _ripple(floor: Place, radius: float) -> Floats:
    flat = stretch(floor, 1.0, 0.3)
    flat = Place(
        flat.x, flat.y, np.asarray(floor.unit * np.float32(0.45), dtype=np.float32)
    )  # about a true distance all round
    return cut(rim(flat.circle(0.0, 0.0, radius), 0.05, flat.unit), 0.45 * radius - np.abs(floor.x))


def spinning(floor: Place, phase: Floats) -> Pose:
    """Turn once about the middle, inside two bent arrows that turn along."""
    middle = floor.at(0.0, -SIZE)
    turn = phase - np.float32(0.08) * turns(phase)[1]  # lingers upright
    arrows = middle.at(turn=turn + np.float32(0.08))
    pair = Place(np.where(arrows.y < 0, arrows.x, -arrows.x), -np.abs(arrows.y), arrows.unit)
    bow = cut(rim(pair.circle(0.0, 0.0, 0.7), 0.032, pair.unit), pair.x - 0.3, pair.y + 0.1)
    tip = pair.polygon((0.37, -0.77), (0.55, -0.5), (0.23, -0.5))
    return Pose(middle.at(scale=0.98 * SIZE, turn=turn), _shadow(floor, 0.8), join(bow, tip))


def running(floor: Place, phase: Floats) -> Pose:
    """Dash from left to right, drawn out and leaning, with lines of speed behind."""
    here = floor.at(np.float32(0.88) * column(phase) - np.float32(0.4), np.float32(-0.05) * np.abs(swing(phase, 2)))
    body = lean(stretch(here.at(scale=0.86 * SIZE), 1.1, 0.95), 0.26).at(0.0, -1.0)
    strokes = (
        (-0.75, -1.1, -0.15),
        (-0.95, -0.9, -0.4),
        (-0.9, -0.62, -0.5),
        (-1.1, -0.36, -0.55),
        (-0.95, -0.14, -0.5),
    )
    lines = join(*(here.line(start, y, end, y, 0.025) for start, y, end in strokes))
    puffs = join(here.circle(-0.62, -0.02, 0.07), here.circle(-0.78, -0.04, 0.09))
    return Pose(body, _shadow(here, 1.1), join(lines, puffs), heading=True)


def swaying(floor: Place, phase: Floats) -> Pose:
    """Tilt about the feet, left and right twice, between bows at both sides of the head."""
    tilt = floor.at(turn=0.062 * swing(phase + 0.06, 2))
    pair = mirror(tilt)
    rings = (rim(pair.circle(0.0, -0.72, radius), 0.028, pair.unit) for radius in (0.55, 0.68))
    bows = join(*(cut(ring, rim(pair.y + 0.8, 0.24)) for ring in rings))
    return Pose(tilt.at(0.0, -0.92 * SIZE, 0.92 * SIZE), _shadow(floor), bows)


def growing(floor: Place, phase: Floats) -> Pose:
    """Swell from small to large, with echoes of the outline and arrows outward."""
    size = (0.48 + 0.55 * column(phase)) * np.float32(SIZE)
    middle = floor.at(0.0, -SIZE)
    body = floor.at(0.0, -0.55 * SIZE - 0.45 * size, size)
    pair = mirror(Place(middle.x, np.abs(middle.y), middle.unit)).at(0.16, 0.16)
    arrow = join(
        pair.line(0.3, 0.3, 0.42, 0.42, 0.03),
        pair.polygon((0.5, 0.5), (0.5, 0.28), (0.28, 0.5)),
    )
    return Pose(body, _shadow(floor, size / np.float32(SIZE)), arrow, (0.22, 0.42))


ACTIONS: Mapping[str, Callable[[Place, Floats], Pose]] = {
    "jumping": jumping,
    "spinning": spinning,
    "running": running,
    "swaying": swaying,
    "growing": growing,
}
