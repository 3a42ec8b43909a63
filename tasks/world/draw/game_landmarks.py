"""The landmarks of the worlds: flat silhouettes that stand in rows, each from foot (y = 0) to top (y = -1)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import FAR
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import cells, cut, join, mirror, odd, rim, ripple, scatter

Landmark = Callable[[Place, Floats, Tones, Floats], list[Layer]]
"""What stands in folded frames: (frames, cell numbers, tones, phase)."""


def tree(place: Place, _cell: Floats, tones: Tones, phase: Floats) -> list[Layer]:
    """A round tree with a trunk."""
    sway = place.at(x=ripple(phase + np.float32(0.25)) * np.float32(0.02))
    crown = join(sway.circle(0, -0.7, 0.3), mirror(sway).circle(0.22, -0.5, 0.23))
    return [
        (place.box(0, -0.18, 0.07, 0.2), mix(tones.soil, tones.ink, 0.6)),
        (crown, mix(tones.leaf, tones.ink, 0.4)),
        (
            join(sway.circle(-0.05, -0.76, 0.19), sway.circle(-0.24, -0.54, 0.14), sway.circle(0.17, -0.54, 0.12)),
            mix(tones.leaf, tones.pale, 0.2),
        ),
    ]


def cactus(place: Place, cell: Floats, tones: Tones, _phase: Floats) -> list[Layer]:
    """A cactus with two arms or a pyramid, in turn."""
    second = odd(cell)
    pyramid = place.polygon((-0.52, 0.02), (0.52, 0.02), (0, -0.72))
    stone = mix(tones.soil, tones.ink, 0.25)
    body = join(
        place.box(0, -0.45, 0.12, 0.52, 0.12),
        place.line(-0.4, -0.36, -0.4, -0.62, 0.085),
        place.line(-0.4, -0.36, 0, -0.3, 0.08),
        place.line(0.4, -0.55, 0.4, -0.8, 0.085),
        place.line(0.4, -0.55, 0, -0.46, 0.08),
    )
    return [
        (np.where(second, body, pyramid) - np.float32(0.012), mix(tones.leaf, tones.ink, 0.75)),
        (np.where(second, body + np.float32(0.012), FAR), mix(tones.leaf, tones.ink, 0.2)),
        (np.where(second, FAR, pyramid + np.float32(0.012)), stone),
        (
            np.where(second, FAR, cut(pyramid + np.float32(0.012), (place.x - np.float32(0.08)) * place.unit)),
            mix(stone, tones.pale, 0.65),
        ),
    ]


def orbit(place: Place, cell: Floats, tones: Tones, phase: Floats) -> list[Layer]:
    """A planet with a ring or a rocket, in turn, afloat."""
    second = odd(cell)
    drift = place.at(y=ripple(phase) * np.float32(0.03), turn=-0.05)
    ball, ring = drift.circle(0, -0.56, 0.36), rim(drift.ellipse(0, -0.56, 0.52, 0.12), 0.032)
    before = cut(ring, join(-(drift.y + np.float32(0.56)), -ball))  # the ring but for what the planet hides
    shine = drift.ellipse(-0.12, -0.74, 0.12, 0.07)
    rocket = drift.polygon((0, -1.0), (0.17, -0.66), (0.17, -0.24), (-0.17, -0.24), (-0.17, -0.66))
    fins = mirror(drift).polygon((0.14, -0.5), (0.36, -0.14), (0.14, -0.24))
    nose = cut(rocket, drift.y + np.float32(0.72))
    hole = drift.circle(0, -0.54, 0.08)
    return [
        (np.where(second, drift.ellipse(0, -0.18, 0.09, 0.17), ball), np.where(second, tones.glow, tones.red)),
        (np.where(second, rocket, shine), tones.pale),
        (np.where(second, join(fins, nose), before), np.where(second, tones.red, tones.pale)),
        (np.where(second, hole, FAR), tones.ink),
    ]


def reef(place: Place, cell: Floats, tones: Tones, phase: Floats) -> list[Layer]:
    """A branching coral or a fish above weed, in turn."""
    second = odd(cell)
    coral = join(
        place.line(0, 0, 0, -0.75, 0.07),
        place.line(0, -0.2, -0.28, -0.42, 0.06),
        place.line(-0.28, -0.42, -0.28, -0.7, 0.06),
        place.line(0, -0.3, 0.28, -0.52, 0.06),
        place.line(0.28, -0.52, 0.28, -0.85, 0.06),
    )
    swim = place.at(x=ripple(phase) * np.float32(0.06), y=-0.72)
    fish = join(swim.ellipse(-0.05, 0, 0.3, 0.19), swim.polygon((0.15, 0), (0.42, -0.2), (0.42, 0.2)))
    weed = rim(place.x + np.float32(0.06) * ripple(place.y * np.float32(2) + phase), 0.05)
    blade = cut(weed * place.unit, place.box(0, -0.2, 0.3, 0.22))
    return [
        (np.where(second, FAR, coral), tones.red),
        (np.where(second, blade, FAR), tones.green),
        (np.where(second, fish, FAR), tones.glow),
        (np.where(second, swim.circle(-0.17, -0.04, 0.05), FAR), tones.ink),
    ]


def tower(place: Place, cell: Floats, tones: Tones, phase: Floats) -> list[Layer]:
    """A tower block with lit windows."""
    low = np.float32(0.3) * scatter(cell, 0.5)  # how much lower than the tallest
    block = cut(place.box(0, -0.5, 0.27, 0.5), (low - 1 - place.y) * place.unit)
    column, across = cells(place.x, 0.18)
    row, down = cells(place.y, 0.2)
    pane = Place(across, down, place.unit).box(0, 0, 0.05, 0.06)
    lit = cut(pane, block + np.float32(0.015))
    bright = scatter(column + cell, row + np.floor(phase * 4 + cell)) < 0.7
    return [
        (
            join(block, cut(place.box(0, -1.0, 0.03, 0.3), (low - np.float32(1.12) - place.y) * place.unit)),
            mix(tones.near, tones.ink, 0.6),
        ),
        (lit, np.where(bright, tones.glow, tones.near)),
    ]


def snowy(place: Place, cell: Floats, tones: Tones, _phase: Floats) -> list[Layer]:
    """A fir in three tiers under snow or a snowman, in turn."""
    second = odd(cell)
    balls = join(place.circle(0, -0.22, 0.24), place.circle(0, -0.58, 0.18))
    hat = join(place.box(0, -0.74, 0.2, 0.035), place.box(0, -0.86, 0.12, 0.12))
    buttons = join(mirror(place).circle(0.07, -0.61, 0.035), place.circle(0, -0.24, 0.035), hat)
    tiers, caps = [], []
    for top, foot, half in ((-1.0, -0.62, 0.22), (-0.78, -0.36, 0.3), (-0.54, -0.08, 0.37)):
        tiers.append(place.polygon((0, top), (half, foot), (-half, foot)))
        cap = top + 0.6 * (foot - top)
        caps.append(place.polygon((0, top), (0.62 * half, cap), (-0.62 * half, cap)))
    return [
        (np.where(second, balls - np.float32(0.025), join(*tiers)), mix(tones.leaf, tones.ink, 0.5)),
        (np.where(second, balls, join(*caps)), tones.pale),
        (np.where(second, buttons, place.box(0, -0.04, 0.06, 0.06)), mix(tones.soil, tones.ink, 0.75)),
    ]


def cone(place: Place, _cell: Floats, tones: Tones, phase: Floats) -> list[Layer]:
    """A volcano: a cut cone under smoke, with streams of lava."""
    rise = place.at(y=-phase * np.float32(0.06))
    smoke = join(rise.circle(0.05, -0.95, 0.11), rise.circle(0.2, -1.08, 0.13), rise.circle(0.4, -1.15, 0.1))
    body = place.polygon((-0.62, 0.02), (0.62, 0.02), (0.19, -0.8), (-0.19, -0.8))
    lava = join(
        place.ellipse(0, -0.8, 0.19, 0.06),
        place.line(0, -0.8, 0.05, -0.3, 0.055),
        place.line(-0.1, -0.8, -0.25, -0.45, 0.05),
        place.line(0.12, -0.8, 0.27, -0.55, 0.045),
    )
    return [
        (smoke, mix(tones.far, tones.ink, 0.3)),
        (body - np.float32(0.02), mix(tones.near, tones.ink, 0.8)),
        (body + np.float32(0.01), mix(tones.near, tones.far, 0.5)),
        (cut(body + np.float32(0.01), -place.x - np.float32(0.08)), mix(tones.near, tones.ink, 0.35)),
        (cut(lava, body - np.float32(0.03)), tones.glow),
    ]
