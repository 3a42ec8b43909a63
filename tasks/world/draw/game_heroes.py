"""The heroes of a game: large characters with a dark outline, each known by its silhouette."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import Stage, spark
from tasks.world.draw.shot import Floats, column, wave
from tasks.world.draw.space import cut, join, mirror, ripple

Figure = tuple[list[Layer], list[Layer]]
"""A hero's body, around which the outline runs, and what is drawn on it."""


def hero(stage: Stage, kind: str, feet: Place, tones: Tones, shade: float) -> None:
    """Paint a hero who hops twice in a run of the phase, with its shadow; `feet` is the frame of its feet."""
    phase = column(stage.shot.phase)
    hop = wave(2 * phase)
    part, place = stage.window(feet, -0.85, -1.6, 0.85, 0.35)
    part.paint(place.at(scale=1 - np.float32(0.3) * hop).ellipse(0, 0.01, 0.34, 0.1), tones.ink, shade)
    size = np.float32(0.41) * stage.shot.chance(10, 0.94, 1.06)
    lean = stage.shot.chance(11, -0.012, 0.012) + np.float32(0.012) * ripple(phase)
    body = place.at(y=-np.float32(0.17) * hop).at(scale=size, turn=lean).at(y=-1.0)
    bodies, details = HEROES[kind](body, tones, phase)
    part.sticker(bodies, details, tones.ink)


# Frames of figures: feet at y = 1, top of the head at about y = -1, so that a figure is 2 high.


def _knight(p: Place, t: Tones, phase: Floats) -> Figure:
    m, steel = mirror(p), mix(t.coat, t.ink, 0.18)
    plume = p.at(x=0.05, y=-0.75, turn=np.float32(0.02) * ripple(phase))
    bodies: list[Layer] = [
        (join(p.line(0.78, 0.6, 0.78, -0.75, 0.07), p.box(0.78, 0.32, 0.22, 0.06)), t.pale),
        (join(plume.ellipse(0.18, -0.25, 0.42, 0.2), plume.ellipse(0.5, -0.08, 0.2, 0.26)), t.red),
        (join(m.box(0.22, 0.85, 0.16, 0.15), p.box(0, 0.42, 0.46, 0.4, 0.14)), mix(t.coat, t.ink, 0.5)),
        (p.box(0, -0.32, 0.52, 0.48, 0.3), steel),
        (p.polygon((-0.95, 0.0), (-0.1, 0.0), (-0.1, 0.45), (-0.52, 0.98), (-0.95, 0.45)), t.blue),
    ]
    details: list[Layer] = [
        (join(p.box(0, -0.34, 0.42, 0.09, 0.04), p.box(0, -0.1, 0.05, 0.26)), t.ink),
        (join(p.box(-0.52, 0.38, 0.06, 0.42), p.box(-0.52, 0.28, 0.34, 0.06)), t.pale),
    ]
    return bodies, details


