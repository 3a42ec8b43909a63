"""Validation loss: the mean over tasks of the loss a token, weighted by the mixture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from accelerate import Accelerator

from bench.errors import BenchError
from navigen.train.batch import make_batch
from navigen.train.documents import Corpus, Document, lay_out
from navigen.train.objective import Objective
from navigen.train.pack import fill_packs
from navigen.train.stage import Stage


class Validation:
    """Validation documents in packs that stay the same; every process measures its share."""

    def __init__(
        self,
        documents: Sequence[Document],
        stage: Stage,
        accelerator: Accelerator,
        objective: Objective,
        train: Corpus,
        flat: bool,
    ) -> None:
        """Pack the documents. Raises BenchError for a task that is not trained, or where all are too long."""
        self.corpus = lay_out(documents, stage.length)
        absent = sorted(set(self.corpus.names) - set(train.names))
        if absent:
            raise BenchError(f"stage {stage.name}: validation of {', '.join(absent)}, which no training document is of")
        if documents and not len(self.corpus):
            raise BenchError(
                f"stage {stage.name}: no validation document fits length={stage.length} and has a token to learn"
            )
        order = np.argsort(-self.corpus.sizes, kind="stable")
        packs = fill_packs(order, self.corpus.sizes, stage.length)
        size = max(1, stage.batch // (accelerator.num_processes * stage.accumulate))
        groups = [packs[begin : begin + size] for begin in range(0, len(packs), size)]
        self.groups = groups[accelerator.process_index :: accelerator.num_processes]
        self.counts = np.bincount(self.corpus.tasks, self.corpus.learnt, len(self.corpus.names))
        self.shares = np.array([stage.mixture.get(name, 1.0) for name in self.corpus.names]) * (self.counts > 0)
        if len(self.corpus) and not self.shares.sum():
            raise BenchError(f"stage {stage.name}: the mixture gives no weight to any task of validation")
        self.accelerator = accelerator
        self.objective = objective
        self.flat = flat

    @torch.no_grad()
    def measure(self) -> dict[str, float]:
        """Return "valid" and "valid/TASK" in nats a token; nothing where there are no documents."""
        if not len(self.corpus):
            return {}
        place = self.accelerator.device
        sums = torch.zeros(self.objective.tasks, dtype=torch.float64, device=place)
        self.objective.eval()
        with self.accelerator.autocast():
            for group in self.groups:
                sums += self.objective(make_batch(self.corpus, group, place, self.flat))[1]
        totals = self.accelerator.reduce(sums, "sum").cpu().numpy()[: len(self.counts)]
        losses = np.divide(totals, self.counts, out=np.zeros_like(totals), where=self.counts > 0)
        row = {"valid": float(losses @ self.shares / self.shares.sum())}
        return row | {
            f"valid/{name}": float(losses[index]) for index, name in enumerate(self.corpus.names) if self.counts[index]
        }
