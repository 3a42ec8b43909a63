"""From an item to its pictures and clips: chance and camera by item, drawn by its domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from bench.rng import stream
from tasks.world.draw.shot import LUCK, Shot
from tasks.world.shelf import Shelf

Pixels = NDArray[np.uint8]
Draw = Callable[[Mapping[str, str], Shot, int], Pixels]

DRAWING: Mapping[str, str] = {
    "product": "tasks.world.draw.product",
    "game": "tasks.world.draw.game",
    "short-video": "tasks.world.draw.short_video",
}
SIZE, FRAMES = 64, 12
LOTS = LUCK + 5
"""Chance numbers that decide a picture or a clip, given its look."""
WANDER, NEARER, FURTHER, DIM, BRIGHT = 0.08, 1.1, 0.92, 0.94, 1.06
"""How far from the middle a draw may look, how near and how far, and how dark and bright it may be."""

PATHS: Mapping[str, tuple[tuple[float, float], tuple[float, float]]] = {
    "static camera": ((0.0, 0.0), (1.0, 1.0)),
    "pan left": ((0.45, -0.45), (1.0, 1.0)),
    "pan right": ((-0.45, 0.45), (1.0, 1.0)),
    "zoom in": ((0.0, 0.0), (0.8, 1.5)),
    "zoom out": ((0.0, 0.0), (1.5, 0.8)),
}
"""Where the camera looks (left to right) and how near it is, at the first and the last frame."""


def stills(shelf: Shelf, item: int, seed: int, draws: Sequence[int] = (0,), size: int = SIZE) -> Pixels:
    """Return independent draws of an item [draws, size, size, 3], each the same whatever else is drawn."""
    lots = np.stack([_lots(shelf, item, seed, "still", draw) for draw in draws])
    return paint_stills(shelf.domain.name, shelf.look(item), lots, size)


def paint_stills(domain: str, look: Mapping[str, str], lots: NDArray[np.float64], size: int = SIZE) -> Pixels:
    """Return pictures of a look [n, size, size, 3], one for each row of `lots` [n, LOTS] in [0, 1)."""
    luck, phase, x, y, zoom, light = lots[:, :LUCK], *lots[:, LUCK:].T
    shot = Shot(
        phase=_f32(phase),
        x=_f32(WANDER * (2 * x - 1)),
        y=_f32(WANDER * (2 * y - 1)),
        zoom=_f32(FURTHER + (NEARER - FURTHER) * zoom),
        light=_f32(DIM + (BRIGHT - DIM) * light),
        luck=_f32(luck),
    )
    return painter(domain)(look, shot, size)


def clip(shelf: Shelf, item: int, seed: int, draw: int = 0, size: int = SIZE, frames: int = FRAMES) -> Pixels:
    """Return a clip of an item [frames, size, size, 3]: its motion once through, and the camera along its path.

    Where a domain says nothing of the camera, it drifts a little in a direction of chance.
    """
    return paint_clip(shelf.domain.name, shelf.look(item), _lots(shelf, item, seed, "clip", draw), size, frames)


def paint_clip(
    domain: str, look: Mapping[str, str], lots: NDArray[np.float64], size: int = SIZE, frames: int = FRAMES
) -> Pixels:
    """Return a clip of a look [frames, size, size, 3]; `lots` [LOTS] in [0, 1)."""
    luck, _, x, y, zoom, light = lots[:LUCK], *lots[LUCK:]
    time = np.arange(frames) / max(1, frames - 1)
    if "camera" in look:
        (left, right), (near, far) = PATHS[look["camera"]]
        across, down = left + (right - left) * time, np.full(frames, WANDER * (2 * y - 1) / 2)
        nearness = near + (far - near) * time
    else:
        across, down = WANDER * (2 * x - 1) * (2 * time - 1), WANDER * (2 * y - 1) * (2 * time - 1)
        nearness = 1 + 0.08 * (2 * zoom - 1) * time
    shot = Shot(
        phase=_f32(np.arange(frames) / frames),
        x=_f32(across),
        y=_f32(down),
        zoom=_f32(nearness),
        light=_f32(np.full(frames, DIM + (BRIGHT - DIM) * light)),
        luck=_f32(np.repeat(luck[None, :], frames, axis=0)),
    )
    return painter(domain)(look, shot, size)


def painter(domain: str) -> Draw:
    """Return the function that draws a domain."""
    found: Draw = import_module(DRAWING[domain]).draw
    return found


def _lots(shelf: Shelf, item: int, seed: int, what: str, draw: int) -> NDArray[np.float64]:
    return stream(seed, what, shelf.ids[item], draw).random(LOTS)


def _f32(values: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)
