"""Where the camera is and what moment it is: the numbers by which pictures of one item differ."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

Reals = NDArray[np.floating[Any]]
"""What sums of float32 arrays and plain numbers are to the type checker (float32 when run)."""

LUCK = 12
"""Chance numbers a picture carries, for whatever a scene leaves open (where a cloud stands, which way a cat looks)."""


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """n pictures of one item, drawn together: independent draws, or the frames of a clip in order.

    `phase` [n] in [0, 1): moment of the motion; the frames of a clip run once through it. `x`, `y` [n]: where in the
    scene (-1 .. 1, y down) the middle of the picture looks; `zoom` [n]: 2 shows half as much; `light` [n]: brightness,
    about 1. `luck` [n, LUCK]: uniform in [0, 1); the same in all frames of a clip.
    """

    phase: Floats
    x: Floats
    y: Floats
    zoom: Floats
    light: Floats
    luck: Floats

    def __len__(self) -> int:
        return len(self.phase)

    def chance(self, number: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """Return a chance number scaled to [low, high), shaped [n, 1, 1] to meet pixels."""
        return column(np.float32(low) + np.float32(high - low) * self.luck[:, number])

    def side(self, number: int) -> Floats:
        """Return -1 where a chance number is below one half and 1 where it is not, shaped [n, 1, 1]."""
        return np.where(self.chance(number) < 0.5, np.float32(-1), np.float32(1))


def column(values: Floats) -> Floats:
    """Return [n] numbers as [n, 1, 1], so that they meet [n, size, size] pixels."""
    return np.asarray(values, dtype=np.float32).reshape(-1, 1, 1)


def turns(share: Floats) -> tuple[Floats, Floats]:
    """Return cosine and sine of `share` full turns, in the shape of `share`, computed number by number."""
    flat = [2 * math.pi * float(value) for value in np.ravel(share)]
    cosine = np.array([math.cos(angle) for angle in flat], dtype=np.float32)
    sine = np.array([math.sin(angle) for angle in flat], dtype=np.float32)
    return cosine.reshape(np.shape(share)), sine.reshape(np.shape(share))


def wave(phase: Floats) -> Floats:
    """Return a smooth 0 -> 1 -> 0 swing over one run of the phase (a parabola on each half, no sine needed)."""
    fold = np.abs(2 * (phase - np.floor(phase)) - 1)  # 1 at both ends, 0 in the middle
    near = 1 - fold
    return np.where(near < 0.5, 2 * near * near, 1 - 2 * fold * fold).astype(np.float32)


def swing(phase: Floats, times: int = 1) -> Floats:
    """Return `times` swings 0 -> 1 -> 0 -> -1 -> 0 over one run of the phase [n], shaped [n, 1, 1]."""
    return column(turns(phase * np.float32(times))[1])
