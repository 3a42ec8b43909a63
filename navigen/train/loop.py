"""The loop of a stage: a step a batch, a look at validation when due, a checkpoint to resume from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from accelerate.utils import DistributedType
from torch import nn

from bench.api import Progress
from bench.errors import BenchError
from bench.io import digest
from bench.lm.quiet import without_advice
from bench.resume import Weights, moments, put_moments
from bench.rng import entropy
from navigen.decode.residual import Residual
from navigen.train.batch import make_batch
from navigen.train.checkpoint import (
    Course,
    copy_weights,
    hash_weights,
    load_checkpoint,
    make_key,
    put_weights,
    save_checkpoint,
)
from navigen.train.device import make_accelerator
from navigen.train.documents import Document, lay_out
from navigen.train.objective import Objective
from navigen.train.pack import Pack
from navigen.train.probe import check_model
from navigen.train.stage import Stage, announce, make_timetable
from navigen.train.trainee import Trainee, prepared
from navigen.train.validate import Validation

DISTRIBUTED = (DistributedType.NO, DistributedType.MULTI_CPU, DistributedType.MULTI_GPU)


def rate_at(step: int, steps: int, warmup: float) -> float:
    """Return the share of the full rate at a step (from 0) of `steps`: a line up, then half a cosine down to 0."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return step / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


