"""One file that holds all a training needs to go on: weights, means, optimiser moments and where it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.optim import Optimizer

from bench.errors import BenchError
from bench.io import canonical, write_atomic, write_text

Weights = dict[str, Tensor]


@dataclass
class Course:
    """Where a training stands: epochs done, the best validation score and its epoch, one history row an epoch."""

    epoch: int = 0
    best: float | None = None
    best_epoch: int = 0
    stopped: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


def save_checkpoint(
    path: Path,
    key: str,
    course: Course,
    *,
    model: nn.Module,
    mean: nn.Module,
    optimiser: Optimizer,
    best: Mapping[str, Tensor],
) -> None:
    """Write everything atomically; the course travels in the header, so that tensors and course cannot part."""
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    tensors |= {f"mean.{name}": value for name, value in mean.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in best.items()}
    for index, slots in optimiser.state_dict()["state"].items():
        tensors |= {f"optimiser.{index}.{slot}": value for slot, value in slots.items()}
    owned = {name: value.detach().cpu().contiguous().clone() for name, value in tensors.items()}
    header = {"key": key, "course": canonical(asdict(course))}
    write_atomic(path, lambda part: save_file(owned, part, metadata=header))
    write_text(path.with_name("training.json"), json.dumps({"key": key, **asdict(course)}, indent=1) + "\n")


def load_checkpoint(
    path: Path, key: str, model: nn.Module, mean: nn.Module, optimiser: Optimizer
) -> tuple[Course, Weights] | None:
    """Put a checkpoint's tensors into `model`, `mean` and `optimiser`; return its course and best weights.

    Return None if there is no file. Raises BenchError if it is broken, or of another configuration, seed or data
    than `key` stands for.
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
        raise BenchError(f"{path}: made with another configuration, seed or data; delete it or choose another folder")
    model.load_state_dict(select(tensors, "model."))
    mean.load_state_dict(select(tensors, "mean."))
    state: dict[int, Weights] = {}
    for name, value in select(tensors, "optimiser.").items():
        index, slot = name.split(".")
        state.setdefault(int(index), {})[slot] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return Course(**json.loads(header["course"])), select(tensors, "best.")


def select(tensors: Mapping[str, Tensor], prefix: str) -> Weights:
    """Return the tensors whose names start with `prefix`, without it."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def copy_weights(model: nn.Module) -> Weights:
    """Return a copy of a model's weights that later steps do not touch."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
