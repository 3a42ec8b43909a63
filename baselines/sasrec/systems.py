"""SASRec (Kang and McAuley 2018, arXiv 1808.09781) as three systems, one a loss.

Departures from the paper:
1. Layer norm comes before each layer and once at the end; the feed-forward layer uses GELU.
2. A learnt start token opens every sequence: an empty history has a state, and the first item is learnt from it.
3. Positions count from the start of the (trimmed) sequence, not from its end; batches are as long as their longest.
4. Negatives are never the target but may, by chance, be in the user's history, where the paper draws again.
5. The softmax systems score by cosine over a temperature; the loss alone is worth a half (arXiv 2309.07602). The
   sampled one adds to its shared negatives each position's own history, exactly.
6. Embedding tables learn faster than the layers.
7. The softmax systems validate and answer with a running mean of the weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import ClassVar

import torch

from baselines.sasrec.config import Settings
from baselines.sasrec.data import Catalogue, encode_queries, pad, read_catalogue
from baselines.sasrec.losses import BCE, SAMPLED_SOFTMAX, SOFTMAX, Loss
from baselines.sasrec.model import Network
from baselines.sasrec.train import LossTraining
from bench.api import Answer, Context, Query, Ranking, Train
from bench.config import plain
from bench.errors import BenchError
from bench.io import digest
from bench.processes import is_main, only_training
from bench.topk import blocks, top_rankings
from navigen.identifiers.filed import save_vectors

BLOCK = 256
ITEMS = "items.safetensors"  # the learnt item vectors, beside the checkpoint


@dataclass
class SasRec(Settings):
    """What the three systems share: `fit` trains (or resumes) one network, `rank` scores the whole catalogue."""

    context: Context = field(default_factory=Context, kw_only=True)
    loss: ClassVar[Loss]
    network: Network | None = field(default=None, init=False, repr=False, compare=False)
    catalogue: Catalogue | None = field(default=None, init=False, repr=False, compare=False)

    def fit(self, train: Train) -> None:
        """Train until validation NDCG@10 stops growing; with a work folder, resume what was begun there.

        The folder then holds the learnt item vectors too, of which codes can be made (`navigen.identifiers.filed`).
        """
        self.catalogue = read_catalogue(train)
        key = digest([self.loss.name, plain(self), self.context.seed, self.context.dtype, describe(train)])
        with only_training(self.context.work, self.context.progress):
            self.network = LossTraining(self, train, self.catalogue, self.context, key, loss=self.loss).run()
            if self.context.work is not None and is_main():
                save_vectors(self.context.work / ITEMS, self.catalogue.names, self.network.table().numpy(force=True))

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return a ranking a query, at least `k` deep where the catalogue allows.

        Scores are computed in float64 and rounded to float32: how a matrix product is blocked then does not show,
        so an answer does not depend on the other queries of its call.
        """
        if self.network is None or self.catalogue is None:
            raise BenchError(f"{self.label}: rank was called before fit; call fit(train) first")
        network = deepcopy(self.network).double().eval()
        numbers = self.catalogue.numbers
        answers: list[Ranking] = []
        for part in blocks(len(queries), BLOCK):
            exclude = [[numbers[name] for name in query.exclude if name in numbers] for query in queries[part]]
            scores = self.score(network, self.catalogue, queries[part])
            answers.extend(top_rankings(scores.numpy(), self.catalogue.names, k, exclude))
            self.context.progress("rank", len(answers), len(queries))
        return answers

    @torch.no_grad()
    def score(self, network: Network, catalogue: Catalogue, queries: Sequence[Query]) -> torch.Tensor:
        """Return float32 scores on the CPU, [queries, items]."""
        device = network.items.weight.device
        rows, lengths = pad(encode_queries(queries, catalogue, self.length), catalogue.start)
        return network.score(torch.from_numpy(rows).to(device), torch.from_numpy(lengths).to(device)).float().cpu()


@dataclass
class SasRecBCE(SasRec):
    """The paper's loss: binary cross-entropy with `negatives` uniform items a position."""

    loss: ClassVar[Loss] = BCE
    dropout: float = 0.5
    input_dropout: float = 0.5
    input_scale: float = 8.0
    table_rate: float = 10.0
    average: float = 0.0
    validate_every: int = 5
    negatives: int = 1

    def draws(self) -> int:
        """Return the negatives a position."""
        return self.negatives


@dataclass
class SasRecSampledSoftmax(SasRec):
    """Cross-entropy among the target and `negatives` uniform items that a batch shares."""

    loss: ClassVar[Loss] = SAMPLED_SOFTMAX
    temperature: float = 0.07
    negatives: int = 1024

    def draws(self) -> int:
        """Return the negatives a batch."""
        return self.negatives


@dataclass
class SasRecSoftmax(SasRec):
    """Cross-entropy over the whole catalogue."""

    loss: ClassVar[Loss] = SOFTMAX
    width: int = 128
    dropout: float = 0.5
    temperature: float = 0.07


def describe(train: Train) -> list[object]:
    """Return what a training depends on, JSON-able, for the key of its checkpoints."""
    validation = [
        [example.query.id, example.query.history, example.query.exclude, example.targets]
        for example in train.validation
    ]
    return [sorted(train.items), sorted(train.sequences.items()), validation]
