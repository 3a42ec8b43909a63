"""Where a short video is shot out of doors: beach, forest and mountain."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Canvas, Place, ramp
from tasks.world.draw.space import bars, cells, cut, fold, join, mirror, odd, row, scatter, zigzag


def beach(canvas: Canvas, place: Place) -> None:
    """Paint sea, a sailing boat, sand and palms under a low sun."""
    x, y = place.x, place.y
    canvas.fill(ramp((y + 1) * 0.9, (0.35, 0.75, 1.0), (1.0, 0.93, 0.75)))
    sun = place.at(-0.45, -0.55)
    canvas.paint(sun.circle(0.0, 0.0, 0.3), (1.0, 0.95, 0.6), 0.45)
    canvas.paint(sun.circle(0.0, 0.0, 0.2), (1.0, 0.85, 0.25))
    canvas.paint(-0.08 - y, ramp((y + 0.08) * 2.2, (0.1, 0.45, 0.8), (0.2, 0.8, 0.85)))
    ripple = bars(y - 0.02 + 0.03 * zigzag(x, 0.24), 0.13, 0.012)
    canvas.paint(cut(ripple, -0.02 - y), (0.85, 0.97, 1.0), 0.8)
    boat = row(place.at(-0.75), 1.7)
    canvas.paint(boat.polygon((-0.02, -0.5), (-0.02, -0.08), (-0.26, -0.08)), (1.0, 1.0, 1.0))
    canvas.paint(boat.polygon((0.03, -0.42), (0.03, -0.08), (0.2, -0.08)), (0.95, 0.4, 0.3))
    canvas.paint(boat.polygon((-0.28, -0.04), (0.28, -0.04), (0.18, 0.08), (-0.18, 0.08)), (0.5, 0.25, 0.18))
    shore = 0.3 - y + 0.05 * zigzag(x, 0.5)
    canvas.paint(shore - 0.05, (1.0, 1.0, 1.0))
    canvas.paint(shore, (0.98, 0.86, 0.58))
    number, across = cells(x, 0.42)
    shell = Place(across, y - 0.5 - 0.44 * scatter(number, salt=0.414, start=0.37))
    canvas.paint(shell.ellipse(0.0, 0.0, 0.05, 0.03), (0.85, 0.6, 0.4))
    palm(canvas, row(place.at(0.78), 2.1))


def palm(canvas: Canvas, place: Place) -> None:
    """Paint a palm that leans to the left."""
    bark = (0.55, 0.36, 0.2)
    canvas.paint(join(place.line(0.12, 0.5, 0.06, 0.0, 0.06), place.line(0.06, 0.0, -0.1, -0.5, 0.05)), bark)
    crown = mirror(place.at(-0.1, -0.52))
    low = cut(crown.circle(0.27, 0.16, 0.3), -crown.circle(0.27, 0.3, 0.32))
    high = cut(crown.circle(0.3, 0.05, 0.34), -crown.circle(0.36, 0.2, 0.36))
    canvas.paint(join(low, high, crown.line(0.0, 0.0, 0.1, -0.22, 0.045)), (0.12, 0.55, 0.25))
    canvas.paint(crown.circle(0.05, 0.05, 0.06), (0.4, 0.24, 0.14))


def forest(canvas: Canvas, place: Place) -> None:
    """Paint firs behind big trunks whose crowns close above, and toadstools below."""
    x, y = place.x, place.y
    canvas.fill(ramp((y + 1) * 0.75, (0.75, 0.93, 0.6), (0.98, 1.0, 0.8)))
    firs(canvas, place.at(0.1, -0.08), 0.44, (0.48, 0.76, 0.5))
    firs(canvas, place.at(0.3, 0.1), 0.56, (0.2, 0.55, 0.36))
    canvas.paint(0.3 - y + 0.03 * zigzag(x, 0.13), (0.35, 0.62, 0.25))
    trunk = row(place.at(0.72), 0.96)
    foot = 0.1 + 0.12 * np.maximum(y - 0.2, 0.0)
    bark = ramp(zigzag(trunk.x, 0.1), (0.5, 0.3, 0.18), (0.36, 0.2, 0.13))
    canvas.paint(cut(np.abs(trunk.x) - foot, y - 0.5), bark)
    canvas.paint(trunk.line(0.05, -0.2, 0.26, -0.42, 0.035), (0.36, 0.2, 0.13))
    leaves = row(place, 0.4)
    canvas.paint(join(y + 0.86, leaves.circle(0.0, -0.86, 0.26)), (0.1, 0.4, 0.2))
    other = row(place.at(0.2), 0.4)
    canvas.paint(join(y + 0.98, other.circle(0.0, -0.98, 0.25)), (0.25, 0.6, 0.25))
    canvas.paint(0.52 - y + 0.04 * zigzag(x, 0.2), (0.28, 0.5, 0.22))
    cap = row(place.at(0.28, 0.0), 0.96)
    canvas.paint(cap.box(0.0, 0.56, 0.04, 0.09, 0.02), (1.0, 0.95, 0.85))
    hat = cut(cap.circle(0.0, 0.5, 0.13), cap.y - 0.5)
    canvas.paint(hat, (0.9, 0.2, 0.15))
    canvas.paint(mirror(cap).circle(0.06, 0.44, 0.025), (1.0, 1.0, 1.0))


def firs(canvas: Canvas, place: Place, step: float, colour: tuple[float, float, float]) -> None:
    """Paint a row of firs of three tiers each."""
    number, across = cells(place.x, step)
    up = place.y + 0.62 - 0.2 * scatter(number, salt=0.618, start=0.37)
    tier = up - 0.14 * np.floor(np.clip(up, 0.0, 0.8) / np.float32(0.24))
    trees = np.abs(across) - np.float32(0.42) * tier
    canvas.paint(cut(trees, -up), colour)


def mountain(canvas: Canvas, place: Place) -> None:
    """Paint snow-capped peaks above an alpine meadow with boulders."""
    x, y = place.x, place.y
    canvas.fill(ramp((y + 1) * 0.8, (0.3, 0.6, 0.95), (0.85, 0.93, 1.0)))
    cloud = row(place.at(-0.5, -0.78), 1.5)
    canvas.paint(join(cloud.box(0.0, 0.06, 0.3, 0.07, 0.07), cloud.circle(0.05, 0.0, 0.13)), (1.0, 1.0, 1.0))
    peaks(canvas, place.at(0.42, -0.35), 0.84, (0.55, 0.62, 0.8))
    peaks(canvas, place.at(-0.3, -0.55), 1.3, (0.36, 0.4, 0.56))
    canvas.paint(0.26 - y + 0.1 * zigzag(x, 1.1), (0.3, 0.58, 0.42))
    canvas.paint(0.42 - y + 0.05 * zigzag(x + 0.4, 1.7), (0.5, 0.75, 0.35))
    rock = row(place.at(0.7, 0.42), 1.05)
    canvas.paint(rock.polygon((-0.2, 0.12), (-0.12, -0.08), (0.06, -0.13), (0.2, 0.12)), (0.5, 0.5, 0.56))
    canvas.paint(rock.polygon((-0.12, -0.08), (0.06, -0.13), (0.1, -0.02), (-0.06, 0.0)), (0.95, 0.97, 1.0))
    number, across = cells(x, 0.3)
    flower = Place(across, y - 0.58 - 0.4 * scatter(number, salt=0.414, start=0.37))
    blossom = ramp(odd(number), (1.0, 1.0, 1.0), (1.0, 0.8, 0.3))
    canvas.paint(flower.circle(0.0, 0.0, 0.04), blossom)


def peaks(canvas: Canvas, place: Place, step: float, colour: tuple[float, float, float]) -> None:
    """Paint a row of peaks with ragged caps of snow and a shaded side."""
    inner = fold(place.x, step)
    slope = (np.abs(inner) * 1.15 - place.y) * np.float32(0.66)
    shade = ramp(np.clip(inner * 9 + 0.5, 0, 1), colour, tuple(0.72 * part for part in colour))
    canvas.paint(slope, shade)
    cap = place.y - 0.36 + 0.12 * zigzag(place.x, 0.19)
    snow = ramp(np.clip(inner * 9 + 0.5, 0, 1), (1.0, 1.0, 1.0), (0.82, 0.88, 0.98))
    canvas.paint(cut(slope, cap), snow)
