"""Where a product stands: six scenes with a wall or sky above and a floor below, told apart by their sides and top."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tasks.world.draw.canvas import Canvas, Place
from tasks.world.draw.shot import Floats, column, swing
from tasks.world.draw.space import bars, cell, cut, fold, join, mirror, ridge, row

FLOOR = 0.44
"""Where the floor meets the wall (scene y)."""
WHITE = (1.0, 1.0, 1.0)


def furnish(canvas: Canvas, setting: str) -> None:
    """Paint the scene behind the product."""
    shot = canvas.shot
    scene = canvas.scene.flip(shot.side(5)).at(shot.chance(7, -0.07, 0.07), shot.chance(8, -0.04, 0.04))
    SETTINGS[setting](canvas, scene)


def _kitchen(canvas: Canvas, s: Place) -> None:
    """Tiles, utensils on a rail, and a steaming pan on the hob."""
    canvas.fill((0.72, 0.87, 0.86))
    canvas.paint(join(bars(s.x, 0.3, 0.014), bars(s.y, 0.3, 0.014)), WHITE)
    canvas.paint(_below(s, FLOOR), (0.72, 0.55, 0.4))
    canvas.paint(_below(s, 0.78), (0.95, 0.92, 0.85))
    canvas.paint(join(s.box(0, 0.8, 9, 0.03), row(s, 0.66).box(0, 0.9, 0.012, 0.2)), (0.5, 0.36, 0.26))
    stove = s.at(0.78, FLOOR)
    pan = join(stove.box(0, -0.22, 0.26, 0.15, 0.05), stove.line(-0.48, -0.3, -0.18, -0.3, 0.03))
    canvas.paint(join(pan, stove.box(0, 0, 0.34, 0.035)), (0.22, 0.23, 0.26))
    flames = cut(row(stove, 0.12).ellipse(0, -0.04, 0.035, 0.05), stove.box(0, -0.04, 0.24, 0.1))
    canvas.paint(flames, (0.98, 0.5, 0.12))
    rise = column(canvas.shot.phase) * np.float32(0.6)
    puffs = (stove.at(x, -fold(rise + np.float32(y), 0.6) - np.float32(0.75)) for x, y in STEAM)
    canvas.paint(join(*(puff.circle(0, 0, 0.08) for puff in puffs)), WHITE, 0.8)
    tools = join(
        s.box(0, -0.82, 9, 0.022),
        *(s.box(x, -0.66, 0.02, 0.16) for x in (-0.85, -0.62, 0.6)),
        s.circle(-0.85, -0.42, 0.11),
        s.box(-0.62, -0.42, 0.075, 0.12, 0.02),
        s.ellipse(0.6, -0.44, 0.08, 0.13),
    )
    canvas.paint(tools, (0.38, 0.36, 0.4))


STEAM = ((-0.1, 0.0), (0.02, 0.2), (0.12, 0.4))


def _office(canvas: Canvas, s: Place) -> None:
    """A window with blinds, a pot of pencils, and a monitor whose chart moves."""
    canvas.fill((0.87, 0.84, 0.78))
    window = s.box(-0.78, -0.4, 0.46, 0.52)
    canvas.paint(window - np.float32(0.05), (0.98, 0.97, 0.94))
    canvas.paint(window, (0.52, 0.72, 0.9))
    canvas.paint(cut(bars(s.y, 0.13, 0.038), window), (0.97, 0.97, 0.97))
    canvas.paint(_below(s, FLOOR), (0.4, 0.3, 0.28))
    canvas.paint(s.box(0, FLOOR, 9, 0.02), (0.28, 0.2, 0.2))
    screen = s.box(0.84, -0.05, 0.38, 0.3, 0.03)
    stand = join(s.box(0.84, 0.3, 0.05, 0.12), s.box(0.84, 0.44, 0.2, 0.03))
    canvas.paint(join(screen, stand), (0.14, 0.15, 0.18))
    canvas.paint(screen + np.float32(0.045), (0.86, 0.94, 0.98))
    chart = s.at(0.62, 0.16)
    number = cell(chart.x, 0.12)
    tall = np.float32(0.05) + np.float32(0.3) * ridge(number * np.float32(0.37) + column(canvas.shot.phase))
    columns = cut(bars(chart.x, 0.12, 0.04), -tall - chart.y, chart.y)
    canvas.paint(cut(columns, screen + np.float32(0.07)), (0.15, 0.55, 0.6))
    pencils = (s.line(-0.82 + 0.07 * one, 0.42, -0.86 + 0.1 * one, 0.12, 0.02) for one in range(3))
    canvas.paint(join(*pencils), (0.95, 0.65, 0.25))
    canvas.paint(s.box(-0.75, 0.38, 0.14, 0.14, 0.02), (0.25, 0.42, 0.5))


def _garden(canvas: Canvas, s: Place) -> None:
    """A white fence in the grass, a tree, a drifting cloud, swaying flowers."""
    canvas.fill((0.68, 0.88, 0.99))
    drift = canvas.shot.chance(6, -0.3, 0.1) + column(canvas.shot.phase) * np.float32(0.3)
    cloud = s.at(drift - np.float32(0.6), -0.72)
    puffs = join(cloud.ellipse(0, 0, 0.3, 0.1), cloud.circle(-0.08, -0.07, 0.13), cloud.circle(0.1, -0.04, 0.1))
    canvas.paint(puffs, WHITE)
    canvas.paint(s.box(0.84, 0.1, 0.07, 0.4), (0.5, 0.34, 0.22))
    canvas.paint(join(s.circle(0.84, -0.42, 0.34), s.circle(0.62, -0.22, 0.2), s.circle(1.1, -0.2, 0.25)), LEAVES)
    post = row(s, 0.2)
    picket = join(post.box(0, 0.26, 0.065, 0.24), post.polygon((-0.065, 0.03), (0, -0.07), (0.065, 0.03)))
    canvas.paint(join(picket, s.box(0, 0.18, 9, 0.03)), WHITE)
    blades = (ridge(s.x * 8) - np.float32(0.5)) * np.float32(0.05)
    canvas.paint(_below(s, FLOOR) - blades, (0.5, 0.76, 0.32))
    _flowers(canvas, s)


LEAVES = (0.36, 0.62, 0.34)


def _flowers(canvas: Canvas, s: Place) -> None:
    """Two beds of flowers, in front of the fence on either side."""
    lean = swing(canvas.shot.phase) * np.float32(0.06) * (np.float32(0.9) - s.y)
    number = cell(s.x, 0.27)
    bed = Place(fold(s.x + lean, 0.27), s.y - np.float32(0.12) * ridge(number * np.float32(0.37)))
    middle = np.float32(0.42) - np.abs(s.x)  # none right behind the product
    stalks = join(bed.box(0, 0.72, 0.018, 0.24), bed.ellipse(0.05, 0.75, 0.06, 0.03))
    canvas.paint(cut(stalks, middle), (0.22, 0.5, 0.2))
    petals = (bed.circle(x, 0.42 + y, 0.05) for x, y in ((-0.07, 0), (0.07, 0), (0, -0.07), (0, 0.07)))
    canvas.paint(cut(join(bed.circle(0, 0.42, 0.075), *petals), middle), (0.98, 0.45, 0.5))
    canvas.paint(cut(bed.circle(0, 0.42, 0.045), middle), (1.0, 0.9, 0.4))


def _beach(canvas: Canvas, s: Place) -> None:
    """Sun, a sail on rolling waves, a palm and a starfish on the sand."""
    phase, sway = column(canvas.shot.phase), swing(canvas.shot.phase)
    canvas.fill((0.7, 0.89, 0.98))
    sun = s.circle(-0.68, -0.6, 0.22)
    canvas.paint(sun - np.float32(0.1), (1.0, 0.97, 0.75), 0.7)
    canvas.paint(sun, (1.0, 0.87, 0.3))
    canvas.paint(_below(s, -0.08), (0.16, 0.6, 0.74))
    roll = ridge(s.x * np.float32(2.2) + phase) * np.float32(0.06)
    crests = join(np.abs(s.y - np.float32(0.06) - roll), np.abs(s.y - np.float32(0.24) + roll)) - np.float32(0.014)
    canvas.paint(crests, (0.8, 0.95, 0.98))
    shore = _below(s, 0.36) - ridge(s.x * np.float32(0.9)) * np.float32(0.09) + np.float32(0.04) * sway
    canvas.paint(shore - np.float32(0.05), WHITE)
    canvas.paint(shore, (0.96, 0.86, 0.62))
    _palm(canvas, s)
    sail = s.at(np.float32(-0.8) + np.float32(0.12) * sway, -0.14)
    canvas.paint(join(sail.polygon((0, -0.26), (0, 0.04), (0.18, 0.04)), sail.box(0.03, 0.08, 0.15, 0.03)), WHITE)
    arms = ((0.62, 0.78, 0.86, 0.78), (0.68, 0.88, 0.8, 0.68), (0.68, 0.68, 0.8, 0.88))
    canvas.paint(join(s.circle(0.74, 0.78, 0.07), *(s.line(*arm, 0.03) for arm in arms)), (0.93, 0.55, 0.35))


def _palm(canvas: Canvas, s: Place) -> None:
    """A palm at the edge whose crown rocks in the wind."""
    canvas.paint(join(s.line(0.98, 0.55, 0.9, 0.0, 0.05), s.line(0.9, 0.0, 0.74, -0.5, 0.045)), (0.6, 0.42, 0.26))
    crown = s.at(0.74, -0.52, 1.0, np.float32(0.02) * swing(canvas.shot.phase))
    ends = ((-0.34, 0.0), (-0.22, 0.26), (0.1, 0.32), (0.34, 0.1), (-0.2, -0.22), (0.2, -0.2))
    canvas.paint(join(*(crown.line(0, 0, x, y, 0.05) for x, y in ends)), (0.2, 0.56, 0.36))


def _bedroom(canvas: Canvas, s: Place) -> None:
    """Night in the window, twinkling stars, and a bed with pillows and a quilt."""
    canvas.fill((0.66, 0.6, 0.76))
    motif = np.abs(fold(s.x, 0.28)) + np.abs(fold(s.y, 0.28)) - np.float32(0.06)
    canvas.paint(motif * np.float32(0.7), (0.78, 0.72, 0.86))
    window = s.box(-0.7, -0.58, 0.34, 0.36)
    canvas.paint(window - np.float32(0.06), (0.96, 0.93, 0.9))
    canvas.paint(window, (0.12, 0.14, 0.36))
    moon = cut(s.circle(-0.68, -0.6, 0.18), -s.circle(-0.6, -0.65, 0.15))
    twinkle = np.float32(0.014) * swing(canvas.shot.phase)
    stars = (
        s.circle(-0.9, -0.8, 0.03) - twinkle,
        s.circle(-0.5, -0.4, 0.03) + twinkle,
        s.circle(-0.9, -0.4, 0.02) + twinkle,
    )
    canvas.paint(join(moon, *stars), (1.0, 0.94, 0.6))
    both = mirror(s)
    canvas.paint(join(s.box(0, 0.3, 1.1, 0.34, 0.12), both.box(1.05, 0.3, 0.07, 0.5, 0.05)), (0.48, 0.3, 0.24))
    canvas.paint(both.box(0.62, 0.32, 0.32, 0.17, 0.14), (0.98, 0.97, 0.98))
    canvas.paint(_below(s, FLOOR), (0.55, 0.63, 0.82))
    canvas.paint(s.box(0, FLOOR + 0.05, 9, 0.05), (0.93, 0.93, 0.98))
    seams = join(bars(s.x + s.y, 0.4, 0.012), bars(s.x - s.y, 0.4, 0.012))
    canvas.paint(cut(seams, _below(s, FLOOR + 0.1)), (0.43, 0.5, 0.7))


def _studio(canvas: Canvas, s: Place) -> None:
    """A seamless grey backdrop that curves into the floor, lit by a wandering lamp."""
    canvas.fill((0.82, 0.83, 0.85))
    beam = s.at(np.float32(0.35) * swing(canvas.shot.phase), -0.25).circle(0, 0, 1.2)
    canvas.blend(np.clip(-beam, 0, 1) * np.float32(0.7), (0.98, 0.98, 0.98))
    bend = np.clip(_below(s, FLOOR - 0.1) * -4, 0, 1)
    canvas.blend(bend * np.float32(0.6), (0.72, 0.73, 0.75))


def _below(place: Place, y: float) -> Floats:
    """Return the distance to everything below a level."""
    return place.box(0, y + 9, 90, 9)


SETTINGS: Mapping[str, Callable[[Canvas, Place], None]] = {
    "kitchen": _kitchen,
    "office": _office,
    "garden": _garden,
    "beach": _beach,
    "bedroom": _bedroom,
    "studio": _studio,
}
"""Setting -> what paints it, given the (mirrored) scene."""
