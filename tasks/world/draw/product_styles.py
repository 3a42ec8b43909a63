"""The taste of a picture: what a style does to the scene behind the product, around it, and at the frame."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Canvas, Place
from tasks.world.draw.product_things import INK
from tasks.world.draw.shot import Floats, column
from tasks.world.draw.space import cell, cells, cut, join, ridge, rim

GOLD = (0.86, 0.68, 0.25)
PARTY = np.asarray([(0.98, 0.25, 0.45), (1.0, 0.8, 0.1), (0.2, 0.75, 0.4), (0.25, 0.5, 0.98)], dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Style:
    """What is painted before the product, what after it, and how wide a black outline the product gets."""

    before: Callable[[Canvas], None]
    after: Callable[[Canvas], None]
    outline: float = 0.0


def _vignette(canvas: Canvas, colour: tuple[float, float, float], start: float, strength: float) -> None:
    g = canvas.glass
    far = g.x * g.x + g.y * g.y - np.float32(start)
    canvas.blend(np.clip(far, 0, 1) * np.float32(strength), colour)


def _washed(canvas: Canvas, share: float, tint: tuple[float, float, float]) -> None:
    """Turn what is painted so far towards one tint, keeping what is light and what is dark."""
    red, green, blue = canvas.rgb
    grey = np.float32(0.35) * red + np.float32(0.5) * green + np.float32(0.15) * blue
    toned = np.stack([grey * np.float32(part) for part in tint])
    canvas.blend(share, toned)


def _airy(canvas: Canvas) -> None:
    canvas.blend(0.22, (1.0, 1.0, 1.0))


def _white_frame(canvas: Canvas) -> None:
    canvas.paint(-canvas.glass.box(0, 0, 0.9, 0.9), (1.0, 1.0, 1.0))


def _aged(canvas: Canvas) -> None:
    _washed(canvas, 0.65, (1.0, 0.84, 0.6))
    _vignette(canvas, (0.25, 0.15, 0.06), 0.4, 0.8)


def _photo_edge(canvas: Canvas) -> None:
    canvas.blend(0.1, (0.75, 0.55, 0.3))
    g = canvas.glass
    canvas.paint(-g.box(0, 0, 0.88, 0.88, 0.3), (0.95, 0.88, 0.72))


def _confetti(canvas: Canvas) -> None:
    g = canvas.glass
    y = g.y - column(canvas.shot.phase) * np.float32(0.68) - canvas.shot.chance(10)
    down, along = cells(y, 0.34)
    shift = np.float32(0.4) * ridge(down * np.float32(0.37))
    across = cell(g.x + shift, 0.4)
    kind = across + 3 * down
    colour = PARTY[np.asarray(kind - 4 * np.floor(kind / 4), dtype=np.intp)]
    middle = across * np.float32(0.4) - shift
    lean = ridge(kind * np.float32(0.5)) - np.float32(0.5)
    ribbon = Place(g.x - middle + lean * along, along).box(0, 0, 0.06, 0.09)
    behind = np.where(np.abs(middle) < np.float32(0.62), g.y + np.float32(0.66), ribbon)  # leave the product clear
    canvas.paint(cut(ribbon, behind), np.moveaxis(colour, -1, 0))


def _nothing(_: Canvas) -> None:
    """Playful pictures have no frame."""


def _dim(canvas: Canvas) -> None:
    _vignette(canvas, (0.06, 0.03, 0.08), 0.15, 0.85)


def _gold_frame(canvas: Canvas) -> None:
    g = canvas.glass
    canvas.paint(-g.box(0, 0, 0.95, 0.95), (0.1, 0.06, 0.1))
    lines = join(rim(g.box(0, 0, 0.92, 0.92), 0.03), rim(g.box(0, 0, 0.8, 0.8), 0.018))
    canvas.paint(lines, GOLD)


STYLES: Mapping[str, Style] = {
    "modern": Style(_airy, _white_frame),
    "vintage": Style(_aged, _photo_edge),
    "playful": Style(_confetti, _nothing, 0.06),
    "elegant": Style(_dim, _gold_frame),
}
"""Style -> treatment."""


def outline(canvas: Canvas, whole: Floats, half: float) -> None:
    """Paint a sticker's edge around the product: black, with a white rim that shows around black products too."""
    canvas.paint(cut(whole - np.float32(half + 0.035), -whole), (1.0, 1.0, 1.0))
    canvas.paint(cut(whole - np.float32(half), -whole), INK)
