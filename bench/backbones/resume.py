"""What a training of a CLIP needs to go on, in one file: weights, moments, and where it stood (needs torch)."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from bench.errors import BenchError
from bench.io import canonical, write_atomic


@dataclass
class Course:
    """Steps done, and the mean loss between checkpoints so far."""

    step: int = 0
    history: list[float] = field(default_factory=list)


def save_state(path: Path, key: str, model: nn.Module, optimiser: torch.optim.Optimizer, course: Course) -> None:
    """Write everything atomically; the course travels in the header, so that the two cannot part."""
    kept = {f"model|{name}": value for name, value in model.state_dict().items()}
    for place, slots in optimiser.state_dict()["state"].items():
        kept |= {f"moment|{place}|{slot}": value for slot, value in slots.items()}
    owned = {name: value.detach().cpu().contiguous().clone() for name, value in kept.items()}
    header = {"key": key, "course": canonical(asdict(course))}
    write_atomic(path, lambda part: save_file(owned, part, metadata=header))


def load_state(path: Path, key: str, model: nn.Module, optimiser: torch.optim.Optimizer) -> Course:
    """Put a kept state into model and optimiser and return its course; a fresh course if there is no file.

    Raises BenchError if the file is broken, or of another training than `key` stands for.
    """
    if not path.exists():
        return Course()
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            kept = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise BenchError(f"{path}: not a readable checkpoint ({error}); delete it to train afresh") from None
    if header.get("key") != key:
        raise BenchError(f"{path}: made with other settings or another seed; delete it or choose another folder")
    weights = {name.removeprefix("model|"): value for name, value in kept.items() if name.startswith("model|")}
    model.load_state_dict(weights)
    state: dict[int, dict[str, torch.Tensor]] = {}
    for name, value in kept.items():
        if name.startswith("moment|"):
            _, place, slot = name.split("|")
            state.setdefault(int(place), {})[slot] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
    return Course(**json.loads(header["course"]))
