"""The views of a game: how the ground lies, where a world's landmarks stand on it, where the hero and the props are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Place, mix
from tasks.world.draw.game_stage import FAR, Stage
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import cells, cut, join, odd, scatter

HORIZON = 0.18
MIDDLE, WIDE, DEEP, THICK = 0.3, 0.86, 0.42, 0.21  # the diamond: its height in the picture, half-axes and edge


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """The ground as painted.

    `floor`: coordinates on it, `mask`: where it shows; `hero`: the frame of the hero's feet, `props`:
    the frame of the genre's things, `shade`: the opacity of the hero's shadow.
    """

    floor: Place
    mask: Floats
    hero: Place
    props: Place
    shade: float


@dataclass(frozen=True, slots=True)
class View:
    """A geometry: `ground(stage, main, other, ink)` paints the ground; `stand(stage, scale, spacing)` gives rows.

    A row comes as one folded frame, whose y is 0 at the foot and -1 at the top, and a number per cell.
    """

    ground: Callable[[Stage, Floats, Floats, Floats], Ground]
    stand: Callable[[Stage, float, float], tuple[Stage, Place, Floats]]
    has_horizon: bool
    has_sky: bool


def _side(stage: Stage, main: Floats, other: Floats, ink: Floats) -> Ground:
    scene = stage.scene
    near = np.maximum(scene.y - np.float32(HORIZON - 0.22), np.float32(0.05)) / np.float32(0.8)
    floor = Place(scene.x / near, -0.55 / near, near)
    below = np.float32(HORIZON) - scene.y
    stage.paint(below, main)
    stage.paint(cut(below, scene.y - np.float32(HORIZON + 0.09)), ink)
    stage.paint(cut(below, scene.y - np.float32(HORIZON + 0.055)), mix(main, other, -1.5))
    stage.paint(np.float32(0.84) - scene.y, ink)
    stage.paint(np.float32(0.88) - scene.y, mix(main, ink, 0.4))
    hero = scene.at(stage.shot.chance(1, -0.5, -0.34), stage.shot.chance(2, 0.72, 0.8))
    props = scene.at(stage.shot.chance(3, 0.4, 0.5), stage.shot.chance(4, 0.3, 0.38), 0.54)
    return Ground(floor, stage.cover(below), hero, props, 0.35)


def _above(stage: Stage, main: Floats, other: Floats, ink: Floats) -> Ground:
    scene = stage.scene
    stage.fill(main)
    floor = Place(scene.x, scene.y)
    _chequer(stage, floor, mix(main, other, 1.5), ink, 0.36)
    hero = scene.at(stage.shot.chance(1, -0.42, -0.28), stage.shot.chance(2, 0.6, 0.72))
    props = scene.at(stage.shot.chance(3, 0.32, 0.4), stage.shot.chance(4, 0.24, 0.34), 0.48)
    return Ground(floor, np.ones(stage.rgb.shape[1:], dtype=np.float32), hero, props, 0.75)


def _diamond(stage: Stage, main: Floats, other: Floats, ink: Floats) -> Ground:
    scene = stage.scene
    left, right, top = -WIDE, WIDE, MIDDLE - DEEP
    low = MIDDLE + DEEP + THICK
    part, place = stage.window(scene, left - 0.1, top - 0.1, right + 0.1, low + 0.1)
    edges = ((left, MIDDLE), (left, MIDDLE + THICK), (0.0, low), (right, MIDDLE + THICK), (right, MIDDLE))
    cube = place.polygon(*edges)
    top_ = place.polygon((left, MIDDLE), (0.0, top), (right, MIDDLE), (0.0, MIDDLE + DEEP))
    part.paint(join(cube, top_) - np.float32(0.04), ink)
    part.paint(cube, mix(main, ink, 0.35))
    part.paint(cut(cube, -place.x), mix(main, ink, 0.6))
    across, down = scene.x / np.float32(WIDE), (scene.y - np.float32(MIDDLE)) / np.float32(DEEP)
    floor = Place(across + down, down - across, 0.44)
    diamond = scene.polygon((left, MIDDLE), (0.0, top), (right, MIDDLE), (0.0, MIDDLE + DEEP))
    mask = stage.cover(diamond)
    stage.blend(mask, main)
    _chequer(stage, floor, mix(main, other, 1.3), ink, 0.5, mask)
    stage.paint(cut(diamond, np.float32(-0.03) - diamond), mix(main, other, -1.5))  # a lit edge, as in side view
    hero = scene.at(stage.shot.chance(1, -0.38, -0.28), stage.shot.chance(2, 0.56, 0.64))
    props = scene.at(stage.shot.chance(3, 0.34, 0.42), stage.shot.chance(4, 0.24, 0.32), 0.43)
    return Ground(floor, mask, hero, props, 0.5)


def _chequer(stage: Stage, floor: Place, colour: Floats, ink: Floats, tile: float, mask: Floats | float = 1.0) -> None:
    column, across = cells(floor.x, tile)
    row, down = cells(floor.y, tile)
    half = np.float32(tile / 2)
    inner = join(half - np.abs(across), half - np.abs(down))  # how far from the tile's edge
    inner = np.asarray(inner * floor.unit, dtype=np.float32)
    stage.paint(np.where(odd(column + row), inner, -inner), colour, mask)
    stage.paint(inner - np.float32(0.014), ink, np.asarray(mask, dtype=np.float32) * np.float32(0.3))


def _on_horizon(stage: Stage, scale: float, spacing: float) -> tuple[Stage, Place, Floats]:
    part, place = stage.window(stage.scene, -2.5, HORIZON - scale * 1.3, 2.5, HORIZON + 0.1)
    cell, across = cells(place.x - stage.shot.chance(5, -0.3, 0.3), scale * spacing)
    size: Floats = np.float32(scale * 0.8) + np.float32(scale * 0.4) * scatter(cell, 0.3)
    return part, Place(across / size, (place.y - np.float32(HORIZON + 0.04)) / size, size), cell


def _around(stage: Stage, scale: float, spacing: float) -> tuple[Stage, Place, Floats]:
    period = max(scale * 0.62 * spacing, 0.42)
    scene, size = stage.scene, min(period / spacing, 0.5)
    rows = size * 1.12
    cell, across = cells(scene.x, period)
    row, down = cells(scene.y + np.float32(0.46) + stage.shot.chance(5, -0.03, 0.03) - np.float32(rows / 2), rows)
    free = (np.abs(cell) * np.float32(period) < 0.8) & (row >= 0) & (row < 2)
    down = np.where(free, FAR, down)
    return stage, Place(across, down - np.float32(rows / 2 - 0.02)).at(scale=size), cell + 3 * row


def _behind(stage: Stage, scale: float, spacing: float) -> tuple[Stage, Place, Floats]:
    size = scale * 0.92
    part, place = stage.window(stage.scene, -1.1, MIDDLE - DEEP - scale * 1.1, 1.1, MIDDLE + 0.1)
    cell, across = cells(place.x, size * spacing)
    middle = np.abs(cell) * np.float32(size * spacing)
    foot = np.float32(MIDDLE - DEEP + 0.1) + np.float32(DEEP / WIDE) * middle
    down = np.where(middle > 0.88, FAR, place.y - foot)
    return part, Place(across, down).at(scale=size), cell


VIEWS: Mapping[str, View] = {
    "side view": View(_side, _on_horizon, True, True),
    "top-down": View(_above, _around, False, False),
    "isometric": View(_diamond, _behind, False, True),
}
