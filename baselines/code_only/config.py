"""What can be set about the code-only system, beside the settings it shares with SASRec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from baselines.code_only.text import TEXTS
from baselines.sasrec.config import Settings
from bench.errors import BenchError, unknown
from navigen.identifiers.encode import ENCODERS
from navigen.identifiers.quantise import QUANTISERS

STARTS = ("vectors", "random")
REPEATS = ("counted", "learnt")
LATER = {"text": "none", "own": True, "text_dropout": 0.0, "own_dropout": 0.0}  # at these values no key knows them


@dataclass
class CodeSettings(Settings):
    """Codes, heads and augmentation; size and schedule as in `Settings`.

    `encoder`: what the codes are made of; `sentences`: folder of a sentence encoder for the content, "" = tf-idf;
    `vector`, `window`: width of the item vectors and reach of the co-occurrence; `levels` x `codes` is the shape of
    the codebook, `quantiser` makes it ("kmeans" or "rqvae"), `balance` bounds the clusters of k-means. `start`: whether
    embeddings start from the item vectors and centroids.
    `crop`, `skip`: how often a training sequence is cut to a random stretch, how often an item of it is left out;
    `reverse`: how often a sequence is read backwards (in a log that only knows days, order is half chance);
    `borrow`: how often a target is replaced by one drawn from the counted transitions of the item before it.
    `repeats`: how much of the probability goes to items of the history, "counted" in training or "learnt" by the
    network. `beams`: 0 scores all items exactly, else beam search with so many.
    """

    label: ClassVar[str] = "code-only"

    width: int = 128
    dropout: float = 0.5
    input_dropout: float = 0.5
    temperature: float = 0.07
    epochs: int = 24
    encoder: str = "behaviour"
    sentences: str = ""
    vector: int = 64
    window: int = 4
    levels: int = 3
    codes: int = 256
    quantiser: str = "kmeans"
    balance: bool = False
    start: str = "vectors"
    crop: float = 0.0
    skip: float = 0.0
    borrow: float = 0.3
    text: str = "none"
    own: bool = True
    text_dropout: float = 0.0
    own_dropout: float = 0.0
    reverse: float = 0.0
    repeats: str = "counted"
    beams: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no training could use."""
        super().__post_init__()
        for name, least in {"vector": 1, "window": 1, "levels": 1, "codes": 1, "beams": 0}.items():
            if getattr(self, name) < least:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected at least {least}")
        for name in ("crop", "skip", "borrow", "reverse", "text_dropout", "own_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected 0 <= {name} < 1")
        for name, choices in {
            "encoder": ENCODERS,
            "quantiser": QUANTISERS,
            "start": STARTS,
            "repeats": REPEATS,
            "text": ("none", *TEXTS),
        }.items():
            if getattr(self, name) not in choices:
                raise unknown("setting", f"{name}={getattr(self, name)}", [f"{name}={choice}" for choice in choices])
        if self.balance and self.quantiser != "kmeans":
            raise BenchError(f"{self.label}: balance=true bounds the clusters of k-means; expected quantiser=kmeans")
