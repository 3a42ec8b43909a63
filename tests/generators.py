"""Small generators the tests use: one that paints what it is told, and some that misbehave in one way each."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from bench.api import Failure, Kind
from bench.rng import stream


@dataclass
class Paints:
    """Paints a plain colour that words and seed decide; `trace` notes every prompt, `slow` seconds each."""

    size: int = 8
    trace: str = ""
    slow: float = 0.0
    kind: ClassVar[Kind] = Kind.IMAGE
    suffix: ClassVar[str] = ".png"
    frames: ClassVar[int] = 1

    @property
    def fingerprint(self) -> str:
        return sha256(f"{type(self).__name__} {self.size}".encode()).hexdigest()

    def render(self, prompts: Sequence[str], seeds: Sequence[int]) -> Sequence[Any]:
        if self.trace:
            with Path(self.trace).open("a") as stream:
                stream.writelines(f"{seed} {prompt}\n" for prompt, seed in zip(prompts, seeds, strict=True))
        time.sleep(self.slow * len(prompts))
        return [self.paint(prompt, seed) for prompt, seed in zip(prompts, seeds, strict=True)]

    def paint(self, prompt: str, seed: int) -> Any:
        colours = stream(seed, prompt).integers(0, 256, (self.frames, 1, 1, 3))
        return np.broadcast_to(colours, (self.frames, self.size, self.size, 3)).astype(np.uint8)


@dataclass
class PaintsClips(Paints):
    """Paints four frames."""

    kind: ClassVar[Kind] = Kind.VIDEO
    suffix: ClassVar[str] = ".webp"
    frames: ClassVar[int] = 4


@dataclass
class Spoils(Paints):
    """Fails in the way `how` says for every other seed."""

    how: str = "fails"

    def paint(self, prompt: str, seed: int) -> Any:
        if seed % 2:
            return super().paint(prompt, seed)
        return {
            "fails": Failure("out of paint"),
            "floats": np.zeros((1, 8, 8, 3)),
            "grey": np.zeros((1, 8, 8), np.uint8),
            "text": "a picture, trust me",
        }[self.how]
