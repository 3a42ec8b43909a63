"""The training loop: named random streams an epoch, validation with early stopping, a checkpoint to resume from.

`Training` is the loop; what is trained, and on which batches, is its subclass's: `LossTraining` trains a SASRec.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np
import torch
from torch import Tensor, nn

from baselines.sasrec.checkpoint import Course, copy_weights, load_checkpoint, save_checkpoint
from baselines.sasrec.config import Settings
from baselines.sasrec.data import Catalogue, Ints, draw_batches, encode_sequences, pad
from baselines.sasrec.losses import Batch, Loss
from baselines.sasrec.model import Network
from baselines.sasrec.validate import Validation
from bench.api import Context, Train
from bench.errors import BenchError
from bench.lm.quiet import without_advice
from bench.resume import Weights
from bench.rng import entropy, stream
from navigen.train.device import make_accelerator


class Objective(nn.Module):
    """Network and loss in one module, so that a distributed wrapper sees every use of the weights."""

    def __init__(self, network: Network, loss: Loss) -> None:
        super().__init__()
        self.network = network
        self.loss = loss

    def forward(self, rows: Tensor, lengths: Tensor, negatives: Tensor) -> Tensor:
        """Return the loss summed over the real positions of `rows` [batch, longest]; padding is left out before it."""
        real = torch.arange(rows.shape[1] - 1, device=rows.device) < (lengths - 1).unsqueeze(1)
        states = self.network(rows[:, :-1])
        with torch.autocast(rows.device.type, enabled=False):
            batch = Batch(states.float(), rows, real, self.network.vectors, self.network.items.num_embeddings - 1)
            return self.loss.measure(batch, negatives)


@dataclass(eq=False)
class Training(ABC):
    """A network in training; `run` resumes from the work folder if a checkpoint of the same `key` is there."""

    settings: Settings
    train: Train
    catalogue: Catalogue
    context: Context
    key: str
    course: Course = field(default_factory=Course, init=False)
    best: Weights = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        """Build network, optimiser and data."""
        self.rows = encode_sequences(self.train, self.catalogue, self.settings.length)
        if not self.rows:
            raise BenchError(
                f"{self.settings.label}: no training sequence holds an item of the catalogue; check the task's data"
            )
        self.lengths = np.array([len(row) for row in self.rows], dtype=np.int64)
        self.accelerator = make_accelerator(self.context.device, self.context.dtype, "sasrec")
        with self.seeded("init"):
            self.network = self.make_network()
            self.network.to(self.accelerator.device)
        self.mean = deepcopy(self.network).eval().requires_grad_(False)
        self.validation = Validation(self.train.validation, self.catalogue, self.settings)
        objective = self.make_objective()
        optimiser = make_optimiser(self.network, self.settings)
        with without_advice():
            self.objective, self.optimiser = self.accelerator.prepare(objective, optimiser)

    @abstractmethod
    def make_network(self) -> Network:
        """Return the network to train, its weights drawn."""

    @abstractmethod
    def make_objective(self) -> nn.Module:
        """Return the module that maps what `load` returns to the summed loss."""

    @abstractmethod
    def load(self, chosen: Ints, draws: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows, lengths and what the loss needs besides, of a batch, on the device."""

    def run(self) -> Network:
        """Train to the last epoch or until patience runs out; return a network with the best weights."""
        self.resume()
        while self.course.epoch < self.settings.epochs and not self.course.stopped:
            self.run_epoch()
            if self.accelerator.is_main_process:
                self.context.progress("train", self.course.epoch, self.settings.epochs)
        self.mean.load_state_dict(self.best)
        return self.mean

    def run_epoch(self) -> None:
        """Pass once over the sequences, look at validation when due, and save."""
        began = perf_counter()
        epoch = self.course.epoch
        row = {"epoch": epoch + 1.0, "loss": self.pass_once(epoch)}
        last = epoch + 1 == self.settings.epochs
        if not self.validation.examples:
            self.best = copy_weights(self.mean)
        elif last or (epoch + 1) % self.settings.validate_every == 0:
            row["ndcg@10"] = score = self.validation.measure(self.mean, self.accelerator.device)
            self.judge(epoch + 1, score)
        self.course.history.append({**row, "seconds": round(perf_counter() - began, 3)})
        self.course.epoch = epoch + 1
        if last or self.course.stopped or (epoch + 1) % self.settings.save_every == 0:
            self.save()

    def pass_once(self, epoch: int) -> float:
        """Take a step a batch; return the mean loss a position. Everything random hangs on (seed, epoch, process)."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        draws = stream(self.context.seed, self.settings.label, "negatives", epoch, rank)
        order = stream(self.context.seed, self.settings.label, "order", epoch)
        total = torch.zeros((), device=self.accelerator.device)
        self.objective.train()
        with self.seeded("dropout", epoch, rank):
            for step, chosen in enumerate(draw_batches(self.lengths, self.settings.batch, order)):
                shares = world if len(chosen) >= world else 1  # a batch too small to share is everybody's
                loss = self.objective(*self.load(chosen[rank % shares :: shares], draws))
                self.optimiser.zero_grad()
                # Processes average their gradients, so each divides by its fair share of the batch's positions.
                self.accelerator.backward(loss * (shares / float((self.lengths[chosen] - 1).sum())))
                self.optimiser.step()
                self.average(epoch * math.ceil(len(self.rows) / self.settings.batch) + step)
                total += loss.detach() * (shares / world)
        mean = float(self.accelerator.reduce(total, "sum")) / float((self.lengths - 1).sum())
        if not math.isfinite(mean):
            raise BenchError(
                f"{self.settings.label}: the loss is {mean} in epoch {epoch + 1}; lower lr or raise temperature"
            )
        return mean

    @torch.no_grad()
    def average(self, step: int) -> None:
        """Move the running mean towards the weights: what a decaying learning rate gives, without a fixed end."""
        keep = min(self.settings.average, step / (step + 10))
        for mean, weight in zip(self.mean.parameters(), self.network.parameters(), strict=True):
            mean.lerp_(weight, 1 - keep)

    def judge(self, epoch: int, score: float) -> None:
        """Keep the weights if the score is the best so far; stop once it is `patience` validations old."""
        if self.course.best is None or score > self.course.best:
            self.course.best, self.course.best_epoch = score, epoch
            self.best = copy_weights(self.mean)
        wait = self.settings.patience * self.settings.validate_every
        self.course.stopped = bool(self.settings.patience) and epoch - self.course.best_epoch >= wait

    def resume(self) -> None:
        """Take up a checkpoint of this very training, if the work folder holds one."""
        if self.context.work is None:
            return
        found = load_checkpoint(
            self.context.work / "checkpoint.safetensors", self.key, self.network, self.mean, self.optimiser
        )
        if found is not None:
            self.course, self.best = found

    def save(self) -> None:
        """Write the checkpoint, from one process."""
        if self.context.work is not None and self.accelerator.is_main_process:
            path = self.context.work / "checkpoint.safetensors"
            save_checkpoint(
                path,
                self.key,
                self.course,
                model=self.network,
                mean=self.mean,
                optimiser=self.optimiser,
                best=self.best,
            )
        self.accelerator.wait_for_everyone()

    @contextmanager
    def seeded(self, *names: str | int) -> Iterator[None]:
        """Seed torch's generators by name inside the block, and leave them as they were."""
        device = self.accelerator.device
        with torch.random.fork_rng([device] if device.type == "cuda" else []):
            torch.manual_seed(entropy(self.context.seed, self.settings.label, *names) % 2**63)
            yield


