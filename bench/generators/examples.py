"""Texts with pixels to train a generator on: made once, kept in the work folder as they are used."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.api import Progress, ignore_progress
from bench.catalogue import resolve
from bench.errors import BenchError
from bench.io import canonical, digest, write_atomic, write_text

Pixels = NDArray[np.uint8]
SHOWN = 100  # pairs between two words of progress


class Pair(Protocol):
    """Something that can be said in several ways, and what it looks like [frames, size, size, 3]."""

    @property
    def texts(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def pixels(self) -> Pixels: ...  # noqa: D102


class Pairs(Protocol):
    """What yields pairs."""

    def __call__(self, number: int, seed: int, frames: int, size: int) -> Iterator[Pair]: ...  # noqa: D102


@dataclass(frozen=True, eq=False)
class Examples:
    """`pixels` [n, frames, size, size, 3]; `texts`: one or more an example; `key`: sha256 over both."""

    texts: tuple[tuple[str, ...], ...]
    pixels: Pixels
    key: str

    def __len__(self) -> int:
        return len(self.texts)


def make_examples(
    source: str,
    number: int,
    seed: int,
    frames: int,
    size: int,
    work: Path | None = None,
    progress: Progress = ignore_progress,
) -> Examples:
    """Return the pairs of `source` ("module:function"), from the work folder if they were made before."""
    name = digest([source, number, seed, frames, size])[:16]
    kept = None if work is None else (work / f"pairs-{name}.npy", work / f"pairs-{name}.json")
    if kept is not None and all(path.is_file() for path in kept):
        pixels = np.load(kept[0], mmap_mode=None)
        texts = json.loads(kept[1].read_text(encoding="utf-8"))
        if len(texts) == len(pixels):
            return _examples(texts, pixels)
    make: Pairs = resolve(source)
    told: list[tuple[str, ...]] = []
    shown: list[Pixels] = []
    for place, pair in enumerate(make(number, seed, frames, size), start=1):
        told.append(tuple(pair.texts))
        shown.append(pair.pixels)
        if place % SHOWN == 0:
            progress("draw pairs", place, 0)
    if not told:
        raise BenchError(f"{source} yields no pairs for number={number}")
    pixels = np.stack(shown)
    if kept is not None:
        write_atomic(kept[0], lambda path: _write(path, pixels))
        write_text(kept[1], json.dumps(told))
    return _examples(told, pixels)


def _write(path: Path, pixels: Pixels) -> None:
    with path.open("wb") as stream:
        np.save(stream, pixels)


def _examples(told: list[tuple[str, ...]], pixels: Pixels) -> Examples:
    texts = tuple(tuple(several) for several in told)
    total = sha256(canonical(texts).encode())
    total.update(np.ascontiguousarray(pixels).data)
    return Examples(texts, pixels, total.hexdigest())
