"""What can be set about a SASRec: the fields that the three systems share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bench.errors import BenchError


@dataclass
class Settings:
    """Size, regularisation and schedule of a SASRec; the loss is the system's name, never a setting.

    `length`: items of a history that are read, the latest. `dropout`: inside the blocks; `input_dropout`: on the
    embeddings, whose item part is multiplied by `input_scale` (the paper's code: the root of `width`). `temperature`:
    0 scores by dot product, else by cosine / temperature. `table_rate`: learning rate of the embedding tables in
    multiples of `lr`. `average`: what a step keeps of the running mean of the weights, which is validated and used
    (0: the weights themselves). `patience`: validations without a better NDCG@10 before training stops (0: never),
    one every `validate_every` epochs, on `limit` users chosen by a hash of their id (0: all).
    """

    label: ClassVar[str] = "sasrec"  # what errors and random streams go by

    width: int = 64
    layers: int = 2
    heads: int = 2
    expansion: int = 1
    length: int = 50
    dropout: float = 0.4
    input_dropout: float = 0.3
    input_scale: float = 1.0
    temperature: float = 0.0
    lr: float = 1e-3
    table_rate: float = 5.0
    weight_decay: float = 0.0
    average: float = 0.99
    batch: int = 256
    epochs: int = 200
    patience: int = 10
    validate_every: int = 3
    save_every: int = 1
    limit: int = 5000

    def __post_init__(self) -> None:
        """Refuse values that no training could use."""
        at_least = dict.fromkeys(("width", "heads", "expansion", "length", "batch", "validate_every", "save_every"), 1)
        at_least |= dict.fromkeys(("layers", "epochs", "patience", "limit", "temperature", "weight_decay"), 0)
        for name, least in at_least.items():
            if getattr(self, name) < least:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected at least {least}")
        for name in ("lr", "table_rate", "input_scale"):
            if getattr(self, name) <= 0:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected more than 0")
        for name in ("dropout", "input_dropout", "average"):
            if not 0 <= getattr(self, name) < 1:
                raise BenchError(f"{self.label}: {name} is {getattr(self, name)}; expected 0 <= {name} < 1")
        if self.width % self.heads:
            raise BenchError(
                f"{self.label}: width {self.width} is not a multiple of heads {self.heads}; choose one that is"
            )

    def draws(self) -> int:
        """Return how many negatives the loss draws; 0 for a loss that draws none."""
        return 0
