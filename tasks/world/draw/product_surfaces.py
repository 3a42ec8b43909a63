"""The skin of a product: its colour, the light print on it (pattern) and the finish that tells its material."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Canvas, Colour, Place
from tasks.world.draw.product_things import CREAM, Thing
from tasks.world.draw.shot import Floats, column, turns
from tasks.world.draw.space import bars, cells, cut, fold, join, odd, ridge, rim

RGB = tuple[float, float, float]
WHITE, STEEL, IRON, BARK = (1.0, 1.0, 1.0), (0.68, 0.71, 0.76), (0.36, 0.39, 0.46), (0.42, 0.25, 0.13)


@dataclass(frozen=True, slots=True)
class Dye:
    """A colour: the surface, its outline, the lines that finishes draw on it (lighter on black), and a cloth's hem."""

    main: RGB
    edge: RGB
    line: RGB
    hem: RGB


def _dye(red: float, green: float, blue: float) -> Dye:
    return Dye(
        (red, green, blue),
        (red * 0.4, green * 0.4, blue * 0.4),
        (red * 0.4 + 0.05, green * 0.33 + 0.01, blue * 0.3),
        (red * 0.66, green * 0.66, blue * 0.66),
    )


COLOURS: Mapping[str, Dye] = {
    "red": _dye(0.86, 0.1, 0.12),
    "orange": _dye(0.98, 0.5, 0.06),
    "yellow": _dye(0.98, 0.82, 0.08),
    "green": _dye(0.13, 0.62, 0.25),
    "blue": _dye(0.12, 0.33, 0.85),
    "purple": _dye(0.5, 0.2, 0.72),
    "pink": _dye(0.98, 0.45, 0.7),
    "black": Dye((0.11, 0.11, 0.12), (0.02, 0.02, 0.03), (0.5, 0.43, 0.37), (0.2, 0.19, 0.2)),
}
"""Colour -> dye."""


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """What a finish paints on: the body's mask and distance, fixed (`o`) and sliding (`print`) coordinates.

    `glint` [n, 1, 1] in -1 .. 1 is how far the light has wandered over the product.
    """

    canvas: Canvas
    o: Place
    print: Place
    mask: Floats
    body: Floats
    gloss: tuple[float, float, float, float]
    dye: Dye
    glint: Floats

    def lay(self, distance: Floats, colour: Colour, opacity: float = 1.0) -> None:
        """Paint a shape on the body only."""
        self.tone(self.canvas.cover(distance) * np.float32(opacity), colour)

    def tone(self, share: Floats, colour: Colour) -> None:
        """Mix a colour into the body by its share."""
        self.canvas.blend(self.mask * share, colour)

    def border(self, depth: float, half: float) -> Floats:
        """Return the distance to a line along the body's edge: its depth inside and half its width, in local units."""
        return rim(self.body + np.float32(depth) * self.o.unit, half, self.o.unit)


# Patterns: the distance to the light print, in scene units.


def _striped(s: Place) -> Floats:
    return np.asarray(bars(s.x, 0.44, 0.11) * s.unit, dtype=np.float32)


def _dotted(s: Place) -> Floats:
    number, y = cells(s.y, 0.38)
    even = 1 - odd(number)
    return Place(fold(s.x + even * np.float32(0.25), 0.5), y, s.unit).circle(0, 0, 0.14)


def _checked(s: Place) -> Floats:
    across, down = bars(s.x, 0.68, 0.17), bars(s.y, 0.68, 0.17)
    either = cut(join(across, down), -cut(across, down))
    return np.asarray(either * s.unit, dtype=np.float32)


def _zigzag(s: Place) -> Floats:
    return np.asarray(
        bars(s.y + ridge(s.x / np.float32(0.46)) * np.float32(0.24), 0.38, 0.085) * s.unit, dtype=np.float32
    )


PATTERNS: Mapping[str, Callable[[Place], Floats] | None] = {
    "plain": None,
    "striped": _striped,
    "dotted": _dotted,
    "checked": _checked,
    "zigzag": _zigzag,
}
"""Pattern -> distance to the print; a plain surface has none."""


# Finishes: each paints over colour and print.


def _grain(skin: Skin) -> None:
    s = skin.print
    dx, dy = s.x - np.float32(0.2), s.y - np.float32(0.25)
    years = np.sqrt(np.float32(0.09) * dx * dx + dy * dy)  # growth rings around a knot, drawn out along the plank
    skin.lay(bars(years, 0.23, 0.026) * s.unit, skin.dye.line, 0.75)


def _wood(skin: Skin) -> None:
    skin.lay(skin.border(0.03, 0.03), BARK)


