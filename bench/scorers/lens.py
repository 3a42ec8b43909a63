"""The models that scorers look with: what is asked of each role, and the one that a run's settings name."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.api import Cases
from bench.backbones import make_backbone
from bench.config import plain
from bench.errors import BenchError
from bench.io import canonical
from bench.pixels import Pixels

Vectors = NDArray[np.float32]
UNIT = 1e-3  # how far the length of a unit vector may be from 1


class Encoder(Protocol):
    """The role "clip": texts and pictures in one space; `fingerprint` tells its vectors from another model's."""

    fingerprint: str

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return unit vectors [texts, d]."""

    def embed_pictures(self, pictures: Pixels | Sequence[Pixels]) -> Vectors:
        """Return unit vectors [pictures, d] of bytes [pictures, height, width, 3], or of [height, width, 3] each."""


class Perceiver(Protocol):
    """The role "lpips": how different two pictures look."""

    def distance(self, one: Pixels, two: Pixels) -> NDArray[np.float32]:
        """Return distances [pictures] of bytes [pictures, height, width, 3] each."""


def encoder(cases: Cases) -> Encoder:
    """Return the model in the role "clip"."""
    found: Encoder = _in_role(cases, "clip")
    return found


def perceiver(cases: Cases) -> Perceiver:
    """Return the model in the role "lpips"."""
    found: Perceiver = _in_role(cases, "lpips")
    return found


def unit(vectors: Vectors, number: int, what: str) -> Vectors:
    """Return the vectors, or raise BenchError unless they are `number` finite rows of length 1."""
    rows = np.asarray(vectors, dtype=np.float32)
    if rows.ndim != 2 or len(rows) != number:
        raise BenchError(f"{what}: the model gave {list(rows.shape)}; expected {number} rows")
    if number and not np.all(np.abs(np.linalg.norm(rows, axis=1) - 1) < UNIT):
        raise BenchError(f"{what}: the model's vectors are not of length 1; check its weights")
    return rows


def named(cases: Cases, role: str) -> str:
    """Return the settings of the model in a role as text; equal text is the same model."""
    told = cases.backbones.get(role, {})
    if not told.get("name"):
        raise BenchError(f'no model in the role "{role}"; name one: --set scorer.{role}.name=NAME')
    return canonical(plain(told))


def _in_role(cases: Cases, role: str) -> Any:
    return make(role, named(cases, role))


# The models of a run stay loaded for the next one, which most often looks with the same.
@lru_cache(maxsize=4)
def make(role: str, told: str) -> Any:
    """Return the model that the text of `named` tells of, loaded once."""
    return make_backbone(role, json.loads(told))
