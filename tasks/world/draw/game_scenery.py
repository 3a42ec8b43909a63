"""What lies behind the landmarks of a world where there is a horizon, and what marks its ground."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_views import HORIZON
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import bars, cells, cut, fold, join, rim, ripple, scatter


def none(_place: Place, _tones: Tones, _phase: Floats) -> list[Layer]:
    """Nothing at all."""
    return []


def canopy(scene: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """A row of round tree tops."""
    return [(_hills(scene, 0.34, 0.62, HORIZON), mix(tones.far, tones.leaf, 0.45))]


def dunes(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Two rows of dunes."""
    slow = scene.at(x=ripple(phase) * np.float32(0.05))
    return [
        (_hills(slow, 1.3, 0.62, HORIZON), mix(tones.soil, tones.ink, 0.12)),
        (_hills(slow.at(x=0.5), 1.1, 0.36, HORIZON), mix(tones.soil, tones.pale, 0.3)),
    ]


def shafts(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Shafts of light in the water."""
    lean = scene.x + scene.y * np.float32(0.4) + np.float32(0.05) * ripple(phase)
    return [(bars(lean, 0.7, 0.1), mix(tones.deep, tones.blue, 0.62))]


def skyline(scene: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """High houses far away."""
    cell, across = cells(scene.x, 0.17)
    top = np.float32(HORIZON - 0.3) - np.float32(0.5) * scatter(cell)
    return [(cut(top - scene.y, rim(across, 0.08)), tones.far)]


def drifts(scene: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Hills under snow."""
    shade = mix(tones.snow, tones.near, 0.4)
    return [
        (_hills(scene, 1.0, 0.62, HORIZON), shade),
        (_hills(scene.at(y=0.05), 1.0, 0.62, HORIZON), tones.snow),
    ]


def ash(scene: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """A jagged ridge."""
    return [(_peaks(scene, 0.34, 0.4, HORIZON), mix(tones.near, tones.ink, 0.3))]


def tufts(floor: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Tufts of grass."""
    tuft = _specks(floor, 0.46)
    blades = join(
        tuft.line(0, 0.05, 0, -0.07, 0.022),
        tuft.line(0, 0.05, -0.09, -0.03, 0.022),
        tuft.line(0, 0.05, 0.09, -0.03, 0.022),
    )
    return [(blades, mix(tones.leaf, tones.ink, 0.4))]


def sand(floor: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Ripples of sand."""
    crest = bars(floor.y + np.float32(0.05) * ripple(floor.x * np.float32(1.6)), 0.3, 0.03)
    return [(crest * floor.unit, mix(tones.soil, tones.ink, 0.25))]


def craters(floor: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Craters."""
    hole = _specks(floor, 0.55).circle(0, 0, 0.13)
    return [(hole, mix(tones.deep, tones.pale, 0.45)), (hole + np.float32(0.045), mix(tones.deep, tones.ink, 0.3))]


def paving(floor: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Zebra crossings."""
    stripe = cut(bars(floor.x, 0.18, 0.05), bars(floor.y, 0.9, 0.16)) * floor.unit
    return [(stripe, mix(tones.near, tones.pale, 0.6))]


def swell(floor: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Waves."""
    crest = bars(floor.y + np.float32(0.07) * ripple(floor.x * np.float32(2.5) + phase), 0.34, 0.035)
    return [(crest * floor.unit, mix(tones.blue, tones.pale, 0.6))]


def pools(floor: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Pools of lava."""
    pool = _specks(floor, 0.6).ellipse(0, 0, 0.19, 0.12)
    return [(pool - np.float32(0.04), mix(tones.near, tones.ink, 0.3)), (pool, tones.glow)]


def _hills(scene: Place, period: float, height: float, foot: float) -> Floats:
    """Return the distance to a row of round hills: parabolas, each a little different."""
    cell, across = cells(scene.x, period)
    share = across * np.float32(2 / period)
    top = np.float32(height) * (np.float32(0.75) + np.float32(0.25) * scatter(cell)) * (1 - share * share)
    return np.asarray((np.float32(foot) - top - scene.y) * np.float32(0.7), dtype=np.float32)


def _peaks(scene: Place, period: float, height: float, foot: float) -> Floats:
    """Return the distance to a row of pointed peaks of different heights."""
    cell, across = cells(scene.x, period)
    top = np.float32(height) * (np.float32(0.55) + np.float32(0.45) * scatter(cell))
    slope = np.abs(across) * (top / np.float32(period / 2))
    return np.asarray((np.float32(foot) - top + slope - scene.y) * np.float32(0.4), dtype=np.float32)


def _specks(floor: Place, period: float) -> Place:
    """Return one frame per cell of the floor, every other row shifted."""
    row, down = cells(floor.y, period)
    across = fold(floor.x + (scatter(row) - np.float32(0.5)) * np.float32(period), period)
    return Place(across, down, floor.unit)
