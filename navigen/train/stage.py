"""A stage of fine-tuning as data, an estimate of its work, and the function that trains it."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from bench.api import Progress, ignore_progress
from bench.errors import BenchError, unknown
from navigen.train.documents import Corpus, Document, lay_out
from navigen.train.pack import Timetable

if TYPE_CHECKING:
    from torch import nn

    from navigen.decode.residual import Residual
    from navigen.train.checkpoint import Course

TRAINABLE = ("rows", "all", "lora")
HEADS = ("rows", "full")
LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True, slots=True)
class Stage:
    """What is trained, on how much, how fast. The rate rises over `warmup` of the steps and falls along a cosine.

    `trainable`: "rows" (only the new rows of the input embedding and of the head), "all", or "lora" (`rank`, `alpha`,
    `dropout`, `targets`). `head`, for rows: "rows", or "full": the whole head, as an untied copy if it was tied.
    `length` is in tokens a pack; longer documents are left out and counted. `batch` is in packs a step, over all
    processes and the `accumulate` micro-batches of each. `clip`: the largest norm of the gradient (0: any).
    `checkpointing` computes activations twice to hold fewer. `validate_every` is in steps (0: once an epoch),
    `patience` in validations without a better one (0: never stop), `save_every` in steps (0: with every validation).
    `mixture`: task -> how often an epoch sees each of its documents; 0.5 is one half, and in the next epoch the other.
    """

    name: str
    trainable: str = "all"
    head: str = "rows"
    epochs: float = 3.0
    rate: float = 5e-4
    warmup: float = 0.03
    decay: float = 0.0
    length: int = 512
    batch: int = 16
    accumulate: int = 1
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = LINEAR
    clip: float = 1.0
    checkpointing: bool = False
    validate_every: int = 0
    patience: int = 0
    save_every: int = 0
    mixture: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        if self.trainable not in TRAINABLE:
            raise unknown("setting", f"trainable={self.trainable}", [f"trainable={name}" for name in TRAINABLE])
        if self.head not in HEADS:
            raise unknown("setting", f"head={self.head}", [f"head={name}" for name in HEADS])
        for name in ("length", "batch", "accumulate", "rank", "alpha", "epochs", "rate"):
            if not getattr(self, name) > 0:
                raise BenchError(f"stage {self.name}: {name}={getattr(self, name)}: expected more than 0")
        for name in ("decay", "clip", "validate_every", "patience", "save_every"):
            if not getattr(self, name) >= 0:
                raise BenchError(f"stage {self.name}: {name}={getattr(self, name)}: expected 0 or more")
        for name in ("warmup", "dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise BenchError(f"stage {self.name}: {name}={getattr(self, name)}: expected 0 or more, below 1")
        for task, share in self.mixture.items():
            if not 0 <= share < float("inf"):
                raise BenchError(f"stage {self.name}: mixture of {task}={share}: expected 0 or more")


@dataclass(frozen=True, slots=True)
class Work:
    """What a stage has to do: tokens and steps in all, and the documents it leaves out as too long or blank."""

    tokens: int
    steps: int
    long: int
    blank: int


def plan_work(documents: Sequence[Document], stage: Stage, seed: int = 0) -> Work:
    """Return the work of a stage before it starts; early stopping may end it sooner."""
    corpus = lay_out(documents, stage.length)
    plan = make_timetable(corpus, stage, seed)
    return Work(plan.tokens, plan.steps, corpus.long, corpus.blank)


def make_timetable(corpus: Corpus, stage: Stage, seed: int) -> Timetable:
    """Return the steps of a stage. Raises BenchError for an unknown task in the mixture or nothing to learn."""
    for task in stage.mixture:
        if task not in corpus.names:
            raise unknown(f"task in the mixture of stage {stage.name}", task, corpus.names)
    plan = Timetable(corpus, stage.length, stage.batch, stage.epochs, stage.mixture, seed, stage.name)
    if not plan.tokens:
        raise BenchError(
            f"stage {stage.name}: nothing to learn: {corpus.long} documents are longer than length={stage.length}, "
            f"{corpus.blank} have no token to learn; raise length or check documents and mixture"
        )
    return plan


def announce(stage: Stage, plan: Timetable, course: Course, documents: int) -> None:
    """Tell the logger "navibench", which the command line shows, how much is ahead of a stage that is not finished.

    Documents that do not fit into a pack are not learnt, which is a warning.
    """
    if course.finished:
        return
    log = logging.getLogger("navibench")
    begun = f", {course.step:,} of them done before" if course.step else ""
    log.info("%s: about %s tokens in %s steps%s", stage.name, f"{plan.tokens:,}", f"{plan.steps:,}", begun)
    if course.long:
        left = f"{course.long:,} of {documents:,} documents are longer than length={stage.length} tokens"
        log.warning("%s: %s and are not learnt; raise length, and lower batch to match", stage.name, left)


def train_stage(
    model: nn.Module,
    documents: Sequence[Document],
    validation: Sequence[Document],
    stage: Stage,
    *,
    new_rows: Sequence[int] = (),
    seed: int = 0,
    work: Path | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    progress: Progress = ignore_progress,
    residual: Residual | None = None,
) -> Course:
    """Train a Hugging Face causal language model in place; it ends with the best weights (without validation the last).

    Best is the lowest mean over tasks of the loss a token, weighted by the mixture. `new_rows` are the ids of new
    vocabulary rows, needed by trainable="rows"; trainable="lora" wants the model that `navigen.train.trainee.adapt`
    returns. With a `work` folder an interrupted stage goes on where its last checkpoint was, to the same weights, and
    a finished one is loaded. `residual` is a head that learns the documents' goals in the same steps. Raises BenchError
    for a model, device or checkpoint that does not fit.
    """
    from navigen.train.loop import Training

    return Training(
        model, documents, validation, stage, tuple(new_rows), seed, work, dtype, device, progress, residual
    ).run()
