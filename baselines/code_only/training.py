"""Training of the residual decoder: SASRec's loop with augmented sequences and the levels' loss."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from baselines.code_only.chances import count_repeats
from baselines.code_only.config import CodeSettings
from baselines.code_only.network import Decoder
from baselines.code_only.text import Bags
from baselines.sasrec.data import Ints, encode_sequences, pad
from baselines.sasrec.model import Network
from baselines.sasrec.train import Training
from bench.rng import stream
from navigen.decode.trie import Trie
from navigen.identifiers.quantise import Codebook
from navigen.identifiers.reduce import Floats
from navigen.prior.transitions import count_pairs

LENGTH = 0.5  # of an item vector as an embedding: near that of drawn ones


class LevelObjective(nn.Module):
    """Decoder and loss in one module; `forward` takes what `CodeTraining.load` returns."""

    def __init__(self, network: Decoder) -> None:
        super().__init__()
        self.network = network

    def forward(self, rows: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
        """Return the loss summed over the real positions of `rows` [batch, longest]; `targets` [positions]."""
        real = torch.arange(rows.shape[1] - 1, device=rows.device) < (lengths - 1).unsqueeze(1)
        states = self.network.encode(rows[:, :-1])
        with torch.autocast(rows.device.type, enabled=False):
            return self.network.loss(states.float()[real], targets)


@dataclass(eq=False)
class CodeTraining(Training):
    """A residual decoder in training; validation expects the repeats that training counts."""

    settings: CodeSettings
    vectors: Floats = field(kw_only=True)
    book: Codebook = field(kw_only=True)
    bags: Bags | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        """Build network, optimiser and data; remember the sequences as they are."""
        self.trie = Trie.of(self.book.codes)
        self.whole = encode_sequences(self.train, self.catalogue, self.settings.length)
        histories = [row[1:].tolist() for row in self.whole]
        self.rate = count_repeats(histories)
        super().__post_init__()
        self.counts: Any = count_pairs(histories, [1], len(self.catalogue.names))

    def make_network(self) -> Network:
        """Return the decoder; if asked, embeddings start from vectors and centroids, rotated into its width."""
        network = Decoder(self.settings, self.trie, self.book, self.rate, self.bags)
        if self.settings.start == "vectors":
            rng = stream(self.context.seed, self.settings.label, "rotation")
            have, width = self.vectors.shape[1], self.settings.width
            rotation = np.linalg.qr(rng.standard_normal((max(have, width), max(have, width))))[0][:have, :width]
            with torch.no_grad():
                put(network.items.weight, self.vectors @ rotation)
                if network.terms is not None and self.bags is not None:
                    put(network.terms.weight, self.bags.mean(self.vectors) @ rotation)
                for weight, centroids in zip(network.code_tables(), self.book.centroids, strict=True):
                    put(weight, centroids @ rotation[: centroids.shape[1]])
        return network

    def make_objective(self) -> nn.Module:
        """Return the module that gives the loss of a batch as `load` returns it."""
        return LevelObjective(cast(Decoder, self.network))

    def pass_once(self, epoch: int) -> float:
        """Cut and thin the sequences as this epoch draws them, then take a step a batch."""
        rng = stream(self.context.seed, self.settings.label, "augment", epoch)
        self.rows = [augment(row, self.settings, rng) for row in self.whole]
        self.lengths = np.array([len(row) for row in self.rows], dtype=np.int64)
        return super().pass_once(epoch)

    def load(self, chosen: Ints, draws: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows, lengths and targets of a batch on the device."""
        rows = [self.rows[index] for index in chosen]
        table, lengths = pad(rows, self.catalogue.start)
        targets = np.concatenate([row[1:] for row in rows])
        if self.settings.borrow:
            targets = self.borrow(np.concatenate([row[:-1] for row in rows]), targets, draws)
        parts = (torch.from_numpy(part).to(self.accelerator.device) for part in (table, lengths, targets))
        first, second, third = parts
        return first, second, third

    def borrow(self, sources: Ints, targets: Ints, draws: np.random.Generator) -> Ints:
        """Return the targets, some of them replaced by what followed the same source anywhere in training."""
        chance, place = draws.random((2, len(targets)))
        known = sources < len(self.catalogue.names)
        begin = self.counts.indptr[np.where(known, sources, 0)]
        number = np.where(known, self.counts.indptr[np.where(known, sources, 0) + 1] - begin, 0)
        taken = (chance < self.settings.borrow) & (number > 0)
        found: Ints = self.counts.indices[np.where(taken, begin + (place * number).astype(np.int64), 0)]
        replaced: Ints = np.where(taken, found, targets)
        return replaced


def augment(row: Ints, settings: CodeSettings, rng: np.random.Generator) -> Ints:
    """Return start token + a stretch of at least two items, some left out, perhaps backwards."""
    items = row[1:]
    if settings.reverse and rng.random() < settings.reverse:
        items = items[::-1]
    if len(items) <= 2:
        return np.concatenate([row[:1], items])
    if settings.crop and rng.random() < settings.crop:
        size = int(rng.integers(2, len(items) + 1))
        begin = int(rng.integers(0, len(items) - size + 1))
        items = items[begin : begin + size]
    if settings.skip:
        held = rng.random(len(items)) >= settings.skip
        items = items[held] if held.sum() >= 2 else items
    return np.concatenate([row[:1], items])


def put(table: Tensor, values: Floats) -> None:
    """Add `values`, the longest at length `LENGTH`, to the first rows of an embedding table."""
    scale = LENGTH / max(float(np.linalg.norm(values, axis=1).max()), 1e-12)
    table[: len(values)] += torch.from_numpy(values * scale).to(table.dtype)
