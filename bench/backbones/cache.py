"""Vectors that were computed once: kept by content, one file a model and collection, in memory and on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from bench.io import cache_root, only_one, write_atomic

Vectors = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Known = tuple[dict[bytes, int], Vectors]


class Encoder(Protocol):
    """What is remembered for: unit vectors of texts and pictures, and what tells them from another model's."""

    fingerprint: str

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return vectors [texts, d]."""

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        """Return vectors [pictures, d]."""


class Remembering:
    """An encoder that asks another one only for what it has not been asked before; `name` is of the collection."""

    def __init__(self, encoder: Encoder, name: str, folder: Path | None = None) -> None:
        self.encoder, self.fingerprint = encoder, encoder.fingerprint
        self.path = (folder or cache_folder()) / f"{encoder.fingerprint[:16]}-{name}.safetensors"

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return vectors [texts, d]."""
        keys = [sha256(text.encode()).digest() for text in texts]
        path = self.path.with_name(f"texts-{self.path.name}")
        return remember(path, keys, lambda places: self.encoder.embed_texts([texts[place] for place in places]))

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        """Return vectors [pictures, d]."""
        keys = [key_of(picture) for picture in pictures]

        def compute(places: list[int]) -> Vectors:
            chosen = [pictures[place] for place in places]
            alike = len({picture.shape for picture in chosen}) == 1
            return self.encoder.embed_pictures(np.stack(chosen) if alike else chosen)

        return remember(self.path, keys, compute)


def cache_folder() -> Path:
    """Return where vectors are kept."""
    return cache_root() / "vectors"


def key_of(picture: Pixels) -> bytes:
    """Return the sha256 of a picture's shape and bytes."""
    return sha256(str(picture.shape).encode() + np.ascontiguousarray(picture).tobytes()).digest()


def remember(path: Path, keys: Sequence[bytes], compute: Callable[[list[int]], Vectors]) -> Vectors:
    """Return the vectors of `keys` [keys, d]; those that `path` does not hold are computed, and kept in it.

    `compute` is given places in `keys`, each key once. A file that cannot be read is computed and written again.
    """
    places, vectors = known(path)
    first: dict[bytes, int] = {}
    for at, key in enumerate(keys):
        if key not in places:
            first.setdefault(key, at)
    todo = list(first.values())
    if todo:
        fresh = np.asarray(compute(todo), dtype=np.float32)
        with only_one(path.parent):
            places, vectors = known(path)  # another process may have written meanwhile
            new = [(keys[at], row) for at, row in zip(todo, fresh, strict=True) if keys[at] not in places]
            if new:
                rows = np.stack([row for _, row in new])
                vectors = np.concatenate([vectors, rows]) if len(vectors) else rows
                places = {**places, **{key: len(places) + at for at, (key, _) in enumerate(new)}}
                write_atomic(path, lambda part: _write(part, places, vectors))
    return vectors[[places[key] for key in keys]] if len(keys) else np.zeros((0, 0), dtype=np.float32)


def known(path: Path) -> Known:
    """Return what a file holds: key -> row, and the rows; nothing if there is none or it is broken."""
    try:
        stand = path.stat()
    except OSError:
        return {}, np.zeros((0, 0), dtype=np.float32)
    return _read(path, (stand.st_mtime_ns, stand.st_size, stand.st_ino))


@lru_cache(maxsize=8)
def _read(path: Path, _stamp: tuple[int, ...]) -> Known:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        found = load_file(path)
        keys, vectors = found["keys"], found["vectors"]
        whole = keys.ndim == 2 and keys.shape[1] == 32 and vectors.ndim == 2 and len(keys) == len(vectors)
        sound = whole and sha256(keys.tobytes() + vectors.tobytes()).digest() == found["sum"].tobytes()
    except (SafetensorError, OSError, KeyError):
        sound = False
    if not sound:
        return {}, np.zeros((0, 0), dtype=np.float32)
    return {key.tobytes(): place for place, key in enumerate(keys)}, np.asarray(vectors, dtype=np.float32)


def _write(path: Path, places: dict[bytes, int], vectors: Vectors) -> None:
    from safetensors.numpy import save_file

    order: list[bytes] = sorted(places, key=lambda key: places[key])
    keys = np.frombuffer(b"".join(order), dtype=np.uint8).reshape(-1, 32)
    check = np.frombuffer(sha256(keys.tobytes() + vectors.tobytes()).digest(), dtype=np.uint8)
    save_file({"keys": keys, "vectors": np.ascontiguousarray(vectors), "sum": check}, path)
