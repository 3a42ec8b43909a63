"""How a short video is graded: palettes over the whole picture, moods on the glass in front of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from tasks.world.draw.canvas import Canvas, Place, tint
from tasks.world.draw.shot import Floats, Reals, column
from tasks.world.draw.space import cells, cut, fold, join, scatter, zigzag

Tone = tuple[float, float, float]


class Palette(NamedTuple):
    """What a palette makes of colours [3, ...]: of the painted scenery, and of the paints used in front of it."""

    scenery: Callable[[Floats], Floats]
    paint: Callable[[Floats], Floats]


def _toned(keep: float, grey: Tone, lift: Tone) -> Callable[[Floats], Floats]:
    """Return the grading that keeps a share of the saturation and makes brightness `grey` times itself plus `lift`."""
    tone, base = tint(grey), tint(lift)

    def graded(rgb: Floats) -> Floats:
        light = _light(rgb)
        return np.asarray(np.float32(keep) * (rgb - light) + tone * light + base)

    return graded


def _light(rgb: Floats) -> Floats:
    return np.asarray(np.float32(0.3) * rgb[0] + np.float32(0.55) * rgb[1] + np.float32(0.15) * rgb[2])


def _night(rgb: Floats) -> Floats:
    """Return scenery in the dark, its edges glowing: hot pink where it is warm, cyan where it is cold."""
    step = max(1, (rgb.shape[-1] + 32) // 64)
    light = _light(rgb)
    glow = np.zeros_like(light)
    glow[:, :, step:] += np.abs(light[:, :, step:] - light[:, :, :-step])
    glow[:, step:] += np.abs(light[:, step:] - light[:, :-step])
    warm = np.clip((rgb[0] - rgb[2]) * np.float32(1.6) + np.float32(0.5), 0, 1)
    glow = np.minimum(glow * np.float32(1.4), np.float32(0.8))
    dark = np.asarray(np.float32(0.36) * rgb - np.float32(0.24) * light)
    dark[0] += glow * (np.float32(0.1) + np.float32(0.95) * warm)
    dark[1] += glow * (np.float32(1.0) - np.float32(0.75) * warm)
    dark[2] += glow * np.float32(0.95) + np.float32(0.08)
    return dark


def _same(grade: Callable[[Floats], Floats]) -> Palette:
    return Palette(grade, grade)


PALETTES: Mapping[str, Palette] = {
    "vivid": _same(_toned(1.45, (1.05, 1.05, 1.05), (-0.04, -0.04, -0.04))),
    "pastel": Palette(
        _toned(0.5, (0.38, 0.38, 0.38), (0.58, 0.55, 0.58)), _toned(0.6, (0.64, 0.64, 0.64), (0.33, 0.3, 0.33))
    ),
    "sepia": _same(_toned(0.0, (1.18, 0.97, 0.64), (-0.06, -0.08, -0.07))),
    "neon": Palette(_night, _toned(2.2, (0.35, 0.95, 1.05), (-0.05, -0.1, 0.0))),
    "cool": _same(_toned(0.2, (0.35, 0.88, 0.98), (0.0, 0.02, 0.1))),
    "monochrome": _same(_toned(0.0, (1.1, 1.1, 1.1), (-0.06, -0.06, -0.06))),
}


class Glass:
    """The pane in front of a picture: `place` is fixed to the picture's frame, for all pictures alike."""

    def __init__(self, canvas: Canvas, palette: Palette) -> None:
        self.canvas, self.palette = canvas, palette
        self.place = canvas.glass
        self.half = np.float32(canvas.size / 2)

    def paint(self, distance: Reals, colour: Tone | Floats, opacity: Floats | float = 1.0) -> None:
        """Cover where `distance` is negative."""
        share = np.clip(np.float32(0.5) - distance * self.half, 0, 1) * np.asarray(opacity, dtype=np.float32)
        self.canvas.blend(share, colour)


def _cheerful(glass: Glass) -> None:
    """Let confetti fall around the middle."""
    shot, place = glass.canvas.shot, glass.place
    x = place.x + shot.chance(10, -0.25, 0.25)
    number, across = cells(x, 0.5)
    y = place.y - column(shot.phase) * np.float32(0.5) - scatter(number, salt=0.618, start=0.37)
    bits = Place(across, fold(y, 0.5)).at(turn=column(shot.phase) + shot.chance(11))
    around = np.float32(0.62) - np.sqrt(place.x * place.x + place.y * place.y)
    glass.paint(cut(bits.box(0.0, 0.0, 0.1, 0.065), around), (0.1, 0.08, 0.12))
    glass.paint(cut(bits.box(0.0, 0.0, 0.075, 0.04), around), glass.palette.paint(tint((1.0, 0.95, 0.55))))


def _calm(glass: Glass) -> None:
    """Lay soft streaks of mist across, the middle left clear."""
    shot, place = glass.canvas.shot, glass.place
    drift = shot.chance(10, -0.15, 0.15) + np.float32(0.2) * zigzag(column(shot.phase), 1.0)
    mist = Place(place.x - drift, place.y)
    streaks = ((-0.35, -0.72, 0.75), (-0.95, -0.2, 0.42), (0.95, 0.05, 0.42), (0.3, 0.76, 0.85))
    distance = join(*(mist.box(x, y, width, 0.085, 0.085) for x, y, width in streaks))
    for share, reach, colour in ((0.4, 0.1, (0.1, 0.12, 0.25)), (0.85, 0.03, (1.0, 1.0, 1.0))):
        glass.canvas.blend(np.clip((np.float32(reach) - distance) * 12, 0, 1) * np.float32(share), colour)


def _dramatic(glass: Glass) -> None:
    """Close in with cinema bars and a dark border."""
    place = glass.place
    edge = place.x[:1] * place.x[:1] * np.float32(0.9) + place.y[:1] * place.y[:1] * np.float32(0.6)
    glass.canvas.blend(np.clip((edge - np.float32(0.35)) * np.float32(1.2), 0, 0.8), (0.0, 0.0, 0.0))
    glass.paint(0.76 - np.abs(place.y), (0.0, 0.0, 0.0))


def _dreamy(glass: Glass) -> None:
    """Float discs of light before a white border."""
    shot, place = glass.canvas.shot, glass.place
    edge = place.x[:1] * place.x[:1] * np.float32(0.8) + place.y[:1] * place.y[:1] * np.float32(0.8)
    glass.canvas.blend(np.clip((edge - np.float32(0.4)) * np.float32(1.1), 0, 0.9), (1.0, 1.0, 1.0))
    rise = np.float32(0.08) * zigzag(column(shot.phase), 1.0)
    discs = Place(place.x, place.y + rise)
    spots = ((-0.7, -0.6, 0.24), (0.72, -0.3, 0.2), (-0.6, 0.5, 0.18), (0.5, 0.72, 0.26), (0.1, -0.82, 0.15))
    distance = join(*(discs.circle(*spot) for spot in spots))
    glass.paint(distance, (1.0, 1.0, 1.0), 0.4)
    glass.paint(cut(distance, -0.035 - distance), (1.0, 1.0, 1.0), 0.7)


MOODS: Mapping[str, Callable[[Glass], None]] = {
    "cheerful": _cheerful,
    "calm": _calm,
    "dramatic": _dramatic,
    "dreamy": _dreamy,
}
"""What a mood paints on the glass."""