def _metal(skin: Skin) -> None:
    run = column(skin.canvas.shot.phase)  # the sheen runs across once
    glide = ridge(skin.o.x * np.float32(0.75) + skin.o.y * np.float32(0.5) - run)
    skin.tone(np.clip(np.float32(1.3) - 4 * glide, 0, np.float32(0.5)), (0.1, 0.12, 0.16))
    skin.tone(np.clip(10 * glide - 8, 0, np.float32(0.6)), WHITE)
    skin.tone(np.clip(20 * glide - 18, 0, 1), WHITE)
    skin.lay(skin.border(0.04, 0.045), IRON)


def _glass(skin: Skin) -> None:
    x, y, _, height = skin.gloss
    skin.lay(skin.border(0.18, 0.015), WHITE, 0.5)
    wandering = skin.o.at(skin.glint * np.float32(0.1))
    streak = wandering.line(x - 0.06, y + height * 0.6, x + 0.12, y - height * 0.6, 0.05)
    skin.lay(join(skin.border(0.05, 0.05), streak), WHITE, 0.9)


def _weave(skin: Skin) -> None:
    s = skin.print
    skin.lay(join(bars(s.x + s.y, 0.2, 0.03), bars(s.x - s.y, 0.2, 0.03)) * s.unit, skin.dye.line, 0.6)


def _fabric(skin: Skin) -> None:
    skin.lay(skin.border(0.06, 0.06), skin.dye.hem)
    along = np.where(np.abs(skin.o.x) > np.abs(skin.o.y), skin.o.y, skin.o.x)
    skin.lay(cut(skin.border(0.09, 0.03), bars(along, 0.22, 0.065) * skin.o.unit), CREAM)


def _ceramic(skin: Skin) -> None:
    x, y, width, height = skin.gloss
    away = (skin.o.x - np.float32(x)) * np.float32(0.84) + (skin.o.y - np.float32(y)) * np.float32(0.6)
    skin.tone(np.clip(away - np.float32(0.25), 0, np.float32(0.6)), skin.dye.edge)
    wandering = skin.o.at(skin.glint * np.float32(0.08))
    shine = join(wandering.ellipse(x, y, width, height), wandering.circle(x + 0.02, y + height + 0.14, 0.07))
    skin.lay(shine - np.float32(0.05) * skin.o.unit, skin.dye.main)  # sets the shine off from a light print
    skin.lay(shine, WHITE)


@dataclass(frozen=True, slots=True)
class Finish:
    """A material: what it paints over the print (and under it), its colour's opacity, the colour of fittings."""

    paint: Callable[[Skin], None]
    opacity: float
    trim: RGB
    ground: Callable[[Skin], None] | None = None


FINISHES: Mapping[str, Finish] = {
    "wood": Finish(_wood, 1.0, (0.5, 0.31, 0.17), _grain),
    "metal": Finish(_metal, 1.0, STEEL),
    "glass": Finish(_glass, 0.64, (0.85, 0.94, 0.98)),
    "fabric": Finish(_fabric, 1.0, (0.93, 0.87, 0.74), _weave),
    "ceramic": Finish(_ceramic, 1.0, (0.97, 0.97, 0.95)),
}
"""Material -> finish."""


def dress(canvas: Canvas, thing: Thing, look: Mapping[str, str], o: Place) -> None:
    """Paint a thing in the frame `o`: fittings, colour, print, finish, details."""
    dye, finish, print_of = COLOURS[look["colour"]], FINISHES[look["material"]], PATTERNS[look["pattern"]]
    drift = canvas.shot.chance(4, -0.03, 0.04)  # small differences of shade between draws
    if thing.under is not None:
        canvas.paint(thing.under - np.float32(0.02), dye.edge, finish.opacity)
        canvas.paint(thing.under, finish.trim, 0.5 + 0.5 * finish.opacity)
    canvas.paint(thing.body - np.float32(0.012), dye.edge, finish.opacity * finish.opacity)
    mask = canvas.cover(thing.body)
    main = np.asarray(dye.main, dtype=np.float32).reshape(3, 1, 1, 1) + drift
    canvas.blend(mask * np.float32(finish.opacity), main)
    glint, sway = turns(column(canvas.shot.phase))  # the print slides over the product as it turns
    skin = Skin(canvas, o, o.at(sway * np.float32(0.3)), mask, thing.body, thing.gloss, dye, glint)
    if finish.ground is not None:
        finish.ground(skin)
    if print_of is not None:
        skin.lay(print_of(skin.print), CREAM, 0.92)
    finish.paint(skin)
    if thing.over is not None:
        canvas.paint(thing.over - np.float32(0.012), dye.edge)
        canvas.paint(thing.over, finish.trim)
    for distance, colour, opacity in thing.marks:
        canvas.paint(distance, colour, opacity)
