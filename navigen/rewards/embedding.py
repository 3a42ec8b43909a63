"""A judge that compares meanings: cosines of an encoder that no evaluation uses, put on a scale by the catalogue.

A cosine says little by itself: two unrelated texts of one shop may well have 0.6. So each edge is read on a scale whose
0 is the mean cosine of mismatched pairs of the catalogue (the text of one item, the terms of another) and whose 1 is
that of matching pairs (the same item); beyond both it is cut. Between two lists of terms, 1 is the cosine 1. Where
pictures are given, an instruction is compared with the target's picture instead of its terms, on the scale of terms and
pictures; a target without one cannot be judged then. Quality is that of the lexical judge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from bench.backbones import make_backbone
from bench.backbones.settings import CLIP_CONFIG, WORLD_CLIPS
from bench.errors import BenchError
from bench.pixels import read_pixels
from bench.rng import stream
from navigen.prompt import Written
from navigen.rewards.consistency import Edges, Told, Verdict
from navigen.rewards.lexical import by_words

Vectors = NDArray[np.float32]
MODEL = "world-clip-reward"
SAMPLE = 256  # items that a scale is made from
DIGITS = 4  # an encoder's rounding depends on what it is asked together; scores are told to so many digits
MEMORY = 2**16  # vectors of targets' pictures that are kept from one call to the next


class Encoder(Protocol):
    """What makes unit vectors of texts, and perhaps of pictures (`embed_pictures`, as of a CLIP)."""

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """Return vectors [texts, d]."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The cosines that count as 0 and as 1."""

    zero: float
    one: float

    def __post_init__(self) -> None:
        """Refuse a scale on which nothing can be read."""
        if not self.zero < self.one:
            raise BenchError(
                f"reward.judge_model: matching pairs of the catalogue have mean cosine {self.one:.3f}, mismatched ones "
                f"{self.zero:.3f}; the encoder does not tell the items apart, take another"
            )

    def read(self, cosine: float) -> float:
        """Return a cosine on the scale, in [0, 1]."""
        return round(min(1.0, max(0.0, (cosine - self.zero) / (self.one - self.zero))), DIGITS)

    @classmethod
    def of(cls, one: Vectors, two: Vectors, top: float | None = None) -> Scale:
        """Return the scale of vectors [items, d] and [items, d] of the same items; `top` stands for matching pairs."""
        found = one.astype(np.float64) @ two.astype(np.float64).T
        size = len(found)
        matching = float(np.trace(found)) / size
        mismatched = (float(found.sum()) - matching * size) / (size * (size - 1))
        return cls(mismatched, matching if top is None else top)


@dataclass(eq=False)
class Embedding:
    """Judges by an encoder and its scales: an instruction against terms, terms against terms, against a picture."""

    encoder: Any
    telling: Scale
    listing: Scale
    looking: Scale | None = None
    kept: dict[Path, Vectors] = field(default_factory=dict)

    @classmethod
    def of(cls, encoder: Any, catalogue: Sequence[Written], pictures: Mapping[str, Path] | None = None) -> Embedding:
        """Return the judge whose scales are those of a catalogue; its pictures are given by code.

        Raises BenchError where fewer than two items have terms and a text that differ, or the encoder cannot see.
        """
        items = sample([item for item in catalogue if item.terms and item.text], "text")
        terms = encoder.embed_texts([phrase(item.terms) for item in items])
        telling = Scale.of(encoder.embed_texts([item.text for item in items]), terms)
        listing = Scale.of(terms, terms, 1.0)
        if not pictures:
            return cls(encoder, telling, listing)
        if not hasattr(encoder, "embed_pictures"):
            raise BenchError("reward.judge_model: this encoder reads texts only; take a CLIP, or give no pictures")
        shown = sample([item for item in catalogue if item.text and item.code in pictures], "picture")
        seen = encoder.embed_pictures([read_pixels(pictures[item.code])[0] for item in shown])
        looking = Scale.of(encoder.embed_texts([item.text for item in shown]), seen)
        return cls(encoder, telling, listing, looking)

    def judge(self, told: Sequence[Told]) -> list[Verdict | None]:
        """Return a verdict an instruction; None where pictures are compared and the target has none."""
        texts = dict.fromkeys(text for one in told for text in self._texts(one))
        vectors = dict(zip(texts, self.encoder.embed_texts(list(texts)), strict=True)) if texts else {}
        pictures = self._see([one.picture for one in told if one.picture is not None]) if self.looking else {}
        return [self._one(one, vectors, pictures) for one in told]

    def _texts(self, told: Told) -> list[str]:
        return [told.instruction, phrase(told.target), *([phrase(told.own)] if told.own else [])]

    def _see(self, paths: Sequence[Path]) -> dict[Path, Vectors]:
        if len(self.kept) > MEMORY:
            self.kept.clear()
        fresh = [path for path in dict.fromkeys(paths) if path not in self.kept]
        if fresh:
            seen = self.encoder.embed_pictures([read_pixels(path)[0] for path in fresh])
            self.kept.update(zip(fresh, seen, strict=True))
        return self.kept

    def _one(self, told: Told, vectors: Mapping[str, Vectors], pictures: Mapping[Path, Vectors]) -> Verdict | None:
        said, target = vectors[told.instruction], vectors[phrase(told.target)]
        if self.looking is None:
            aim = self.telling.read(float(said @ target))
        elif told.picture is None:
            return None
        else:
            aim = self.looking.read(float(said @ pictures[told.picture]))
        quality = by_words(told).quality
        if told.own is None:
            return Verdict(Edges(aim), quality)
        if not told.own:
            return Verdict(Edges(aim, 0.0, 0.0), quality)
        own = vectors[phrase(told.own)]
        edges = Edges(aim, self.telling.read(float(said @ own)), self.listing.read(float(own @ target)))
        return Verdict(edges, quality)


def phrase(terms: Sequence[str]) -> str:
    """Return terms as one text."""
    return ", ".join(terms)


def sample(items: Sequence[Written], why: str) -> list[Written]:
    """Return up to `SAMPLE` items, drawn once and for all by the catalogue."""
    if len(items) < 2:
        raise BenchError(f"reward.judge=embedding: {len(items)} items with terms, text and {why}; expected at least 2")
    order = stream(0, "reward scale", why).permutation(len(items))[:SAMPLE]
    return [items[place] for place in sorted(order.tolist())]


def load_encoder(name: str) -> Any:
    """Return the encoder of a name: world-clip-reward ("" too), a CLIP's folder, minilm or an encoder's folder."""
    return make_backbone(role_of(name), {"name": name or MODEL})


def role_of(name: str) -> str:
    """Return the role of an encoder by its name: "clip" or "text"."""
    return "clip" if not name or name in WORLD_CLIPS or (Path(name) / CLIP_CONFIG).is_file() else "text"
