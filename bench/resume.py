"""What any training needs to go on after a kill, in one file: named groups of tensors, and where it stood."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bench.errors import BenchError
from bench.io import canonical, write_atomic

Weights = dict[str, Tensor]


def save_state(path: Path, key: str, told: Mapping[str, object], parts: Mapping[str, Mapping[str, Tensor]]) -> None:
    """Write named groups of tensors atomically; `told` (JSON-able) travels in the header, so the two cannot part."""
    flat = {
        f"{part}|{name}": value.detach().cpu().contiguous().clone()
        for part, weights in parts.items()
        for name, value in weights.items()
    }
    header = {"key": key, "told": canonical(told)}
    write_atomic(path, lambda place: save_file(flat, place, metadata=header))


def load_state(path: Path, key: str, made_with: str) -> tuple[dict[str, Any], dict[str, Weights]] | None:
    """Return what `save_state` wrote, or None if there is no file.

    Raises BenchError if it is broken, or of another training than `key` stands for: "made with another `made_with`".
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
        raise BenchError(f"{path}: made with another {made_with}; delete it or choose another folder")
    parts: dict[str, Weights] = {}
    for name, value in tensors.items():
        part, _, rest = name.partition("|")
        parts.setdefault(part, {})[rest] = value
    told: dict[str, Any] = json.loads(header["told"])
    return told, parts


def moments(optimiser: torch.optim.Optimizer, names: Iterable[str]) -> Weights:
    """Return an optimiser's moments and counters as "NAME|SLOT" -> tensor; `names` in the order of its weights."""
    state, listed = optimiser.state_dict()["state"], list(names)
    return {f"{listed[place]}|{slot}": value for place, slots in state.items() for slot, value in slots.items()}


def put_moments(optimiser: torch.optim.Optimizer, names: Iterable[str], values: Mapping[str, Tensor]) -> None:
    """Write what `moments` gave back into an optimiser over the same weights."""
    place = {name: number for number, name in enumerate(names)}
    state: dict[int, Weights] = {}
    for path, value in values.items():
        name, _, slot = path.rpartition("|")
        state.setdefault(place[name], {})[slot] = value
    optimiser.load_state_dict({"state": state, "param_groups": optimiser.state_dict()["param_groups"]})
