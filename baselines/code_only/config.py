"""What can be set about the code-only system, beside the settings it shares with SASRec."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from baselines.code_only.text import TEXTS
from baselines.sasrec.config import Settings
from bench.config import plain
from bench.errors import BenchError, unknown
from navigen.identifiers.settings import Coding, RqVaeSettings

STARTS = ("vectors", "random")
REPEATS = ("counted", "learnt")
LATER = {  # at these values a key is what it was without them
    "text": "none",
    "own": True,
    "own_dropout": 0.0,
    "vectors": "",
    "rqvae": plain(RqVaeSettings()),
}


@dataclass
class CodeSettings(Coding, Settings):
    """Heads and augmentation; size and schedule as in `Settings`, codes as in `Coding`, `codes` a level at least 1.

    `start`: whether embeddings start from the item vectors and centroids.
    `crop`, `skip`: how often a training sequence is cut to a random stretch, how often an item of it is left out;
    `reverse`: how often a sequence is read backwards (in a log that only knows days, order is half chance);
    `borrow`: how often a target is replaced by one drawn from the counted transitions of the item before it.
    `text`: what of an item's text is added to its vector, the embeddings of its "terms" (textual code) or of its
    "words" and attributes, weighted by rarity; "none": nothing. `own`: whether it has an embedding of its own too, and
    `own_dropout`: how often that is left out in training, which the words make up for.
    `repeats`: how much of the probability goes to items of the history, "counted" in training or "learnt" by the
    network. `beams`: 0 scores all items exactly, else beam search with so many.
    """

    label: ClassVar[str] = "code-only"

    width: int = 128
    dropout: float = 0.5
    input_dropout: float = 0.5
    temperature: float = 0.07
    epochs: int = 24
    levels: int = 3
    codes: int = 256
    start: str = "vectors"
    crop: float = 0.0
    skip: float = 0.0
    borrow: float = 0.3
    reverse: float = 0.0
    text: str = "none"
    own: bool = True
    own_dropout: float = 0.0
    repeats: str = "counted"
    beams: int = 0

    def __post_init__(self) -> None:
        """Refuse values that no training could use."""
        super().__post_init__()
        self.check_coding()
        for name, least in {"vector": 1, "window": 1, "levels": 1, "codes": 1, "beams": 0}.items():
            if getattr(self, name) < least:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected at least {least}")
        for name in ("crop", "skip", "borrow", "reverse", "own_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected 0 <= {name} < 1")
        for name, choices in {
            "start": STARTS,
            "repeats": REPEATS,
            "text": ("none", *TEXTS),
        }.items():
            if getattr(self, name) not in choices:
                raise unknown("setting", f"{name}={getattr(self, name)}", [f"{name}={choice}" for choice in choices])
        if self.text == "none" and (self.own_dropout or not self.own):
            raise BenchError(
                f"{self.label}: without text an item needs its embedding; set text, or own and own_dropout=0"
            )