@dataclass(eq=False)
class LossTraining(Training):
    """A SASRec in training with one of the losses."""

    loss: Loss = field(kw_only=True)

    def make_network(self) -> Network:
        """Return the network to train, its weights drawn."""
        return Network(len(self.catalogue.names), self.settings)

    def make_objective(self) -> nn.Module:
        """Return network and loss as one module."""
        return Objective(self.network, self.loss)

    def load(self, chosen: Ints, draws: np.random.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Return rows, lengths and negatives of a batch on the device."""
        table, lengths = pad([self.rows[index] for index in chosen], self.catalogue.start)
        targets = np.concatenate([self.rows[index][1:] for index in chosen])
        negatives = self.loss.draw(draws, targets, len(self.catalogue.names), self.settings.draws())
        rows, sizes, drawn = (
            torch.from_numpy(part).to(self.accelerator.device) for part in (table, lengths, negatives)
        )
        return rows, sizes, drawn


def make_optimiser(network: Network, settings: Settings) -> torch.optim.Optimizer:
    """Return AdamW; the embedding tables learn `table_rate` times as fast and are not decayed.

    A row of the item table only moves when its item is in a batch, so on sparse data it lags behind the layers.
    """
    tables = network.tables()
    own = {id(table) for table in tables}
    layers = [weight for weight in network.parameters() if id(weight) not in own]
    groups = [
        {"params": tables, "lr": settings.lr * settings.table_rate, "weight_decay": 0.0},
        {"params": layers, "lr": settings.lr, "weight_decay": settings.weight_decay},
    ]
    return torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True)
