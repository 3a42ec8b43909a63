"""The genres of a game that float before the scene: platforms, targets, boards of blocks and lanes of notes."""

from __future__ import annotations

import numpy as np

from tasks.world.draw.canvas import Layer, Place, mix
from tasks.world.draw.game_palettes import Tones
from tasks.world.draw.game_stage import FAR, Stage
from tasks.world.draw.game_views import Ground
from tasks.world.draw.shot import Floats, turns, wave
from tasks.world.draw.space import cells, cut, fold, join, mirror, odd, rim, ripple, scatter


def platformer(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """Brick platforms like stairs, with coins that turn above them."""
    part, place = stage.window(ground.props, -1.2, -1.3, 1.2, 1.2)
    cell, across = cells(place.x, 0.74)
    lift = np.float32(0.55) * cell + np.float32(0.06) * ripple(phase + np.float32(0.5) * cell)
    step = Place(across, np.where(np.abs(cell) < 1.5, place.y + lift - np.float32(0.3), FAR), place.unit)
    slab = step.box(0, 0.07, 0.35, 0.23)
    row, down = cells(step.y - np.float32(0.07), 0.22)
    brick = fold(step.x + np.float32(0.11) * row, 0.22)
    mortar = join(np.float32(0.11) - np.abs(brick), np.float32(0.11) - np.abs(down)) - np.float32(0.018)
    part.sticker(
        [(slab, tones.red)],
        [
            (cut(slab, mortar * step.unit), mix(tones.red, tones.pale, 0.6)),
            (step.box(0, -0.14, 0.35, 0.07), tones.green),
        ],
        tones.ink,
    )
    spin = np.float32(0.3) + np.float32(0.7) * np.abs(turns(phase)[0])
    coin = Place(step.x / spin, step.y + np.float32(0.44) + np.float32(0.05) * ripple(2 * phase), step.unit)
    part.sticker(
        [(coin.circle(0, 0, 0.21), tones.glow)],
        [(coin.box(0, 0, 0.045, 0.09), mix(tones.glow, tones.ink, 0.6))],
        tones.ink,
    )


def shooter(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """Two saucers, one in a crosshair, and bullets on their way to it."""
    part, place = stage.window(ground.props, -1.6, -1.3, 1.3, 1.2)
    sway = np.float32(0.12) * ripple(phase + np.float32(0.25))
    _saucer(part, place.at(0.5 + sway, -0.68, 0.95), tones)
    target = place.at(0.1 - sway, 0.0)
    _saucer(part, target, tones)
    path = place.at(-0.95, 0.78, 1.0, -0.1)
    along = fold(path.x - phase * np.float32(0.36), 0.36)
    bullet = Place(along, path.y, path.unit).box(0, 0, 0.12, 0.075, 0.07)
    flying = cut(bullet, rim(path.x - np.float32(0.35), 0.5) * path.unit)
    part.sticker([(flying, tones.glow)], [], tones.ink, 0.03)
    cross = Place(np.abs(target.x), np.abs(target.y), target.unit)
    ring = rim(cross.circle(0, 0, 0.62), 0.028)
    pulse = np.float32(0.06) * wave(2 * phase)
    ticks = join(cross.box(0.66 - 0.02, 0, 0.2, 0.055), cross.box(0, 0.64, 0.055, 0.2)) - pulse * np.float32(0.2)
    part.sticker([(join(ring, ticks), tones.red)], [], tones.pale, 0.03)


def _saucer(part: Stage, place: Place, tones: Tones) -> None:
    m = mirror(place)
    hull = place.ellipse(0, 0.08, 0.56, 0.15)
    bodies: list[Layer] = [
        (cut(place.circle(0, 0.02, 0.3), (place.y - np.float32(0.1)) * place.unit), tones.blue),
        (hull, mix(tones.red, tones.ink, 0.25)),
    ]
    part.sticker(bodies, [(join(place.circle(0, 0.1, 0.05), m.circle(0.3, 0.08, 0.05)), tones.glow)], tones.ink, 0.03)


def puzzle(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """A board of discs, diamonds and squares; every column slides against the next."""
    part, place = stage.window(ground.props, -1.1, -1.1, 1.1, 1.1)
    board = place.box(0, 0, 0.94, 0.94, 0.08)
    part.sticker([(board, mix(tones.ink, tones.deep, 0.4))], [], tones.pale, 0.045)
    column, across = cells(place.x - np.float32(0.22), 0.44)
    slide: Floats = np.where(odd(column), -wave(phase), wave(phase)) * np.float32(0.44)
    row, down = cells(place.y - np.float32(0.22) + slide, 0.44)
    kind = scatter(column * np.float32(2) + row, np.float32(0.37) * row)
    first, second = kind < 0.34, (kind >= 0.34) & (kind < 0.67)
    colour = np.where(first, tones.red, np.where(second, tones.glow, tones.blue))
    block = Place(across, down, place.unit)
    gem = (np.abs(block.x) + np.abs(block.y) - np.float32(0.22)) * np.float32(0.7) * block.unit
    piece = np.where(first, block.circle(0, 0, 0.185), np.where(second, gem, block.box(0, 0, 0.165, 0.165, 0.03)))
    part.paint(cut(piece, board + np.float32(0.03)), colour)
    part.paint(cut(block.circle(-0.05, -0.06, 0.05), board + np.float32(0.03)), mix(colour, tones.pale, 0.7))


def rhythm(stage: Stage, ground: Ground, tones: Tones, phase: Floats) -> None:
    """Four lanes down which notes fall on a line of targets."""
    part, place = stage.window(ground.props.at(0.08, -0.05), -1.0, -1.6, 1.0, 1.6)
    track = place.box(0, 0, 0.82, 1.4, 0.06)
    part.sticker([(track, mix(tones.ink, tones.deep, 0.3))], [], tones.pale, 0.035)
    lane, across = cells(place.x - np.float32(0.2), 0.4)
    split = cut(np.float32(0.2) - np.abs(across) - np.float32(0.018), rim(place.x, 0.7)) * place.unit
    part.paint(cut(split, track), mix(tones.far, tones.pale, 0.4))
    beat = scatter(lane, 0.4)
    down = fold(place.y - (phase + beat) * np.float32(0.92), 0.92)
    note = Place(across, down, place.unit)
    colour = np.where(
        lane < -1.5, tones.red, np.where(lane < -0.5, tones.glow, np.where(lane < 0.5, tones.green, tones.blue))
    )
    head = join(
        note.at(turn=-0.05).ellipse(-0.03, 0.08, 0.14, 0.105),
        note.box(0.08, -0.12, 0.032, 0.2),
        note.line(0.08, -0.3, 0.16, -0.18, 0.035),
    )
    part.paint(cut(head, track + np.float32(0.04)), colour)
    target = Place(across, place.y - np.float32(1.08), place.unit)
    inside = cut(rim(target.circle(0, 0, 0.14), 0.02), track)
    part.paint(cut(rim(target.y, 0.03), track), tones.pale)
    part.paint(inside, mix(colour, tones.pale, wave(4 * phase)))
