"""The moods of a game: what hangs in the sky, and what lies over the whole picture, told by form and brightness."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from tasks.world.draw.canvas import Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import Stage, spark
from tasks.world.draw.shot import Floats, wave
from tasks.world.draw.space import bars, cut, fold, join, mirror, rim, ripple


@dataclass(frozen=True, slots=True)
class Mood:
    """A mood: `behind` the hero and the props, and `before` them."""

    behind: Callable[[Stage, Tones, Floats], None]
    before: Callable[[Stage, Tones, Floats], None]


def _corner(stage: Stage) -> Place:
    """Return the frame of the large sign in the upper left or upper right corner of the picture."""
    return stage.glass.at(stage.shot.side(6) * stage.shot.chance(7, 0.6, 0.68), stage.shot.chance(7, -0.7, -0.62))


def _rays(place: Place, turn: Floats | float) -> Place:
    """Return a frame in which a shape along +x is repeated in eight directions: reflections, no angles."""
    around = place.at(turn=turn)
    across, down = np.abs(around.x), np.abs(around.y)
    long, short = np.maximum(across, down), np.minimum(across, down)
    beyond = np.maximum(np.float32(0.9238795) * short - np.float32(0.3826834) * long, 0)  # past 22.5 degrees
    x, y = long + np.float32(0.7653669) * beyond, short - np.float32(1.847759) * beyond
    return Place(x, y, place.unit)


def _cheer(stage: Stage, tones: Tones, phase: Floats) -> None:
    bow, band = stage.glass.at(y=stage.shot.chance(5, 0.46, 0.54)), np.float32(0.06)
    part, place = stage.window(bow, -2, -1.2, 2, 0.05)
    ring = place.circle(0, 0, 1.0)
    for step, colour in ((1.5, tones.red), (0.5, tones.glow), (-0.5, tones.green), (-1.5, tones.blue)):
        part.paint(cut(rim(ring - band * np.float32(step), 0.031), place.y), colour)
    part, place = stage.window(_corner(stage), -0.6, -0.6, 0.6, 0.6)
    sun = join(
        place.circle(0, 0, 0.2),
        _rays(place, phase * np.float32(1 / 8)).polygon((0.24, 0.07), (0.24, -0.07), (0.44, 0)),
    )
    part.sticker([(sun, tones.glow)], [(place.circle(-0.03, -0.04, 0.12), tones.pale)], tones.ink, 0.03)


def _sparkle(stage: Stage, tones: Tones, phase: Floats) -> None:
    for step, (x, y) in enumerate(((-0.86, 0.12), (0.86, -0.14), (0.02, 0.9))):
        pulse = np.float32(0.5) + np.float32(0.5) * wave(phase + np.float32(step / 3))
        place = stage.glass.at(x, y, pulse)
        part, place = stage.window(place, -0.25, -0.25, 0.25, 0.25)
        part.sticker([(spark(place, 0, 0, 0.16), tones.pale)], [], tones.ink, 0.025)


def _strike(stage: Stage, tones: Tones, phase: Floats) -> None:
    flash = np.float32(0.25) + np.float32(0.75) * wave(2 * phase + np.float32(0.25))
    part, place = stage.window(_corner(stage), -0.6, -0.6, 0.6, 0.95)
    place = place.at(y=0.05)
    bolt = join(
        place.polygon((0.12, -0.36), (-0.2, 0.1), (0.02, 0.1), (0.2, -0.36)),
        place.polygon((0.22, -0.08), (-0.02, -0.08), (-0.14, 0.46)),
    )
    part.sticker([(bolt, mix(tones.glow, tones.pale, flash))], [], tones.ink, 0.05)


def _warn(stage: Stage, tones: Tones, phase: Floats) -> None:
    glass = stage.glass
    inset = np.float32(0.87) - cut(np.abs(glass.x), np.abs(glass.y))
    stage.blend(np.clip(np.float32(0.25) - inset, 0, 0.25), tones.ink)
    tape = bars(glass.x + glass.y - phase * np.float32(0.36), 0.36, 0.09)
    flash = mix(tones.red, tones.pale, np.float32(0.55) * wave(2 * phase))
    stage.paint(inset, tones.ink)
    stage.paint(cut(inset + np.float32(0.03), tape * np.float32(0.7)), flash)


def _clouds(stage: Stage, tones: Tones, phase: Floats) -> None:
    drift = np.float32(0.14) * (wave(phase) - np.float32(0.5))
    soft = stage.glass
    for x, y, size in ((-0.55, -0.74, 0.32), (0.5, -0.8, 0.27), (0.05, -0.56, 0.2)):
        place = soft.at(stage.shot.chance(7, x - 0.12, x + 0.12) + drift, y, size)
        part, place = stage.window(place, -1.2, -0.9, 1.2, 0.5)
        puff = join(place.circle(-0.5, 0, 0.38), place.circle(0.05, -0.22, 0.52), place.circle(0.56, 0.02, 0.36))
        cloud = cut(join(puff, place.box(0.02, 0.2, 0.86, 0.2, 0.2)), (place.y - np.float32(0.4)) * place.unit)
        part.sticker([(cloud, tones.pale)], [], mix(tones.pale, tones.far, 0.7), 0.03)


def _haze(stage: Stage, tones: Tones, phase: Floats) -> None:
    down = fold(stage.glass.y + np.float32(0.08) * ripple(phase) * np.float32(0.5), 0.5)
    band = np.clip(1 - np.abs(down) * np.float32(6), 0, 1)
    stage.blend(band * np.float32(0.32), tones.pale)


def _moon(stage: Stage, tones: Tones, _phase: Floats) -> None:
    stage.blend(0.12, tones.ink)
    part, place = stage.window(_corner(stage), -0.5, -0.5, 0.5, 0.5)
    part.blend(part.cover(place.circle(0, 0, 0.42)) * np.float32(0.35), tones.pale)
    part.layers(
        [
            (place.circle(0, 0, 0.31), tones.pale),
            (
                join(place.circle(-0.1, -0.08, 0.07), place.circle(0.1, 0.1, 0.09), place.circle(0.12, -0.14, 0.04)),
                mix(tones.pale, tones.far, 0.6),
            ),
        ]
    )


def _haunt(stage: Stage, tones: Tones, phase: Floats) -> None:
    glass = stage.glass
    edge = np.sqrt(glass.x * glass.x + glass.y * glass.y)
    stage.blend(np.clip((edge - np.float32(0.8)) * np.float32(1.1), 0, 0.6), tones.ink)
    mist = glass.y - np.float32(0.74) + np.float32(0.08) * ripple(glass.x + phase)
    stage.blend(np.clip(mist * np.float32(2.4), 0, 0.45), tones.pale)
    corner, inwards = _corner(stage), -stage.shot.side(6)
    for x, y, size, beat in ((0.2, 0.12, 0.2, 0.0), (0.75, 0.02, 0.17, 0.4), (1.15, 0.25, 0.14, 0.7)):
        place = corner.at(inwards * np.float32(x), y + np.float32(0.05) * ripple(phase + np.float32(beat)), size)
        part, place = stage.window(place, -1.5, -1.3, 1.5, 1.3)
        m = mirror(place)
        lift = np.float32(0.8) * ripple(2 * phase + np.float32(beat)) * m.x
        wings = Place(m.x, m.y + lift * np.float32(0.5), m.unit)
        bat = join(
            place.ellipse(0, 0.05, 0.22, 0.34),
            m.polygon((0.02, -0.1), (0.2, -0.45), (0.22, 0.0)),
            wings.polygon((0.05, -0.15), (0.6, -0.42), (0.5, 0.3), (0.1, 0.2)),
            wings.polygon((0.4, -0.2), (0.6, -0.42), (1.15, 0.12), (0.75, 0.12)),
        )
        part.sticker([(bat, tones.ink)], [], mix(tones.pale, tones.far, 0.3), 0.024)


MOODS: Mapping[str, Mood] = {
    "cheerful": Mood(_cheer, _sparkle),
    "tense": Mood(_strike, _warn),
    "calm": Mood(_clouds, _haze),
    "eerie": Mood(_moon, _haunt),
}
