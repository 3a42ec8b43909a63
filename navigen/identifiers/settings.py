"""What item codes are made of and how: the settings that policies and the code-only system share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from bench.errors import BenchError, unknown
from navigen.identifiers.encode import ENCODERS, FILED, READERS
from navigen.identifiers.quantise import QUANTISERS


@dataclass(frozen=True, slots=True)
class RqVaeSettings:
    """Width of the hidden layer and of the latent space of an RQ-VAE, and how they are trained.

    `rate`: Adam's learning rate; `commitment`: weight of the latents' distance to their centroids; `decay`: how much
    of a centroid's mean a batch leaves as it was. `latent` is cut to the width of the vectors.
    """

    hidden: int = 128
    latent: int = 64
    epochs: int = 100
    batch: int = 1024
    rate: float = 1e-3
    commitment: float = 0.25
    decay: float = 0.99

    def __post_init__(self) -> None:
        """Refuse values that no training could use."""
        if min(self.hidden, self.latent, self.batch) < 1 or self.epochs < 0:
            raise BenchError(f"rq-vae: {self}; expected positive sizes")
        if self.rate <= 0 or self.commitment < 0 or not 0 <= self.decay < 1:
            raise BenchError(f"rq-vae: {self}; expected rate > 0, commitment >= 0 and 0 <= decay < 1")


@dataclass
class Coding:
    """How codes are made.

    `encoder`: what the item vectors know: "behaviour" (co-occurrence, `window`: its reach), "content" (tf-idf, or a
    sentence encoder: `sentences`, its folder or hub:OWNER/NAME@COMMIT), "both", nothing ("random"), or what a file of
    "vectors" says (`vectors`: its path, `navigen.identifiers.filed`). `vector`: their width, where we make them.
    `levels`, `codes` (a level; 0: the least power of two that gives 1.5 codes an item): the shape of the codebook.
    `quantiser`: what makes it, "kmeans" (`balance`: no cluster but those of the last level is larger than its even
    share, rounded up) or "rqvae" (`rqvae`: its own settings).
    """

    encoder: str = "behaviour"
    quantiser: str = "kmeans"
    levels: int = 2
    codes: int = 0
    vector: int = 64
    window: int = 4
    sentences: str = ""
    vectors: str = ""
    balance: bool = False
    rqvae: RqVaeSettings = field(default_factory=RqVaeSettings)

    label: ClassVar[str]

    def codes_for(self, items: int) -> int:
        """Return the number of codes a level for a catalogue of that size."""
        if self.codes:
            return self.codes
        found = 2
        while found**self.levels < 1.5 * items:
            found *= 2
        return found

    def check_coding(self, more: Sequence[str] = (), loaded: bool = False) -> None:
        """Refuse names that do not exist and settings that nothing would read; `more` encoders are known elsewhere.

        With `loaded` codes nothing is made here, so that only names are checked.
        """
        for name, value, choices in (
            ("encoder", self.encoder, (*ENCODERS, *more)),
            ("quantiser", self.quantiser, QUANTISERS),
        ):
            if value not in choices:
                raise unknown(f"{self.label}.{name}", value, choices)
        if not loaded and (wrong := self._unread()):
            raise BenchError(f"{self.label}.{wrong}")

    def _unread(self) -> str:
        """Return which setting would be ignored or is missing, and what to set; "" if none."""
        if self.sentences and self.encoder not in READERS:
            return f"sentences: encoder={self.encoder} reads no content; set {self.label}.encoder=content or both"
        if self.vectors and self.encoder != FILED:
            return f"vectors: encoder={self.encoder} reads no file; set {self.label}.encoder={FILED}"
        if self.encoder == FILED and not self.vectors:
            return f"encoder={FILED}: name the file of item vectors; set {self.label}.vectors=FILE.safetensors"
        if self.balance and self.quantiser != "kmeans":
            return "balance=true bounds the clusters of k-means; expected quantiser=kmeans"
        if self.rqvae != RqVaeSettings() and self.quantiser != "rqvae":
            return f"rqvae: quantiser={self.quantiser} has no such settings; set {self.label}.quantiser=rqvae"
        return ""