def _robot(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    swing = np.float32(0.12) * ripple(phase)
    arm = p.x + np.float32(0)
    wave_ = Place(m.x, p.y + np.where(arm > 0, swing, -swing), p.unit)
    bodies: list[Layer] = [
        (join(p.line(0, -0.6, 0, -0.92, 0.05), m.box(0.62, -0.36, 0.1, 0.16)), t.pale),
        (p.circle(0, -0.98, 0.14), t.glow),
        (join(wave_.line(0.4, 0.2, 0.74, 0.32, 0.09), wave_.box(0.76, 0.36, 0.13, 0.16)), mix(t.coat, t.ink, 0.45)),
        (m.box(0.23, 0.85, 0.14, 0.16), mix(t.coat, t.ink, 0.55)),
        (p.box(0, 0.38, 0.44, 0.34, 0.04), t.blue),
        (p.box(0, -0.36, 0.56, 0.36, 0.04), mix(t.coat, t.ink, 0.12)),
    ]
    details: list[Layer] = [
        (join(m.box(0.25, -0.42, 0.17, 0.15), p.box(0, -0.12, 0.32, 0.06)), t.ink),
        (join(m.box(0.25, -0.42, 0.09, 0.08), p.box(0, 0.36, 0.24, 0.14)), t.glow),
    ]
    return bodies, details


def _cat(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    fur = t.glow
    tip = p.at(x=0.62, y=0.75, turn=np.float32(0.03) * ripple(phase))
    tail = join(
        p.line(0.25, 0.85, 0.7, 0.78, 0.11),
        tip.line(0.1, 0.0, 0.22, -0.5, 0.11),
        tip.line(0.22, -0.5, 0.1, -0.72, 0.11),
    )
    head = join(p.ellipse(0, -0.34, 0.62, 0.46), m.polygon((0.12, -0.66), (0.54, -1.1), (0.62, -0.34)))
    whiskers = join(m.line(0.3, -0.2, 0.86, -0.3, 0.03), m.line(0.3, -0.14, 0.86, -0.06, 0.03))
    bodies: list[Layer] = [
        (join(tail, p.ellipse(0, 0.52, 0.46, 0.5)), mix(fur, t.red, 0.35)),
        (head, fur),
    ]
    details: list[Layer] = [
        (m.polygon((0.27, -0.7), (0.48, -0.94), (0.52, -0.55)), t.red),
        (p.ellipse(0, 0.56, 0.24, 0.32), t.pale),
        (whiskers, t.ink),
        (join(m.ellipse(0.26, -0.38, 0.1, 0.16), p.polygon((-0.1, -0.2), (0.1, -0.2), (0, -0.08))), t.ink),
        (m.box(0.18, 0.92, 0.14, 0.08, 0.08), t.pale),
    ]
    return bodies, details


def _wizard(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    robe = mix(t.blue, t.ink, 0.35)
    wand = p.at(y=np.float32(0.05) * ripple(phase))
    orb = wand.circle(0.8, -0.62, 0.17)
    bodies: list[Layer] = [
        (wand.line(0.8, 0.95, 0.8, -0.5, 0.06), mix(t.soil, t.ink, 0.2)),
        (orb, t.glow),
        (
            join(p.polygon((-0.2, -0.1), (0.2, -0.1), (0.58, 1.0), (-0.58, 1.0)), p.line(0.2, 0.2, 0.72, 0.3, 0.12)),
            robe,
        ),
        (p.box(0, -0.2, 0.3, 0.24, 0.1), t.coat),
        (join(p.polygon((-0.5, -0.36), (0.5, -0.36), (0.02, -1.3)), p.ellipse(0, -0.36, 0.76, 0.13)), robe),
        (p.polygon((-0.34, -0.14), (0.34, -0.14), (0.2, 0.35), (0, 0.66), (-0.2, 0.35)), t.pale),
    ]
    details: list[Layer] = [
        (spark(p, 0, -0.68, 0.3), t.glow),
        (join(p.box(0, -0.42, 0.44, 0.05)), t.red),
        (m.circle(0.13, -0.2, 0.07), t.ink),
    ]
    return bodies, details


def _dragon(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    scales = t.green
    flap = Place(m.x, p.y + np.float32(0.22) * ripple(phase * 2) * np.maximum(m.x - np.float32(0.2), 0), p.unit)
    wing = join(
        flap.polygon((0.2, 0.05), (0.82, -0.82), (0.84, 0.02)),
        flap.polygon((0.25, 0.25), (0.2, 0.0), (0.82, -0.82), (1.2, -0.1)),
    )
    tail = join(p.line(0.3, 0.85, 0.78, 0.8, 0.11), p.polygon((0.72, 0.72), (1.08, 0.4), (0.98, 0.95)))
    bodies: list[Layer] = [
        (wing, t.red),
        (join(m.line(0.22, -0.62, 0.46, -0.92, 0.07), m.line(0.46, -0.92, 0.4, -1.14, 0.04)), t.pale),
        (join(tail, m.ellipse(0.28, 0.92, 0.2, 0.1), p.ellipse(0, 0.42, 0.46, 0.55)), scales),
        (join(p.ellipse(0, -0.42, 0.42, 0.34), p.ellipse(0, -0.18, 0.44, 0.22)), scales),
    ]
    stripe = p.y * np.float32(6) - np.floor(p.y * np.float32(6))
    belly = p.ellipse(0, 0.5, 0.28, 0.42)
    details: list[Layer] = [
        (join(m.polygon((-0.1, -0.7), (0.1, -0.7), (0, -0.9)), p.box(0, -0.02, 0.22, 0.025)), t.red),
        (belly, t.pale),
        (cut(belly, (np.float32(0.75) - stripe) * p.unit / 6), mix(scales, t.pale, 0.5)),
        (m.ellipse(0.2, -0.47, 0.12, 0.12), t.pale),
        (join(m.circle(0.18, -0.46, 0.07), m.circle(0.14, -0.2, 0.055)), t.ink),
    ]
    return bodies, details


def _rabbit(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    fur = mix(t.coat, t.pale, 0.5)
    ear = m.at(x=0.2, y=-0.5, turn=np.float32(0.03) + np.float32(0.015) * ripple(phase))
    bodies: list[Layer] = [
        (p.circle(0.56, 0.72, 0.2), t.pale),
        (ear.ellipse(0.04, -0.42, 0.17, 0.5), fur),
        (join(p.ellipse(0, 0.52, 0.54, 0.46), m.ellipse(0.32, 0.92, 0.26, 0.11), p.ellipse(0, -0.2, 0.48, 0.4)), fur),
    ]
    details: list[Layer] = [
        (ear.ellipse(0.04, -0.4, 0.08, 0.36), t.red),
        (p.ellipse(0, 0.56, 0.32, 0.3), mix(fur, t.red, 0.3)),
        (m.ellipse(0.2, -0.28, 0.08, 0.12), t.ink),
        (m.circle(0.33, -0.08, 0.09), mix(fur, t.red, 0.6)),
        (join(p.polygon((-0.09, -0.14), (0.09, -0.14), (0, -0.03)), p.box(0, 0.03, 0.02, 0.1)), t.ink),
    ]
    return bodies, details


def _ghost(p: Place, t: Tones, phase: Floats) -> Figure:
    m = mirror(p)
    hem = np.float32(0.8) + np.float32(0.14) * ripple(p.x * np.float32(2) + phase) - p.y
    sheet = cut(join(p.circle(0, -0.32, 0.62), p.box(0, 0.34, 0.62, 0.66)), -hem * np.float32(0.6) * p.unit)
    hands = join(m.ellipse(0.68, 0.12, 0.22, 0.13))
    bodies: list[Layer] = [(join(sheet, hands), t.pale)]
    details: list[Layer] = [
        (cut(sheet, (np.float32(0.3) - p.x) * p.unit), mix(t.pale, t.far, 0.45)),
        (join(m.ellipse(0.25, -0.34, 0.16, 0.24), p.ellipse(0, 0.14, 0.12, 0.17)), t.ink),
        (m.circle(0.22, -0.42, 0.06), t.pale),
    ]
    return bodies, details


HEROES: Mapping[str, Callable[[Place, Tones, Floats], Figure]] = {
    "knight": _knight,
    "robot": _robot,
    "cat": _cat,
    "wizard": _wizard,
    "dragon": _dragon,
    "rabbit": _rabbit,
    "ghost": _ghost,
}
