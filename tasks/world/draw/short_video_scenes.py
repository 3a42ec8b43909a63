"""Where a short video is shot: indoor scenes and the street (nature is in `short_video_nature`)."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Place
from tasks.world.draw.short_video_sheet import (
    INK,
    Sheet,
    cell,
    cut,
    fold,
    join,
    mirror,
    odd,
    ramp,
    rows_of,
    scatter,
    stretch,
    zigzag,
)


def kitchen(sheet: Sheet, place: Place) -> None:
    """Paint a tiled wall with a shelf of jars, cupboards with an oven, and a chequered floor."""
    x, y = place.x, place.y
    sheet.fill((0.97, 0.93, 0.82))
    sheet.paint(join(*(np.float32(0.138) - np.abs(fold(v, 0.3)) for v in (x, y))), (0.66, 0.82, 0.84))
    jar = rows_of(place, 0.34)
    number = cell(x, 0.34)
    tall = 0.11 + 0.08 * scatter(number)
    colours = ramp(scatter(number, 0.414), (0.9, 0.32, 0.2), (0.98, 0.8, 0.25))
    sheet.paint(cut(np.abs(jar.x) - 0.1, -0.56 - 2 * tall - y, y + 0.56), colours)
    sheet.paint(cut(np.abs(jar.x) - 0.075, -0.62 - 2 * tall - y, y + 0.56 + 2 * tall), (0.45, 0.28, 0.2))
    sheet.paint(cut(y + 0.5, -0.57 - y), (0.55, 0.33, 0.2))
    hook = rows_of(place.at(0.25), 0.5)
    pans = join(hook.circle(0.0, -0.18, 0.12), hook.line(0.0, -0.5, 0.0, -0.25, 0.025))
    sheet.paint(pans, (0.36, 0.38, 0.45))
    sheet.paint(0.1 - y, (0.45, 0.66, 0.62))
    door = rows_of(place, 0.48)
    sheet.paint(door.box(0.0, 0.29, 0.19, 0.1, 0.03), (0.6, 0.8, 0.74))
    sheet.paint(door.circle(0.13, 0.24, 0.025), INK)
    sheet.paint(cut(0.06 - y, y - 0.14), (0.78, 0.55, 0.33))
    oven(sheet, rows_of(place.at(0.72), 1.92))
    checks = odd(cell(x, 0.26) + cell(y - 0.42, 0.26))
    sheet.paint(0.42 - y, ramp(checks, (0.93, 0.88, 0.8), (0.62, 0.42, 0.4)))
    sheet.paint(cut(0.4 - y, y - 0.46), INK)


def oven(sheet: Sheet, place: Place) -> None:
    """Paint a stove with a lit oven window and a steaming pot."""
    sheet.paint(place.box(0.0, 0.24, 0.34, 0.2, 0.03), (0.25, 0.26, 0.32))
    sheet.paint(place.box(0.0, 0.3, 0.25, 0.09, 0.03), (1.0, 0.66, 0.2))
    sheet.paint(
        rows_of(Place(np.clip(place.x, -0.28, 0.28), place.y), 0.14).circle(0.0, 0.12, 0.035), (0.95, 0.95, 0.95)
    )
    pot = join(place.box(0.0, -0.07, 0.19, 0.11, 0.04), place.box(0.0, -0.1, 0.27, 0.025, 0.02))
    sheet.paint(join(pot, place.circle(0.0, -0.2, 0.04)), (0.8, 0.22, 0.22))


def street(sheet: Sheet, place: Place) -> None:
    """Paint a row of houses behind a pavement with lamps and a road with dashes."""
    x, y = place.x, place.y
    sheet.fill(ramp((y + 1) * 0.7, (0.42, 0.72, 0.98), (0.85, 0.94, 1.0)))
    number = cell(x, 0.62)
    top = -0.72 + 0.42 * scatter(number)
    house = rows_of(place, 0.62)
    gable = (top - 0.28 + np.abs(house.x) - y) * 0.7
    sheet.paint(cut(np.abs(house.x) - 0.33, gable, y - top), (0.62, 0.25, 0.2))
    walls = np.where(scatter(number, 0.414)[None] < 0.5, *(np.reshape(c, (3, 1, 1, 1)) for c in WALLS))
    sheet.paint(cut(np.abs(house.x) - 0.29, top - y), walls.astype(np.float32))
    pane = Place(fold(np.abs(house.x) - 0.14, 9.0), fold(y - top - 0.17, 0.26))
    sheet.paint(cut(pane.box(0.0, 0.0, 0.075, 0.08), y - 0.1, top - y), (0.3, 0.42, 0.58))
    sheet.paint(house.box(0.0, 0.12, 0.08, 0.14, 0.03), (0.5, 0.3, 0.18))
    sheet.paint(0.24 - y, (0.8, 0.78, 0.75))
    sheet.paint(cut(np.abs(fold(x, 0.3)) - 0.01, 0.24 - y), (0.6, 0.58, 0.57))
    sheet.paint(0.38 - y, (0.93, 0.92, 0.9))
    sheet.paint(0.42 - y, (0.33, 0.34, 0.4))
    sheet.paint(rows_of(place, 0.62).box(0.0, 0.73, 0.19, 0.035), (0.98, 0.95, 0.85))
    lamp = rows_of(place.at(0.72), 1.62)
    pole = join(lamp.box(0.0, -0.1, 0.03, 0.45), lamp.box(-0.12, -0.55, 0.15, 0.028), lamp.box(0.0, 0.33, 0.07, 0.04))
    sheet.paint(pole, INK)
    sheet.paint(lamp.circle(-0.24, -0.46, 0.2), (1.0, 0.95, 0.6), 0.4)
    sheet.paint(lamp.circle(-0.24, -0.48, 0.09), (1.0, 0.95, 0.6))


WALLS = ((0.96, 0.72, 0.42), (0.88, 0.5, 0.46))


def stage(sheet: Sheet, place: Place) -> None:
    """Paint drawn curtains, two spotlights and floor boards."""
    x, y = place.x, place.y
    sheet.fill(ramp(zigzag(x, 0.2), (0.27, 0.16, 0.4), (0.34, 0.2, 0.48)))
    star = Place(fold(x, 0.4), fold(y + 0.2 * odd(cell(x, 0.4)), 0.4))
    sheet.paint(cut(star.circle(0.0, 0.0, 0.035), y - 0.3), (0.98, 0.85, 0.4))
    sheet.paint(0.36 - y, (0.8, 0.55, 0.32))
    boards = stretch(place, np.maximum(y, 0.0) + 0.8)
    sheet.paint(cut(np.abs(fold(boards.x, 0.17)) - 0.008, 0.36 - y), (0.5, 0.3, 0.18))
    sheet.paint(cut(0.33 - y, y - 0.38), (0.45, 0.26, 0.16))
    pair = mirror(place)
    beam = pair.polygon((0.62, -1.3), (0.78, -1.3), (0.45, 0.7), (-0.55, 0.7))
    sheet.paint(beam, (1.0, 0.96, 0.75), 0.3)
    sheet.paint(place.ellipse(0.0, 0.66, 0.7, 0.18), (1.0, 0.96, 0.75), 0.6)
    waist = 0.66 + 0.16 * np.abs(np.clip((y - 0.25) * 1.4, -1, 1))
    cloth = ramp(zigzag(x, 0.17), (0.9, 0.14, 0.2), (0.55, 0.04, 0.14))
    sheet.paint(np.asarray(waist - pair.x), cloth)
    sheet.paint(cut(waist - pair.x, np.abs(y - 0.25) - 0.035), (0.98, 0.8, 0.3))
    swag = rows_of(place, 0.42)
    sheet.paint(join(y + 0.84, swag.ellipse(0.0, -0.84, 0.21, 0.2)), (0.98, 0.8, 0.3))
    sheet.paint(join(y + 0.88, swag.ellipse(0.0, -0.88, 0.21, 0.2)), (0.78, 0.1, 0.18))
    sheet.paint(0.93 - y, (0.3, 0.16, 0.12))
    sheet.paint(rows_of(place, 0.3).circle(0.0, 0.93, 0.07), (1.0, 0.95, 0.7))
