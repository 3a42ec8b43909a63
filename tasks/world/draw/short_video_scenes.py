"""Where a short video is shot: indoor scenes and the street (nature is in `short_video_nature`)."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Canvas, Place, ramp
from tasks.world.draw.short_video_figure import INK
from tasks.world.draw.space import bars, cell, cut, fold, join, mirror, odd, rim, row, scatter, stretch, zigzag


def kitchen(canvas: Canvas, place: Place) -> None:
    """Paint a tiled wall with a shelf of jars, cupboards with an oven, and a chequered floor."""
    x, y = place.x, place.y
    canvas.fill((0.97, 0.93, 0.82))
    canvas.paint(join(*(np.float32(0.138) - np.abs(fold(v, 0.3)) for v in (x, y))), (0.66, 0.82, 0.84))
    jar = row(place, 0.34)
    number = cell(x, 0.34)
    tall = 0.11 + 0.08 * scatter(number, salt=0.618, start=0.37)
    colours = ramp(scatter(number, salt=0.414, start=0.37), (0.9, 0.32, 0.2), (0.98, 0.8, 0.25))
    canvas.paint(cut(rim(jar.x, 0.1), -0.56 - 2 * tall - y, y + 0.56), colours)
    canvas.paint(cut(rim(jar.x, 0.075), -0.62 - 2 * tall - y, y + 0.56 + 2 * tall), (0.45, 0.28, 0.2))
    canvas.paint(cut(y + 0.5, -0.57 - y), (0.55, 0.33, 0.2))
    hook = row(place.at(0.25), 0.5)
    pans = join(hook.circle(0.0, -0.18, 0.12), hook.line(0.0, -0.5, 0.0, -0.25, 0.025))
    canvas.paint(pans, (0.36, 0.38, 0.45))
    canvas.paint(0.1 - y, (0.45, 0.66, 0.62))
    door = row(place, 0.48)
    canvas.paint(door.box(0.0, 0.29, 0.19, 0.1, 0.03), (0.6, 0.8, 0.74))
    canvas.paint(door.circle(0.13, 0.24, 0.025), INK)
    canvas.paint(cut(0.06 - y, y - 0.14), (0.78, 0.55, 0.33))
    oven(canvas, row(place.at(0.72), 1.92))
    checks = odd(cell(x, 0.26) + cell(y - 0.42, 0.26))
    canvas.paint(0.42 - y, ramp(checks, (0.93, 0.88, 0.8), (0.62, 0.42, 0.4)))
    canvas.paint(cut(0.4 - y, y - 0.46), INK)


def oven(canvas: Canvas, place: Place) -> None:
    """Paint a stove with a lit oven window and a steaming pot."""
    canvas.paint(place.box(0.0, 0.24, 0.34, 0.2, 0.03), (0.25, 0.26, 0.32))
    canvas.paint(place.box(0.0, 0.3, 0.25, 0.09, 0.03), (1.0, 0.66, 0.2))
    canvas.paint(row(Place(np.clip(place.x, -0.28, 0.28), place.y), 0.14).circle(0.0, 0.12, 0.035), (0.95, 0.95, 0.95))
    pot = join(place.box(0.0, -0.07, 0.19, 0.11, 0.04), place.box(0.0, -0.1, 0.27, 0.025, 0.02))
    canvas.paint(join(pot, place.circle(0.0, -0.2, 0.04)), (0.8, 0.22, 0.22))


def street(canvas: Canvas, place: Place) -> None:
    """Paint a row of houses behind a pavement with lamps and a road with dashes."""
    x, y = place.x, place.y
    canvas.fill(ramp((y + 1) * 0.7, (0.42, 0.72, 0.98), (0.85, 0.94, 1.0)))
    number = cell(x, 0.62)
    top = -0.72 + 0.42 * scatter(number, salt=0.618, start=0.37)
    house = row(place, 0.62)
    gable = (top - 0.28 + np.abs(house.x) - y) * 0.7
    canvas.paint(cut(rim(house.x, 0.33), gable, y - top), (0.62, 0.25, 0.2))
    walls = np.where(scatter(number, salt=0.414, start=0.37)[None] < 0.5, *(np.reshape(c, (3, 1, 1, 1)) for c in WALLS))
    canvas.paint(cut(rim(house.x, 0.29), top - y), walls.astype(np.float32))
    pane = Place(fold(rim(house.x, 0.14), 9.0), fold(y - top - 0.17, 0.26))
    canvas.paint(cut(pane.box(0.0, 0.0, 0.075, 0.08), y - 0.1, top - y), (0.3, 0.42, 0.58))
    canvas.paint(house.box(0.0, 0.12, 0.08, 0.14, 0.03), (0.5, 0.3, 0.18))
    canvas.paint(0.24 - y, (0.8, 0.78, 0.75))
    canvas.paint(cut(bars(x, 0.3, 0.01), 0.24 - y), (0.6, 0.58, 0.57))
    canvas.paint(0.38 - y, (0.93, 0.92, 0.9))
    canvas.paint(0.42 - y, (0.33, 0.34, 0.4))
    canvas.paint(row(place, 0.62).box(0.0, 0.73, 0.19, 0.035), (0.98, 0.95, 0.85))
    lamp = row(place.at(0.72), 1.62)
    pole = join(lamp.box(0.0, -0.1, 0.03, 0.45), lamp.box(-0.12, -0.55, 0.15, 0.028), lamp.box(0.0, 0.33, 0.07, 0.04))
    canvas.paint(pole, INK)
    canvas.paint(lamp.circle(-0.24, -0.46, 0.2), (1.0, 0.95, 0.6), 0.4)
    canvas.paint(lamp.circle(-0.24, -0.48, 0.09), (1.0, 0.95, 0.6))


WALLS = ((0.96, 0.72, 0.42), (0.88, 0.5, 0.46))


def stage(canvas: Canvas, place: Place) -> None:
    """Paint drawn curtains, two spotlights and floor boards."""
    x, y = place.x, place.y
    canvas.fill(ramp(zigzag(x, 0.2), (0.27, 0.16, 0.4), (0.34, 0.2, 0.48)))
    star = Place(fold(x, 0.4), fold(y + 0.2 * odd(cell(x, 0.4)), 0.4))
    canvas.paint(cut(star.circle(0.0, 0.0, 0.035), y - 0.3), (0.98, 0.85, 0.4))
    canvas.paint(0.36 - y, (0.8, 0.55, 0.32))
    boards = stretch(place, np.maximum(y, 0.0) + 0.8)
    canvas.paint(cut(bars(boards.x, 0.17, 0.008), 0.36 - y), (0.5, 0.3, 0.18))
    canvas.paint(cut(0.33 - y, y - 0.38), (0.45, 0.26, 0.16))
    pair = mirror(place)
    beam = pair.polygon((0.62, -1.3), (0.78, -1.3), (0.45, 0.7), (-0.55, 0.7))
    canvas.paint(beam, (1.0, 0.96, 0.75), 0.3)
    canvas.paint(place.ellipse(0.0, 0.66, 0.7, 0.18), (1.0, 0.96, 0.75), 0.6)
    waist = 0.66 + 0.16 * np.abs(np.clip((y - 0.25) * 1.4, -1, 1))
    cloth = ramp(zigzag(x, 0.17), (0.9, 0.14, 0.2), (0.55, 0.04, 0.14))
    canvas.paint(np.asarray(waist - pair.x), cloth)
    canvas.paint(cut(waist - pair.x, rim(y - 0.25, 0.035)), (0.98, 0.8, 0.3))
    swag = row(place, 0.42)
    canvas.paint(join(y + 0.84, swag.ellipse(0.0, -0.84, 0.21, 0.2)), (0.98, 0.8, 0.3))
    canvas.paint(join(y + 0.88, swag.ellipse(0.0, -0.88, 0.21, 0.2)), (0.78, 0.1, 0.18))
    canvas.paint(0.93 - y, (0.3, 0.16, 0.12))
    canvas.paint(row(place, 0.3).circle(0.0, 0.93, 0.07), (1.0, 0.95, 0.7))
