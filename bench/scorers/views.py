"""Files as unit vectors: every frame of every picture and clip looked at once, in batches of one size."""

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

BATCH = 64  # frames given to a model at a time
WAITING = 1 << 28  # bytes of frames of sizes too rare to fill a batch, before they are looked at anyway
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


def look(encoder: Encoder, paths: Sequence[Path], batch: int = BATCH) -> Views:
    """Return the views of files; `batch` changes nothing but speed."""
    found: list[Vectors | None] = []
    waiting: dict[tuple[int, ...], list[tuple[int, Pixels]]] = {}
    counts: list[int] = []
    held = 0

    def see(size: tuple[int, ...], all_of_it: bool) -> int:
        """Look at what waits of a size, whole batches or all of it; return the bytes set free."""
        free = 0
        line = waiting[size]
        while line and (all_of_it or len(line) >= batch):
            block, line[:] = line[:batch], line[batch:]
            vectors = unit(encoder.embed_pictures(np.stack([frame for _, frame in block])), len(block), "pictures")
            for (place, frame), vector in zip(block, vectors, strict=True):
                found[place] = vector
                free += frame.nbytes
        return free

    for pixels in read_all(paths):
        counts.append(0 if pixels is None else len(pixels))
        for frame in () if pixels is None else pixels:
            waiting.setdefault(frame.shape, []).append((len(found), frame))
            found.append(None)
            held += frame.nbytes
        if pixels is not None:
            held -= see(pixels.shape[1:], all_of_it=False)
        if held > WAITING:
            held -= sum(see(size, all_of_it=True) for size in waiting)
    for size in waiting:
        see(size, all_of_it=True)
    frames = np.stack([vector for vector in found if vector is not None]) if found else np.zeros((0, 1), np.float32)
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
