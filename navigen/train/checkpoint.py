"""One file that holds all a stage needs to go on: weights, the best ones, optimiser moments and where it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from torch import Tensor, nn

from bench.config import plain
from bench.io import digest, write_text
from bench.resume import Weights, load_state, save_state
from navigen.train.documents import Document, fingerprint
from navigen.train.stage import Stage


@dataclass
class Course:
    """Where a stage stands: steps done of all, the best validation loss and its step, one history row a look.

    A row holds `step`, `epoch` (documents seen, in epochs), `rate`, `loss` and `loss/TASK` a learnt token since the row
    before, `seconds`, and where validation was looked at `valid` and `valid/TASK`. `long` and `blank` count documents
    left out as longer than a pack, or without a token to learn; `stopped`: patience ran out.
    """

    step: int = 0
    steps: int = 0
    best: float | None = None
    best_step: int = 0
    waited: int = 0
    stopped: bool = False
    finished: bool = False
    long: int = 0
    blank: int = 0
    history: list[dict[str, float]] = field(default_factory=list)

    def judge(self, value: float, patience: int, *, higher: bool = False) -> bool:
        """Return whether a look was better than all before it; stop once the best one was `patience` looks ago."""
        better = self.best is None or (value > self.best if higher else value < self.best)
        if better:
            self.best, self.best_step, self.waited = value, self.step, 0
        else:
            self.waited += 1
        self.stopped |= 0 < patience <= self.waited
        return better


def make_key(
    model: nn.Module,
    documents: Sequence[Document],
    validation: Sequence[Document],
    stage: Stage,
    new_rows: Sequence[int],
    seed: int,
    dtype: str,
) -> str:
    """Return the digest of all that a stage's result depends on; the base enters by the bytes of its weights."""
    return digest(
        {
            "stage": plain(stage),
            "documents": fingerprint(documents),
            "validation": fingerprint(validation),
            "rows": list(new_rows),
            "seed": seed,
            "dtype": dtype,
            "base": hash_weights(model.state_dict()),
        }
    )


def hash_weights(weights: Mapping[str, Tensor]) -> str:
    """Return the sha256 of named tensors: names, types, shapes and bytes."""
    total = sha256()
    for name, value in sorted(weights.items()):
        total.update(f"{name}\x1f{value.dtype}\x1f{tuple(value.shape)}\x1e".encode())
        total.update(value.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return total.hexdigest()


def save_checkpoint(path: Path, key: str, course: Course, parts: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write named groups of tensors with the course, and beside them what a person may read."""
    save_state(path, key, asdict(course), parts)
    write_text(path.with_name("training.json"), json.dumps({"key": key, **asdict(course)}, indent=1) + "\n")


def load_checkpoint(path: Path, key: str) -> tuple[Course, dict[str, Weights]] | None:
    """Return the course and groups of tensors of a checkpoint, or None if there is no file.

    Raises BenchError if it is broken, or of another stage, seed, model or documents than `key` stands for.
    """
    found = load_state(path, key, "stage, seed, model or documents")
    return None if found is None else (Course(**found[0]), found[1])


def copy_weights(weights: Mapping[str, Tensor]) -> Weights:
    """Return a copy of weights in main memory that later steps do not touch."""
    return {name: value.detach().to("cpu", copy=True) for name, value in weights.items()}


@torch.no_grad()
def put_weights(weights: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Write `values` into `weights` of the same names."""
    for name, weight in weights.items():
        weight.copy_(values[name])
