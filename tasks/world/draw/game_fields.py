"""The genres of a game that are played on the ground: roads, armies, crops and pitches."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import FAR, Stage
from tasks.world.draw.game_views import Ground
from tasks.world.draw.shot import Floats, wave
from tasks.world.draw.space import cells, cut, fold, join, mirror, rim, ripple


def racing(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """A road with kerbs and lane marks, a racing car from behind, bars of speed."""
    floor, middle = ground.floor, np.float32(0.42)
    across = np.abs(floor.x - middle)
    along = fold(floor.y + phase * np.float32(0.36), 0.36)
    road = (across - np.float32(0.33)) * floor.unit
    stage.paint(road, mix(tones.ink, tones.far, 0.25), ground.mask)
    kerb = cut(road, (np.float32(0.235) - across) * floor.unit)
    stage.paint(kerb, tones.pale, ground.mask)
    stage.paint(cut(kerb, rim(along, 0.09) * floor.unit), tones.red, ground.mask)
    dash = cut(across - np.float32(0.045), rim(along, 0.1)) * floor.unit
    stage.paint(dash, tones.pale, ground.mask)
    sway = np.float32(0.16) * (wave(phase) - np.float32(0.5))
    part, place = stage.window(ground.props.at(sway, 0.55, 0.82), -1, -1, 1, 1)
    m = mirror(place)
    bodies: list[Layer] = [
        (m.box(0.58, 0.3, 0.2, 0.3, 0.06), mix(tones.ink, tones.far, 0.35)),
        (
            join(
                place.box(0, 0.12, 0.44, 0.3, 0.12),
                place.polygon((-0.3, -0.1), (0.3, -0.1), (0.2, -0.42), (-0.2, -0.42)),
            ),
            tones.red,
        ),
        (join(place.box(0, -0.5, 0.74, 0.1), m.box(0.64, -0.46, 0.08, 0.2)), tones.glow),
    ]
    part.sticker(
        bodies, [(m.box(0.26, 0.2, 0.11, 0.07), tones.pale), (place.box(0, 0.2, 0.09, 0.14), tones.ink)], tones.ink
    )
    _bars(stage, tones, phase)


def _bars(stage: Stage, tones: Tones, phase: Floats) -> None:
    part, place = stage.window(stage.scene.at(0.62, -0.16), -0.34, -0.34, 0.34, 0.1)
    cell, across = cells(place.x, 0.11)
    height = np.float32(0.16) + np.float32(0.045) * cell
    bar = cut(rim(across, 0.038), -place.y - height, place.y, rim(place.x, 0.28))
    full = cell < np.float32(3) * wave(phase) - np.float32(0.5)
    part.sticker([(bar, np.where(full, tones.glow, tones.pale))], [], tones.ink, 0.03)


def strategy(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """A castle and flags of two armies on a map of tiles, one of them selected."""
    floor = ground.floor
    down = fold(floor.y, 0.36)
    across = fold(floor.x, 0.36)
    reach = rim(cut(np.abs(across), np.abs(down)) - np.float32(0.17), 0.016)
    stage.paint(reach * floor.unit, mix(tones.ink, tones.pale, 0.1), ground.mask * np.float32(0.5))
    part, place = stage.window(ground.props, -1.3, -1.6, 1.3, 1.4)
    _castle(part, place.at(0.3, -0.12, 1.15), tones)
    for x, y, colour, late in ((-0.52, 0.98, tones.red, 0.0), (0.42, 1.02, tones.glow, 0.5)):
        _flag(part, place.at(x, y, 1.15), tones, colour, phase + np.float32(late))
    size = np.float32(0.46) + np.float32(0.06) * wave(2 * phase)
    chosen = mirror(place.at(-0.36, 0.58, size))
    square = Place(chosen.x, np.abs(chosen.y), chosen.unit)
    frame = cut(square.box(0, 0, 1.1, 1.1), -square.box(0, 0, 0.9, 0.9))
    bracket = cut(frame, np.float32(0.55) - join(square.x, square.y))
    part.sticker([(bracket, tones.glow)], [], tones.ink, 0.022)


def _castle(part: Stage, place: Place, tones: Tones) -> None:
    m = mirror(place)
    stone = mix(tones.pale, tones.ink, 0.35)
    notch = fold(place.x, 0.22)
    wall = join(place.box(0, 0.1, 0.44, 0.28), cut(m.box(0, -0.24, 0.44, 0.1), rim(notch, 0.06) * place.unit))
    tower = join(m.box(0.46, -0.08, 0.17, 0.46), m.box(0.46, -0.5, 0.22, 0.09))
    part.sticker(
        [
            (wall, stone),
            (tower, mix(stone, tones.pale, 0.35)),
            (m.polygon((0.2, -0.58), (0.72, -0.58), (0.46, -0.98)), tones.blue),
        ],
        [(join(place.box(0, 0.24, 0.13, 0.16, 0.1), m.box(0.46, -0.16, 0.05, 0.1)), tones.ink)],
        tones.ink,
    )


def _flag(part: Stage, place: Place, tones: Tones, colour: Floats, phase: Floats) -> None:
    flutter = place.y + np.float32(0.05) * ripple(place.x * np.float32(1.4) - phase)
    cloth = Place(place.x, flutter, place.unit).polygon((0.03, -0.62), (0.03, -0.18), (0.5, -0.4))
    part.sticker([(cloth, colour), (place.line(0, -0.62, 0, 0, 0.045), tones.pale)], [], tones.ink, 0.03)


def farming(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """Rows of crops on dark soil before a fence."""
    part, place = stage.window(ground.props, -1.1, -1.0, 1.1, 1.2)
    fence, post = place.at(0, -0.62), fold(place.x, 0.3)
    pale_ = Place(post, fence.y, place.unit)
    wood = join(
        pale_.polygon((-0.085, 0.3), (-0.085, -0.26), (0, -0.38), (0.085, -0.26), (0.085, 0.3)),
        fence.box(0, -0.12, 1.0, 0.05),
        fence.box(0, 0.14, 1.0, 0.05),
    )
    part.sticker([(cut(wood, fence.box(0, 0, 1.0, 0.5)), tones.pale)], [], tones.ink, 0.03)
    soil = mix(tones.soil, tones.ink, 0.62)
    part.sticker([(place.box(0, 0.42, 1.0, 0.78, 0.1), soil)], [], tones.ink, 0.03)
    row, down = cells(place.y - np.float32(0.1), 0.7)
    part.paint(
        cut(rim(down - np.float32(0.22), 0.05), place.box(0, 0.4, 0.92, 0.74)),
        mix(soil, tones.ink, 0.6),
    )
    cell, across = cells(place.x - np.float32(0.25), 0.5)
    inside = (np.abs(row - np.float32(0.5)) < 1) & (np.abs(cell + np.float32(0.5)) < 2)
    sway = np.float32(0.05) * ripple(phase + row * np.float32(0.3))
    plant = mirror(
        Place(across - sway * (np.float32(0.2) - down), np.where(inside, down, FAR), place.unit).at(scale=1.4)
    )
    leaves = join(plant.at(0.09, -0.08, 1, -0.1).ellipse(0, 0, 0.055, 0.15), plant.ellipse(0, -0.12, 0.05, 0.16))
    part.layers(
        [
            (plant.ellipse(0, 0.09, 0.12, 0.12), tones.red),
            (leaves - np.float32(0.015), mix(tones.leaf, tones.ink, 0.6)),
            (leaves, mix(tones.leaf, tones.pale, 0.25)),
        ]
    )


def football(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """A goal with a net, the lines of a pitch, a ball that flies at the goal and back."""
    floor = ground.floor
    stage.paint(rim(floor.circle(-0.1, 0.1, 0.5), 0.03), tones.pale, ground.mask)
    stage.paint(rim(floor.x + np.float32(0.1), 0.03) * floor.unit, tones.pale, ground.mask)
    part, place = stage.window(ground.props.at(0.1, -0.1), -1.1, -1.0, 1.1, 0.9)
    m = mirror(place)
    goal = place.box(0, 0, 0.86, 0.62)
    part.paint(goal, mix(tones.ink, tones.near, 0.3), 0.65)
    across = fold(place.x + place.y, 0.24)
    down = fold(place.x - place.y, 0.24)
    part.paint(cut(goal, (join(np.abs(across), np.abs(down)) - np.float32(0.025)) * place.unit), tones.pale, 0.8)
    posts = join(m.box(0.86, 0, 0.075, 0.7), place.box(0, -0.66, 0.935, 0.075))
    part.sticker([(posts, tones.pale)], [], tones.ink, 0.03)
    fly = wave(phase)
    ball = ground.props.at(np.float32(-0.55) + np.float32(0.7) * fly, np.float32(0.95) - np.float32(0.9) * fly)
    part, place = stage.window(ball, -0.4, -0.4, 0.4, 0.4)
    _ball(part, place.at(turn=phase), tones)


def _ball(part: Stage, place: Place, tones: Tones) -> None:
    round_ = place.circle(0, 0, 0.29)
    m = mirror(place)
    patches = join(
        place.circle(0, 0, 0.1), m.circle(0.25, -0.1, 0.08), m.circle(0.16, 0.24, 0.08), place.circle(0, -0.29, 0.08)
    )
    part.sticker([(round_, tones.pale)], [(cut(round_, patches), tones.ink)], tones.ink, 0.036)
