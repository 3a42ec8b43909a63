"""One file that holds all a training needs to go on: weights, means, optimiser moments and where it stood."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from torch import Tensor, nn
from torch.optim import Optimizer

from bench.io import write_text
from bench.resume import Weights, load_state, moments, put_moments, save_state


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
    """Write everything with the course, and beside it what a person may read."""
    kept = {"model": model.state_dict(), "mean": mean.state_dict(), "best": best}
    save_state(path, key, asdict(course), {**kept, "moments": moments(optimiser, numbers(optimiser))})
    write_text(path.with_name("training.json"), json.dumps({"key": key, **asdict(course)}, indent=1) + "\n")


def load_checkpoint(
    path: Path, key: str, model: nn.Module, mean: nn.Module, optimiser: Optimizer
) -> tuple[Course, Weights] | None:
    """Put a checkpoint's tensors into `model`, `mean` and `optimiser`; return its course and best weights.

    Return None if there is no file. Raises BenchError if it is broken, or of another configuration, seed or data
    than `key` stands for.
    """
    found = load_state(path, key, "configuration, seed or data")
    if found is None:
        return None
    told, parts = found
    model.load_state_dict(parts["model"])
    mean.load_state_dict(parts["mean"])
    put_moments(optimiser, numbers(optimiser), parts.get("moments", {}))
    return Course(**told), parts.get("best", {})


def numbers(optimiser: Optimizer) -> list[str]:
    """Return a name for each weight of an optimiser: its number."""
    return [str(place) for place in range(sum(len(group["params"]) for group in optimiser.param_groups))]


def copy_weights(model: nn.Module) -> Weights:
    """Return a copy of a model's weights that later steps do not touch."""
    return {name: value.detach().clone() for name, value in model.state_dict().items()}
