"""What floats in the air of a world, and the fringe that hangs from the picture's upper edge."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import spark
from tasks.world.draw.shot import Floats, wave
from tasks.world.draw.space import cells, cut, fold, join, rim, ripple, scatter


def leaves(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Falling leaves."""
    place, _ = _spread(scene, 0.44, -phase * np.float32(0.44))
    leaf = place.at(x=np.float32(0.05) * ripple(phase), turn=0.12).ellipse(0, 0, 0.1, 0.048)
    return [(leaf - np.float32(0.02), mix(tones.leaf, tones.ink, 0.75)), (leaf, mix(tones.leaf, tones.pale, 0.2))]


def dust(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Gusts of sand."""
    place, kind = _spread(scene.at(x=phase * np.float32(0.6)), 0.6, 0.0)
    gust = place.box(0, 0, 0.17, 0.01) - np.float32(0.012) * kind
    return [(gust - np.float32(0.022), mix(tones.soil, tones.ink, 0.3)), (gust, mix(tones.soil, tones.pale, 0.8))]


def stars(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Stars that glitter."""
    place, kind = _spread(scene, 0.42, 0.0)
    glitter = np.float32(0.8) + np.float32(0.4) * ripple(kind + phase)
    return [(spark(place, 0, 0, 0.0) - np.float32(0.042) * glitter * (np.float32(0.7) + kind), tones.pale)]


def bubbles(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Rising bubbles."""
    place, kind = _spread(scene, 0.44, phase * np.float32(0.44))
    size = np.float32(0.045) + np.float32(0.06) * kind
    distance = place.circle(0, 0, 0) - size
    return [(rim(distance + np.float32(0.012), 0.017), tones.pale)]


def flakes(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Falling flakes of snow."""
    place, kind = _spread(scene, 0.3, -phase * np.float32(0.3))
    flake = place.circle(0, 0, 0.022) - np.float32(0.022) * kind
    return [(flake - np.float32(0.016), mix(tones.far, tones.near, 0.5)), (flake, tones.pale)]


def embers(scene: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Rising embers."""
    place, kind = _spread(scene, 0.42, phase * np.float32(0.42))
    ember = place.box(0, 0, 0.02, 0.02) - np.float32(0.016) * kind
    return [(ember - np.float32(0.018), tones.ink), (ember, tones.glow)]


def boughs(glass: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Leafy boughs."""
    cell, across = cells(glass.x + np.float32(0.02) * ripple(phase), 0.3)
    place = Place(across, glass.y + np.float32(0.93) + np.float32(0.06) * scatter(cell), 1.0)
    bough = place.circle(0, 0, 0.19)
    return [
        (bough - np.float32(0.03), tones.ink),
        (bough, mix(tones.leaf, tones.ink, 0.35)),
        (place.circle(-0.03, -0.01, 0.1), mix(tones.leaf, tones.pale, 0.2)),
    ]


def giant(glass: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """The lower edge of a huge planet with belts of cloud."""
    place = glass.at(x=np.float32(0.03) * ripple(phase), y=-1.62)
    disc = place.circle(0, 0, 1.0)
    belt = rim(rim(disc + np.float32(0.16), 0.05), 0.022)
    return [
        (disc - np.float32(0.05), mix(tones.deep, tones.blue, 0.5)),
        (disc, mix(tones.blue, tones.pale, 0.15)),
        (cut(belt, disc), mix(tones.blue, tones.ink, 0.5)),
    ]


def bulbs(glass: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """A string of bulbs that light up in turn."""
    across = fold(glass.x, 0.66)
    sag = np.float32(0.16) * (1 - across * across * np.float32(1 / 0.33**2)) - np.float32(0.92)
    cell, beside = cells(glass.x, 0.22)
    bulb = Place(beside, glass.y - sag - np.float32(0.06), 1.0).ellipse(0, 0, 0.055, 0.07)
    wire = rim(glass.y - sag, 0.016)
    lit = mix(tones.glow, tones.pale, wave(phase + cell * np.float32(0.5)))
    return [(join(wire, bulb - np.float32(0.03)), tones.ink), (bulb, lit)]


def icicles(glass: Place, tones: Tones, _phase: Floats) -> list[Layer]:
    """Icicles of different lengths."""
    cell, across = cells(glass.x, 0.16)
    length = np.float32(0.2) + np.float32(0.2) * scatter(cell, 0.2)
    ice = (np.abs(across) - np.float32(0.075) * (1 - (glass.y + 1) / length)) * np.float32(0.9)
    bank = join(ice, glass.y + np.float32(0.93))
    return [(bank - np.float32(0.028), mix(tones.near, tones.ink, 0.4)), (bank, tones.pale)]


def surface(glass: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """The surface of the water from below."""
    edge = glass.y + np.float32(0.82) + np.float32(0.05) * ripple(glass.x * np.float32(2) + phase)
    return [(edge - np.float32(0.06), mix(tones.blue, tones.deep, 0.5)), (edge, tones.pale)]


def crags(glass: Place, tones: Tones, phase: Floats) -> list[Layer]:
    """Hanging rock with drops of lava."""
    cell, across = cells(glass.x, 0.36)
    tip = np.float32(0.66) + np.float32(0.1) * scatter(cell)
    rock = (np.abs(across) * np.float32(1.1) + glass.y + tip) * np.float32(0.67)
    fall = np.float32(0.1) * (phase + scatter(cell) - np.floor(phase + scatter(cell)))
    drop = Place(across, glass.y + tip - fall, 1.0).ellipse(0, -0.02, 0.035, 0.07)
    return [
        (join(rock, drop) - np.float32(0.025), tones.ink),
        (drop, tones.glow),
        (rock, mix(tones.ink, tones.near, 0.35)),
    ]


def _spread(scene: Place, period: float, rise: Floats | float) -> tuple[Place, Floats]:
    """Return one frame per cell of the air, moved about in its cell by chance, and a chance number per cell."""
    cell, across = cells(scene.x, period)
    lift = scatter(cell, 0.5) * np.float32(period) + rise
    row, down = cells(scene.y + lift, period)
    place = Place(across - (scatter(cell, row) - np.float32(0.5)) * np.float32(period * 0.5), down, 1.0)
    return place, scatter(cell + 2 * row, 0.7)
