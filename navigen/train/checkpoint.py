"""One file that holds all a stage needs to go on: weights, the best ones, optimiser moments and where it stood."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from bench.config import plain
from bench.errors import BenchError
from bench.io import canonical, digest, write_atomic, write_text
from navigen.train.documents import Document, fingerprint
from navigen.train.stage import Stage

Weights = dict[str, Tensor]


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
    """Write named groups of tensors atomically; the course travels in the header, so that the two cannot part."""
    owned = {
        f"{part}|{name}": value.detach().cpu().contiguous().clone()
        for part, weights in parts.items()
        for name, value in weights.items()
    }
    header = {"key": key, "course": canonical(asdict(course))}
    write_atomic(path, lambda part: save_file(owned, part, metadata=header))
    write_text(path.with_name("training.json"), json.dumps({"key": key, **asdict(course)}, indent=1) + "\n")


def load_checkpoint(path: Path, key: str) -> tuple[Course, dict[str, Weights]] | None:
    """Return the course and groups of tensors of a checkpoint, or None if there is no file.

    Raises BenchError if it is broken, or of another stage, seed, model or documents than `key` stands for.
    """
    if not path.exists():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise BenchError(f"{path}: not a readable checkpoint ({error}); delete it to train afresh") from None
    if header.get("key") != key:
        raise BenchError(
            f"{path}: made with another stage, seed, model or documents; delete it or choose another folder"
        )
    parts: dict[str, Weights] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition("|")
        parts.setdefault(part, {})[rest] = value
    return Course(**json.loads(header["course"])), parts


def copy_weights(weights: Mapping[str, Tensor]) -> Weights:
    """Return a copy of weights in main memory that later steps do not touch."""
    return {name: value.detach().to("cpu", copy=True) for name, value in weights.items()}


@torch.no_grad()
def put_weights(weights: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Write `values` into `weights` of the same names."""
    for name, weight in weights.items():
        weight.copy_(values[name])


def optimiser_slots(optimiser: torch.optim.Optimizer, names: Iterable[str]) -> Weights:
    """Return an optimiser's moments and counters as "NAME|SLOT" -> tensor; `names` in the order of its weights."""
    state = optimiser.state_dict()["state"]
    listed = list(names)
    return {f"{listed[index]}|{slot}": value for index, slots in state.items() for slot, value in slots.items()}


def put_slots(optimiser: torch.optim.Optimizer, names: Iterable[str], values: Mapping[str, Tensor]) -> None:
    """Write what `optimiser_slots` gave back into an optimiser over the same weights."""
    place = {name: index for index, name in enumerate(names)}
    state: dict[int, Weights] = {}
    for path, value in values.items():
        name, _, slot = path.rpartition("|")
        state.setdefault(place[name], {})[slot] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