@dataclass(eq=False)
class Training:
    """A stage in training; the arguments are those of `navigen.train.stage.train_stage`."""

    model: nn.Module
    documents: Sequence[Document]
    validation: Sequence[Document]
    stage: Stage
    new_rows: tuple[int, ...]
    seed: int
    work: Path | None
    dtype: str
    device: str
    progress: Progress
    residual: Residual | None = None

    def __post_init__(self) -> None:
        """Lay out the documents and plan the steps."""
        self.corpus = lay_out(self.documents, self.stage.length)
        self.plan = make_timetable(self.corpus, self.stage, self.seed)
        self.course = Course(steps=self.plan.steps, long=self.corpus.long, blank=self.corpus.blank)
        self.accelerator = make_accelerator(self.device, self.dtype, f"stage {self.stage.name}")
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes
        if self.accelerator.distributed_type not in DISTRIBUTED:
            raise BenchError(f"{self.accelerator.distributed_type}: expected one process or data-parallel processes")
        if self.stage.batch < self.world * self.stage.accumulate:
            raise BenchError(
                f"stage {self.stage.name}: batch={self.stage.batch} packs cannot be shared by {self.world} processes x "
                f"accumulate={self.stage.accumulate}; raise batch or lower accumulate"
            )
        self.place: torch.device = self.accelerator.device
        self.best: Weights = {}
        self.sums = torch.zeros(len(self.corpus.names), dtype=torch.float64, device=self.place)
        self.counts = np.zeros(len(self.corpus.names))

    def run(self) -> Course:
        """Train to the last step or until patience runs out; leave the best weights in the model."""
        path = None if self.work is None else self.work / "checkpoint.safetensors"
        key = "" if path is None else self.key()
        self.model.to(self.place)
        devices = [self.place] if self.place.type == "cuda" else []
        with prepared(self.model, self.stage, self.new_rows) as trainee, torch.random.fork_rng(devices):
            self.start(trainee)
            if path is not None:
                self.resume(path, key)
            announce(self.stage, self.plan, self.course, len(self.documents))
            self.began = perf_counter()
            while not self.course.finished:
                self.take_step(self.plan.at(self.course.step))
                self.course.step += 1
                if self.accelerator.is_main_process:
                    self.progress(self.stage.name, self.course.step, self.course.steps)
                looked = self.due()
                if looked:
                    self.look()
                every = self.stage.save_every
                if path is not None and (
                    looked if not every else self.course.step % every == 0 or self.course.finished
                ):
                    self.save(path, key)
            put_weights(trainee.weights, self.best)
        return self.course

    def key(self) -> str:
        """Return the digest of all that the result depends on."""
        key = make_key(self.model, self.documents, self.validation, self.stage, self.new_rows, self.seed, self.dtype)
        head = self.residual
        return key if head is None else digest([key, head.weight, hash_weights(head.state_dict())])

    def start(self, trainee: Trainee) -> None:
        """Build the objective, its distributed wrapper, the optimiser and validation."""
        from transformers.utils.generic import is_flash_attention_requested

        self.trainee = trainee
        self.flat = is_flash_attention_requested(trainee.core.config)
        with self.accelerator.autocast():
            coarse = self.dtype != "float32" or trainee.core.dtype != torch.float32
            check_model(trainee.core, self.flat, coarse)
        if self.residual is not None:
            self.residual.to(self.place)
            trainee.weights.update({f"residual.{name}": weight for name, weight in self.residual.named_parameters()})
        objective = Objective(trainee, len(self.corpus.names), self.stage.checkpointing, self.residual)
        with without_advice():
            self.objective: nn.Module = self.accelerator.prepare_model(objective)
        self.optimiser = make_optimiser(trainee, self.stage)
        self.looks = Validation(self.validation, self.stage, self.accelerator, objective, self.corpus, self.flat)

    def take_step(self, packs: Sequence[Pack]) -> None:
        """Learn from the packs of a step: a share a process and micro-batch, divided by all the learnt tokens."""
        chosen = np.concatenate([np.asarray(pack) for pack in packs])
        learnt = np.bincount(self.corpus.tasks[chosen], self.corpus.learnt[chosen], len(self.counts))
        step, shares, last = self.course.step, self.world * self.stage.accumulate, self.stage.accumulate - 1
        self.objective.train()
        for micro in range(self.stage.accumulate):
            share = micro * self.world + self.rank
            own = packs[share::shares]
            if not own and (self.world == 1 or micro < last):
                continue  # only where processes wait for each other is an empty share worked through
            torch.manual_seed(entropy(self.seed, self.stage.name, "dropout", step, share) % 2**63)
            apart = self.world > 1 and micro < last
            with self.accelerator.no_sync(self.objective) if apart else nullcontext():
                loss, by_task = self.objective(make_batch(self.corpus, own, self.place, self.flat))
                # Processes average their gradients, hence the factor.
                self.accelerator.backward(loss * (self.world / float(learnt.sum())))
            self.sums += by_task
        if self.stage.clip:
            nn.utils.clip_grad_norm_(self.trainee.weights.values(), self.stage.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.stage.rate * rate_at(step, self.course.steps, self.stage.warmup)
        self.optimiser.step()
        self.optimiser.zero_grad()
        self.counts += learnt

    def due(self) -> bool:
        """Return whether the losses are to be looked at after this step."""
        step, every = self.course.step, self.stage.validate_every
        return step == self.course.steps or (step % every == 0 if every else step in self.plan.ends)

    def look(self) -> None:
        """Write a row of history; judge by validation, if there is any."""
        sums = self.accelerator.reduce(self.sums, "sum").cpu().numpy()
        row = {"step": float(self.course.step), "epoch": self.plan.epochs_done(self.course.step)}
        row["rate"] = self.optimiser.param_groups[0]["lr"]
        row["loss"] = float(sums.sum() / self.counts.sum())
        row |= {
            f"loss/{self.corpus.names[index]}": float(sums[index] / self.counts[index])
            for index in self.counts.nonzero()[0]
        }
        self.check(row["loss"])
        row |= self.looks.measure()
        row["seconds"] = round(perf_counter() - self.began, 3)
        self.course.history.append(row)
        self.sums.zero_()
        self.counts[:] = 0
        self.began = perf_counter()
        if "valid" in row:
            self.judge(row["valid"])
        self.course.finished = self.course.stopped or self.course.step == self.course.steps
        if self.course.finished and "valid" not in row:
            self.best = copy_weights(self.trainee.weights)

    def check(self, loss: float) -> None:
        """Raise BenchError unless the loss is a number."""
        if not math.isfinite(loss):
            raise BenchError(f"stage {self.stage.name}: the loss is {loss} at step {self.course.step}; lower rate")

    def judge(self, loss: float) -> None:
        """Keep the weights if the loss is the lowest so far; stop once it was `patience` looks ago."""
        if self.course.judge(loss, self.stage.patience):
            self.best = copy_weights(self.trainee.weights)

    def resume(self, path: Path, key: str) -> None:
        """Take up a checkpoint of this very stage, if there is one."""
        found = load_checkpoint(path, key)
        if found is None:
            return
        self.course, parts = found
        self.best = parts.get("best", {})
        if not self.course.finished:
            put_weights(self.trainee.weights, parts["weights"])
            put_moments(self.optimiser, self.names(), parts["optimiser"])
            self.counts = parts["tally"]["counts"].numpy().copy()
            if self.accelerator.is_main_process:
                self.sums.copy_(parts["tally"]["sums"])

    def save(self, path: Path, key: str) -> None:
        """Write the checkpoint, from one process; of a finished stage the best weights are all that is kept."""
        sums = self.accelerator.reduce(self.sums, "sum")
        self.check(float(sums.sum()))
        if self.accelerator.is_main_process:
            parts: dict[str, Weights] = {"best": self.best}
            if not self.course.finished:
                parts["weights"] = dict(self.trainee.weights)
                parts["optimiser"] = moments(self.optimiser, self.names())
                parts["tally"] = {"sums": sums, "counts": torch.from_numpy(self.counts)}
            save_checkpoint(path, key, self.course, parts)
        self.accelerator.wait_for_everyone()

    def names(self) -> list[str]:
        """Return the names of the trained weights in the order of the optimiser."""
        known = {id(weight): name for name, weight in self.trainee.weights.items()}
        return [known[id(weight)] for group in self.optimiser.param_groups for weight in group["params"]]


def make_optimiser(trainee: Trainee, stage: Stage) -> torch.optim.AdamW:
    """Return AdamW; matrices are decayed, vectors (norms, biases) are not."""
    matrices = [weight for weight in trainee.weights.values() if weight.ndim > 1]
    vectors = [weight for weight in trainee.weights.values() if weight.ndim < 2]
    groups = [{"params": matrices, "weight_decay": stage.decay}, {"params": vectors, "weight_decay": 0.0}]
    return torch.optim.AdamW([group for group in groups if group["params"]], lr=stage.rate, fused=True)
