"""Scorers of clips by themselves: whether they hold together, whether they move, how long they are.

A clip that never changes is perfectly consistent and steady, so `consistency` and `flicker` are never to be read
without `motion` beside them, and cards are refused that name one without the other. What is judged: see
`bench.scorers.seen`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.api import Cases
from bench.pixels import Pixels
from bench.scorers.durations import seconds
from bench.scorers.encoding import Floats
from bench.scorers.lens import Vectors
from bench.scorers.seen import OfMedia, outputs, seen
from bench.scorers.views import read_all

GRID = 32
"""Cells a side that a frame is blurred to before motion is measured."""
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue: ITU-R BT.601


class Consistency(OfMedia):
    """Mean over frames t >= 2 of (max(cos(t, t - 1), 0) + max(cos(t, 1), 0)) / 2, in the space of the CLIP model.

    The formula of VBench (Huang et al. 2024, 2311.17982) for its consistency of subject (there with DINO) and of
    background (with CLIP), first within a clip, then over clips. A single frame is not judged.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the consistency per case in [0, 1]."""
        views = seen(cases).views
        values = np.array([consistency(views.of(file)) for file in range(len(views.counts))], dtype=np.float64)
        return by_case(cases, values, self.higher_is_better)


class Motion(OfMedia):
    """Mean absolute change of blurred brightness between neighbouring frames, in levels of 0 .. 255.

    Frames are averaged over 32 x 32 cells first, so that grain and flicker of single pixels do not count as motion. A
    measure without a model, of degree and not of quality: it describes. A single frame has none.
    """

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the change per case in [0, 255]."""
        return by_case(cases, watch(cases).motion, self.higher_is_better)


class Flicker(OfMedia):
    """Steadiness, (255 - mean absolute difference of neighbouring frames' bytes) / 255: VBench's temporal flickering.

    1 is no change at all. VBench takes it of clips of scenes that stand still; wherever something moves, motion is in
    it too. A single frame is not judged.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the steadiness per case in [0, 1]."""
        return by_case(cases, watch(cases).steadiness, self.higher_is_better)


class Decodes(OfMedia):
    """1 if the file can be read and has more than one frame, else 0."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return 0 or 1 per case."""
        return by_case(cases, (watch(cases).frames > 1).astype(np.float64), self.higher_is_better)


class Frames(OfMedia):
    """The number of frames."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the frames per case."""
        return by_case(cases, watch(cases).frames, self.higher_is_better)


class Duration(OfMedia):
    """How long the file says it is to be shown, in seconds; a picture: 0."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the seconds per case."""
        run, found = outputs(cases), watch(cases)
        lengths = [seconds(path) if read else np.nan for path, read in zip(run.files, found.frames > 0, strict=True)]
        return by_case(cases, np.array(lengths, dtype=np.float64), self.higher_is_better)


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What the pixels of a run's files say without a model, each [files]: 0 frames for what cannot be read."""

    frames: Floats
    motion: Floats
    steadiness: Floats


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def watch(cases: Cases) -> Watched:
    """Return what the pixels of a run's files say."""
    rows = [(0.0, np.nan, np.nan) if pixels is None else measures(pixels) for pixels in read_all(outputs(cases).files)]
    frames, moving, steady = np.array(rows, dtype=np.float64).reshape(-1, 3).T
    return Watched(frames, moving, steady)


def measures(pixels: Pixels) -> tuple[float, float, float]:
    """Return number of frames, motion and steadiness (NaN for a single frame) of one file."""
    changes = [np.abs(one.astype(np.int16) - two).mean() for one, two in zip(pixels[1:], pixels, strict=False)]
    steady = 1 - float(np.mean(changes)) / 255 if changes else np.nan
    return float(len(pixels)), motion(pixels), steady


def motion(pixels: Pixels) -> float:
    """Return the mean absolute change of cells' brightness between neighbouring frames; 0 for a single frame."""
    if len(pixels) < 2:
        return 0.0
    blurred = np.stack([cells(frame) for frame in pixels])
    return float(np.abs(np.diff(blurred, axis=0)).mean())


def cells(frame: NDArray[np.uint8], grid: int = GRID) -> Floats:
    """Return the mean brightness in 0 .. 255 of `grid` x `grid` cells of a frame, or of its pixels if it has fewer."""
    bright: Floats = frame @ LUMA
    for axis in (0, 1):
        length = bright.shape[axis]
        # Cell i begins at pixel floor(i length / grid), so that any length is shared out evenly.
        starts = np.arange(min(grid, length)) * length // min(grid, length)
        sizes = np.diff(np.append(starts, length))
        bright = np.add.reduceat(bright, starts, axis=axis) / np.expand_dims(sizes, 1 - axis)
    return bright


def consistency(frames: Vectors) -> float:
    """Return the consistency of one clip's unit vectors [frames, d]; NaN below two."""
    if len(frames) < 2:
        return np.nan
    views = frames.astype(np.float64)
    before = np.maximum((views[1:] * views[:-1]).sum(axis=1), 0)
    first = np.maximum(views[1:] @ views[0], 0)
    return float(np.minimum((before + first) / 2, 1).mean())


def by_case(cases: Cases, values: Floats, better: bool | None) -> list[float | None]:
    """Return every case's score from what its file has [files]; a file that cannot be read is spoilt."""
    run = outputs(cases)
    return run.scores(np.append(values, np.nan)[run.file], watch(cases).frames == 0, better)
