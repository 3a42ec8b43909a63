"""The twelve products as silhouettes: which part wears the colour, which parts are fittings, which are details."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Colour, Place
from tasks.world.draw.shot import Floats
from tasks.world.draw.space import cut, join, mirror, ridge, rim, row

INK = (0.13, 0.11, 0.13)
CREAM = (0.98, 0.96, 0.9)
SHADE = (0.1, 0.06, 0.1)
LEAF = (0.3, 0.6, 0.28)
GLOW = (1.0, 0.9, 0.45)


@dataclass(frozen=True, slots=True, eq=False)
class Thing:
    """Distances of one product: `body` wears colour, pattern and finish; fittings lie `under` or `over` it.

    `gloss` is where the light falls on the body (x, y and half-axes, local); `marks` are painted last, in order, each
    a distance, a colour and an opacity.
    """

    body: Floats
    under: Floats | None = None
    over: Floats | None = None
    gloss: tuple[float, float, float, float] = (-0.3, -0.3, 0.2, 0.3)
    marks: tuple[tuple[Floats, Colour, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """How a product is drawn: its shape in local units, the local height of its foot, and its size in the scene."""

    shape: Callable[[Place, Floats], Thing]
    foot: float
    scale: float


def _lamp(o: Place, _: Floats) -> Thing:
    shade = o.polygon((-0.44, -1), (0.44, -1), (0.86, 0.22), (-0.86, 0.22))
    stand = join(o.line(0, 0.2, 0, 0.9, 0.075), o.box(0, 0.92, 0.46, 0.09, 0.08))
    cord = join(o.line(0.5, 0.2, 0.5, 0.5, 0.025), o.circle(0.5, 0.52, 0.06))
    bulb = o.ellipse(0, 0.24, 0.2, 0.15)
    glow = ((cut(bulb, -shade), GLOW, 1.0),)
    return Thing(shade, join(stand, cord), None, (-0.32, -0.35, 0.17, 0.4), glow)


def _chair(o: Place, _: Floats) -> Thing:
    back, seat = o.box(0, -0.53, 0.6, 0.5, 0.16), o.polygon((-0.58, 0.07), (0.58, 0.07), (0.78, 0.38), (-0.78, 0.38))
    both = mirror(o)
    legs = join(both.line(0.66, 0.35, 0.71, 0.92, 0.085), both.line(0.36, 0.35, 0.36, 0.76, 0.065))
    posts = both.box(0.38, 0, 0.08, 0.2)
    edge = cut(seat, o.box(0, 0.37, 0.9, 0.03))
    return Thing(join(back, seat), join(legs, posts), None, (-0.3, -0.65, 0.14, 0.2), ((edge, SHADE, 0.35),))


def _mug(o: Place, phase: Floats) -> Thing:
    cup = o.box(-0.2, 0.2, 0.64, 0.78, 0.2)
    handle = rim(o.ellipse(0.46, 0.18, 0.42, 0.42), 0.11, o.unit)
    drink, wisp = o.ellipse(-0.2, -0.55, 0.54, 0.1), _steam(o, -0.2, -0.7, phase)
    marks = ((drink, (0.32, 0.18, 0.1), 1.0), (wisp, (1, 1, 1), 0.75))
    saucer = o.box(-0.05, 0.95, 0.9, 0.06, 0.05)
    return Thing(cup, join(handle, saucer), None, (-0.5, -0.05, 0.16, 0.34), marks)


def _steam(o: Place, x: float, y: float, phase: Floats) -> Floats:
    """Return two wisps of steam that rise from a point and waver."""
    height = np.float32(y) - o.y  # 0 at the foot of the wisp
    bend = _swell(height * np.float32(2.2) - phase) * np.float32(0.2) - np.float32(0.1)
    side = rim(o.x - np.float32(x) - bend, 0.17)
    thick = np.float32(0.055) - np.abs(side)
    return np.asarray(cut(-thick, rim(height - np.float32(0.15), 0.17)) * o.unit, np.float32)


def _swell(value: Floats) -> Floats:
    """Return a smooth wave of period 1 between 0 and 1 (1 at whole numbers)."""
    rising = ridge(value)
    return np.asarray(rising * rising * (3 - 2 * rising), dtype=np.float32)


def _vase(o: Place, _: Floats) -> Thing:
    pot = join(_oval(o, 0, 0.36, 0.72, 0.54), o.box(0, -0.14, 0.22, 0.26))
    rims = join(o.box(0, -0.38, 0.36, 0.08, 0.07), o.box(0, 0.91, 0.42, 0.09, 0.03))
    heads = [(-0.42, -0.78, 0.17), (0.06, -0.9, 0.18), (0.46, -0.7, 0.16)]
    stems = join(*(o.line(0, -0.3, x, y, 0.035) for x, y, _ in heads))
    petals = join(*(o.circle(x, y, size) for x, y, size in heads))
    hearts = join(*(o.circle(x, y, size * 0.45) for x, y, size in heads))
    green = cut(stems, -rims)
    marks = ((green, LEAF, 1.0), (petals, (1, 1, 1), 1.0), (hearts, (0.98, 0.8, 0.2), 1.0))
    return Thing(pot, None, rims, (-0.26, 0.25, 0.18, 0.24), marks)


def _backpack(o: Place, _: Floats) -> Thing:
    sack, pocket = o.box(0, 0.12, 0.64, 0.86, 0.36), o.box(0, 0.55, 0.44, 0.3, 0.12)
    both = mirror(o)
    loop = rim(o.circle(0, -0.76, 0.2), 0.06, o.unit)
    straps = both.box(0.7, 0.3, 0.13, 0.46, 0.12)
    belts = join(both.box(0.3, -0.05, 0.065, 0.3), both.box(0.3, 0.25, 0.11, 0.075))
    seam = join(rim(pocket, 0.03, o.unit), rim(cut(o.box(0, -0.12, 0.6, 0.02), sack), 0.02, o.unit))
    return Thing(sack, join(loop, straps), belts, (-0.3, -0.3, 0.12, 0.3), ((seam, INK, 0.8),))


def _sneaker(o: Place, _: Floats) -> Thing:
    heel = o.polygon((-0.9, -0.5), (-0.7, -0.42), (-0.3, -0.42), (0.0, 0.45), (-0.88, 0.45), (-0.98, 0.1))
    vamp = o.polygon((-0.3, -0.42), (-0.12, -0.5), (0.56, 0.06), (0.62, 0.45), (-0.5, 0.45))
    toe = cut(_oval(o, 0.46, 0.38, 0.54, 0.36), o.box(0, -0.55, 9, 1))
    sole = join(o.box(0, 0.5, 1.0, 0.13, 0.12), o.box(-0.7, 0.47, 0.3, 0.16, 0.1))
    cap = cut(toe, o.box(1.0, 0.3, 0.22, 0.4))
    laces = join(*(o.line(x, y, x - 0.2, y + 0.2, 0.045) for x, y in ((0.08, -0.3), (0.34, -0.08))))
    mouth, tread = _oval(o, -0.5, -0.42, 0.26, 0.09), o.box(0, 0.52, 0.93, 0.02)
    marks = ((laces, (1, 1, 1), 1.0), (mouth, INK, 0.85), (tread, INK, 0.6))
    return Thing(join(heel, vamp, toe), None, join(sole, cap), (-0.5, -0.1, 0.1, 0.2), marks)


def _clock(o: Place, phase: Floats) -> Thing:
    case, dial = o.circle(0, 0, 0.96), o.circle(0, 0, 0.46)
    both = mirror(o)
    feet = join(both.line(0.5, 0.7, 0.68, 0.94, 0.09), both.line(0.55, -0.75, 0.62, -0.84, 0.16))
    ticks = join(both.box(0.37, 0, 0.05, 0.03), o.box(0, 0.37, 0.03, 0.05), o.box(0, -0.37, 0.03, 0.05))
    hands = join(o.at(turn=phase).line(0, 0, 0, -0.34, 0.045), o.at(turn=0.17).line(0, 0, 0, -0.22, 0.06))
    marks = ((dial - 0.03, INK, 0.85), (dial, CREAM, 1.0), (join(ticks, hands), INK, 1.0))
    return Thing(case, feet, None, (-0.5, -0.5, 0.18, 0.18), marks)


def _cushion(o: Place, _: Floats) -> Thing:
    x, y = np.abs(o.x), np.abs(o.y)
    low = join(x, y)  # sides curve inwards, corners reach out
    pad = np.asarray((cut(x, y) - np.float32(0.7) - np.float32(0.16) * low * low) * o.unit, dtype=np.float32)
    tips = Place(x, y, o.unit).circle(0.86, 0.86, 0.12)
    return Thing(pad, tips, o.circle(0, 0, 0.1), (-0.35, -0.35, 0.12, 0.2))


def _teapot(o: Place, phase: Floats) -> Thing:
    pot = _oval(o, 0, 0.28, 0.68, 0.6)
    spout = join(o.line(0.5, 0.42, 0.82, 0.1, 0.15), o.line(0.8, 0.12, 0.98, -0.2, 0.09))
    handle = rim(o.ellipse(-0.66, 0.2, 0.36, 0.36), 0.085, o.unit)
    lid, knob = o.box(0, -0.3, 0.36, 0.07, 0.06), o.circle(0, -0.46, 0.13)
    foot = o.box(0, 0.88, 0.38, 0.07)
    marks = ((_steam(o, 1.0, -0.38, phase), (1, 1, 1), 0.75),)
    return Thing(join(pot, spout, handle), foot, join(lid, knob), (-0.3, 0.08, 0.19, 0.24), marks)


def _umbrella(o: Place, _: Floats) -> Thing:
    dome = cut(o.circle(0, 0.12, 1.0), o.box(0, -0.95, 9, 1.07))
    canopy = cut(dome, -row(o, 0.66).ellipse(0, 0.14, 0.32, 0.2))
    shaft = o.line(0, -1.0, 0, 0.76, 0.05)
    hook = cut(rim(o.circle(0.19, 0.76, 0.19), 0.06, o.unit), o.box(0, 5.76, 9, 5))
    both = mirror(o)
    ribs = cut(both.line(0, -0.9, 0.34, 0.1, 0.02), canopy)
    return Thing(canopy, join(shaft, hook), None, (-0.5, -0.35, 0.12, 0.2), ((ribs, SHADE, 0.35),))


def _hat(o: Place, _: Floats) -> Thing:
    brim, crown = _oval(o, 0, 0.36, 1.04, 0.26), o.box(0, -0.1, 0.54, 0.52, 0.3)
    band = cut(o.ellipse(0, 0.1, 0.58, 0.3), o.box(0, 0.5, 0.54, 0.34))
    band = cut(band, -o.ellipse(0, -0.08, 0.6, 0.28))
    return Thing(join(brim, crown), None, band, (-0.2, -0.3, 0.1, 0.15))


def _guitar(o: Place, _: Floats) -> Thing:
    body = join(_oval(o, 0, 0.5, 0.7, 0.5), _oval(o, 0, -0.1, 0.54, 0.4), o.box(0, 0.15, 0.44, 0.2))
    neck = join(o.box(0, -0.6, 0.085, 0.6), o.box(0, -1.08, 0.17, 0.16, 0.05))
    hole, bridge = o.circle(0, 0.16, 0.17), o.box(0, 0.68, 0.26, 0.055)
    strings = o.box(0, -0.16, 0.02, 0.84)
    marks = ((join(hole, bridge), INK, 1.0), (strings, CREAM, 0.9))
    return Thing(body, None, neck, (-0.3, 0.45, 0.1, 0.2), marks)


def _oval(place: Place, x: float, y: float, width: float, height: float) -> Floats:
    """Return a distance to an ellipse that stays true outside flat ones, as wide outlines need."""
    dx, dy = (place.x - np.float32(x)) / np.float32(width), (place.y - np.float32(y)) / np.float32(height)
    reach = np.sqrt(dx * dx + dy * dy)
    dx, dy = dx / np.float32(width), dy / np.float32(height)
    slope = np.sqrt(dx * dx + dy * dy)
    tiny = np.float32(0.001)  # keeps the middle, where both vanish, inside
    return np.asarray((reach - 1) * (reach + tiny) / (slope + tiny) * place.unit, dtype=np.float32)


FORMS: Mapping[str, Form] = {
    "lamp": Form(_lamp, 1.0, 0.62),
    "chair": Form(_chair, 1.0, 0.66),
    "mug": Form(_mug, 0.98, 0.64),
    "vase": Form(_vase, 1.0, 0.64),
    "backpack": Form(_backpack, 0.98, 0.63),
    "sneaker": Form(_sneaker, 0.63, 0.74),
    "clock": Form(_clock, 1.0, 0.62),
    "cushion": Form(_cushion, 0.9, 0.66),
    "teapot": Form(_teapot, 0.95, 0.66),
    "umbrella": Form(_umbrella, 1.0, 0.64),
    "hat": Form(_hat, 0.62, 0.71),
    "guitar": Form(_guitar, 1.0, 0.62),
}
"""Category -> form."""
