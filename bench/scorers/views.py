"""Files as unit vectors: every frame of every picture and clip, looked at in large blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bench.pixels import BrokenMediaError, Pixels, read_pixels
from bench.scorers.lens import Encoder, Vectors, unit

MOST = 512  # frames given to an encoder at a time, which has batches of its own
BYTES = 1 << 27  # of frames that are held, however few they are
READERS = 4  # threads that decode ahead of the model


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """Unit vectors of frames: those of file i are `frames[start[i] : start[i + 1]]`, none if it cannot be read."""

    frames: Vectors
    start: NDArray[np.int64]

    def of(self, file: int) -> Vectors:
        """Return the vectors of a file's frames [frames, d]."""
        return self.frames[self.start[file] : self.start[file + 1]]

    @property
    def counts(self) -> NDArray[np.int64]:
        """The number of frames of every file [files]."""
        return np.diff(self.start)

    def pooled(self) -> Vectors:
        """Return the mean over every file's frames, again of length 1 [files, d]; 0 where there are none."""
        whole = np.zeros((len(self.counts), self.frames.shape[1]), dtype=np.float32)
        read = self.counts > 0
        if read.any():
            # reduceat sums between the starts it is given: files without frames must not be among them
            sums = np.add.reduceat(self.frames, self.start[:-1][read], axis=0)
            whole[read] = sums / np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-12)
        return whole


def look(encoder: Encoder, paths: Sequence[Path], most: int = MOST) -> Views:
    """Return the views of files; `most` frames are given to the encoder at a time, which changes nothing."""
    vectors: list[Vectors] = []
    counts: list[int] = []
    line: list[Pixels] = []
    held = 0

    def see(frames: list[Pixels]) -> None:
        # Frames of one size come as one array, which encoders may prepare at once.
        alike = len({frame.shape for frame in frames}) == 1
        seen = encoder.embed_pictures(np.stack(frames) if alike else frames)
        vectors.append(unit(seen, len(frames), "pictures"))

    for pixels in read_all(paths):
        counts.append(0 if pixels is None else len(pixels))
        for frame in () if pixels is None else pixels:
            line.append(frame)
            held += frame.nbytes
            if len(line) >= most or held >= BYTES:
                see(line)
                line, held = [], 0
    if line:
        see(line)
    frames = np.concatenate(vectors) if vectors else np.zeros((0, 1), dtype=np.float32)
    return Views(frames, np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def read_all(paths: Iterable[Path]) -> Iterator[Pixels | None]:
    """Yield the pixels of files in their order, decoded ahead in threads; None for one that cannot be read."""
    todo = iter(paths)
    with ThreadPoolExecutor(READERS) as pool:
        ahead = [pool.submit(_read, path) for path in islice(todo, 2 * READERS)]
        while ahead:
            yield ahead.pop(0).result()
            ahead.extend(pool.submit(_read, path) for path in islice(todo, 1))


def _read(path: Path) -> Pixels | None:
    try:
        return read_pixels(path)
    except BrokenMediaError:
        if not path.exists():
            raise
        return None
