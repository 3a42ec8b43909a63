"""The worlds of a game: what a world's sky, ground and air look like, and which landmarks stand in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw import game_air as air
from tasks.world.draw import game_landmarks as marks
from tasks.world.draw import game_scenery as scenery
from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import Stage
from tasks.world.draw.game_views import HORIZON, View
from tasks.world.draw.shot import Floats, column

Colours = tuple[Floats, Floats, Floats, Floats]
"""Sky above, sky below, ground, ground's other tone."""

Air = Callable[[Place, Tones, Floats], list[Layer]]


@dataclass(frozen=True, slots=True)
class World:
    """A world: its `colours` and what it is built from.

    `landmark` stands in rows, `size`: its height, and how many heights it is from one to the next; `back` lies behind
    where there is a horizon; `floor` marks the ground; `air` floats over everything, or only in the sky if `distant`;
    `fringe` hangs from the picture's upper edge.
    """

    colours: Callable[[Tones], Colours]
    landmark: marks.Landmark
    size: tuple[float, float]
    back: Air
    floor: Air
    air: Air
    fringe: Air
    distant: bool = False


def sky(stage: Stage, world: World, tones: Tones) -> None:
    """Paint the sky everywhere."""
    above, below, _, _ = world.colours(tones)
    share = np.clip((stage.scene.y + np.float32(0.9)) / np.float32(HORIZON + 0.9), 0, 1)
    stage.fill(mix(above, below, share[None]))


def land(stage: Stage, world: World, view: View, tones: Tones, floor: Place, mask: Floats) -> None:
    """Paint what marks the ground, the landmarks and what floats in the air."""
    phase = column(stage.shot.phase)
    for distance, colour in world.floor(floor, tones, phase):
        stage.paint(distance, colour, mask)
    part, place, cell = view.stand(stage, *world.size)
    part.sticker(world.landmark(place, cell, tones, phase), [], tones.ink, 0.022)
    over = 1 - mask if world.distant and view.has_sky else 1.0
    stage.layers(world.air(stage.scene, tones, phase), over)
    part, place = stage.window(stage.glass, -1, -1, 1, -0.3)
    part.layers(world.fringe(place, tones, phase))


COLOURS: Mapping[str, Callable[[Tones], Colours]] = {
    "forest": lambda t: (t.sky, t.low, mix(t.leaf, t.low, 0.35), mix(t.leaf, t.low, 0.52)),
    "desert": lambda t: (t.sky, t.low, mix(t.soil, t.pale, 0.3), mix(t.soil, t.pale, 0.12)),
    "space": lambda t: (
        mix(t.deep, t.ink, 0.5),
        mix(t.deep, t.ink, 0.2),
        mix(t.deep, t.far, 0.42),
        mix(t.deep, t.far, 0.15),
    ),
    "ocean": lambda t: (
        mix(t.deep, t.blue, 0.5),
        mix(t.deep, t.blue, 0.25),
        mix(t.deep, t.blue, 0.75),
        mix(t.deep, t.blue, 0.6),
    ),
    "city": lambda t: (t.sky, t.low, mix(t.near, t.ink, 0.35), mix(t.near, t.ink, 0.55)),
    "snow": lambda t: (t.sky, mix(t.sky, t.low, 0.5), t.snow, mix(t.snow, t.far, 0.35)),
    "volcano": lambda t: (mix(t.sky, t.ink, 0.35), t.low, mix(t.near, t.ink, 0.6), mix(t.near, t.ink, 0.75)),
}
"""World -> what its colours are made of."""

WORLDS: Mapping[str, World] = {
    "forest": World(COLOURS["forest"], marks.tree, (0.72, 0.8), scenery.canopy, scenery.tufts, air.leaves, air.boughs),
    "desert": World(COLOURS["desert"], marks.cactus, (0.74, 0.95), scenery.dunes, scenery.sand, air.dust, scenery.none),
    "space": World(
        COLOURS["space"], marks.orbit, (0.78, 1.08), scenery.none, scenery.craters, air.stars, air.giant, distant=True
    ),
    "ocean": World(COLOURS["ocean"], marks.reef, (0.68, 0.9), scenery.shafts, scenery.swell, air.bubbles, air.surface),
    "city": World(COLOURS["city"], marks.tower, (0.7, 0.7), scenery.skyline, scenery.paving, scenery.none, air.bulbs),
    "snow": World(COLOURS["snow"], marks.snowy, (0.66, 0.78), scenery.drifts, scenery.none, air.flakes, air.icicles),
    "volcano": World(COLOURS["volcano"], marks.cone, (0.78, 1.25), scenery.ash, scenery.pools, air.embers, air.crags),
}
"""World -> its colours, landmark, size, back, floor, air and fringe."""
