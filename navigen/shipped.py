"""Small checkpoints that come with the source tree, found by what they were trained for."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from bench.api import Train
from bench.errors import BenchError
from bench.shipped import CHECKPOINTS
from navigen.identifiers.catalogue import Identified

SHIPPED = "shipped"


def all_shipped() -> list[Path]:
    """Return the folders of all shipped checkpoints, bases and policies."""
    return sorted(path.parent for path in CHECKPOINTS.glob("*/config.json"))


def find_shipped(systems: Sequence[str], train: Train) -> Path:
    """Return the folder of a checkpoint for a catalogue, made by the first of `systems` that has one.

    Raises BenchError that says which checkpoints there are.
    """
    wanted, there = Identified.of(train.items, None).digest(), []
    found: dict[str, Path] = {}
    for path in sorted(CHECKPOINTS.glob("*/navigen.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        there.append(f"{path.parent.name} ({told['system']})")
        if told["items"] == wanted:
            found.setdefault(told["system"], path.parent)
    for system in systems:
        if system in found:
            return found[system]
    raise BenchError(
        f"no checkpoint of {' or '.join(systems)} for these items is shipped; there are: {', '.join(there) or 'none'}; "
        "train one (navibench train) and name its folder"
    )
