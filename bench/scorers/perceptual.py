"""LPIPS to the target: how different two pictures look to a network calibrated on people's judgements."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.api import Cases
from bench.errors import BenchError
from bench.pixels import Pixels, pillow
from bench.scorers.lens import Perceiver, perceiver
from bench.scorers.seen import OfMedia, outputs, targets_of
from bench.scorers.views import read_all

BATCH = 32  # pairs of frames given to the model at a time
SIDE = 256
"""Both pictures are brought to this many pixels a side, so that figures of different data sets mean the same."""


class Lpips(OfMedia):
    """LPIPS (Zhang et al. 2018, 1801.03924) to the target's picture or clip; of several targets the nearest counts.

    The net (alex, vgg) is that of the model in the role "lpips": values of different nets are not comparable. Both
    pictures are resized to 256 x 256. Of clips, every frame is compared with the target's at the same share of its
    length, and the mean counts. What is spoilt is not judged.
    """

    higher_is_better: bool | None = False

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the distance per case, 0 for equal pictures."""
        run = outputs(cases)
        wanted = [targets_of(cases, case) if file >= 0 else [] for case, file in zip(cases.rows, run.file, strict=True)]
        pairs = sorted(
            {(path, run.files[file]) for paths, file in zip(wanted, run.file, strict=True) for path in paths}
        )
        apart = dict(zip(pairs, distances(perceiver(cases), pairs), strict=True)) if pairs else {}
        values = np.full(len(cases.rows), np.nan)
        for place, paths in enumerate(wanted):
            if paths:
                values[place] = min(apart[path, run.files[run.file[place]]] for path in paths)
        # A file that cannot be read has no distance: NaN is "not judged", as it is for whatever is spoilt.
        return run.scores(values, np.zeros(len(run.files), dtype=np.bool_), self.higher_is_better)


def distances(model: Perceiver, pairs: Sequence[tuple[Path, Path]], batch: int = BATCH) -> list[float]:
    """Return the distance of every target and output; NaN where the output cannot be read.

    `batch` changes nothing but speed. Raises BenchError for a target that cannot be read.
    """
    total, count = np.zeros((2, len(pairs)))
    line: list[tuple[int, Pixels, Pixels]] = []

    def compare(block: list[tuple[int, Pixels, Pixels]]) -> None:
        one, two = (np.stack([frames[side] for frames in block]) for side in (1, 2))
        found = np.asarray(model.distance(one, two), dtype=np.float64)
        if found.shape != (len(block),) or not np.isfinite(found).all():
            raise BenchError(f"lpips: the model gave {list(found.shape)}; expected {len(block)} finite distances")
        np.add.at(total, [place for place, _, _ in block], found)

    for place, target, made in _read(pairs):
        if made is None:
            continue
        count[place] = len(made)
        moments = (np.arange(len(made)) + 0.5) / len(made) * len(target)
        # Equal places of the target are resized once, and so are all frames of a still.
        small = {moment: resized(target[moment]) for moment in np.unique(moments.astype(np.int64)).tolist()}
        for frame, moment in zip(made, moments.astype(np.int64).tolist(), strict=True):
            line.append((place, small[moment], resized(frame)))
        while len(line) >= batch:
            compare(line[:batch])
            del line[:batch]
    if line:
        compare(line)
    means: list[float] = np.divide(total, count, out=np.full(len(pairs), np.nan), where=count > 0).tolist()
    return means


def resized(frame: NDArray[np.uint8], side: int = SIDE) -> NDArray[np.uint8]:
    """Return a frame [height, width, 3] as [side, side, 3], bicubic and antialiased; of that size, it is unchanged."""
    if frame.shape[:2] == (side, side):
        return frame
    image = pillow()
    return np.asarray(image.fromarray(frame).resize((side, side), image.Resampling.BICUBIC))


def _read(pairs: Sequence[tuple[Path, Path]]) -> Iterator[tuple[int, Pixels, Pixels | None]]:
    files = read_all(path for pair in pairs for path in pair)
    for place, (path, _) in enumerate(pairs):
        target, made = next(files), next(files)
        if target is None:
            raise BenchError(f"{path}: not a picture or clip that can be read; load the catalogue's media again")
        yield place, target, made
