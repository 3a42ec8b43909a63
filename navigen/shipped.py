"""Small checkpoints that come with the source tree, found by what they were trained for."""

from __future__ import annotations

import json
from pathlib import Path

from bench.api import Train
from bench.errors import BenchError
from navigen.identifiers.catalogue import Identified

CHECKPOINTS = Path(__file__).resolve().parents[1] / "results" / "checkpoints"
SHIPPED = "shipped"


def shipped(name: str) -> Path:
    """Return the folder of a shipped checkpoint; an installation without the source tree has none."""
    folder = CHECKPOINTS / name
    if not (folder / "config.json").is_file():
        raise BenchError(
            f"no checkpoint {name!r} comes with this installation; run from a clone, or give a folder instead"
        )
    return folder


def all_shipped() -> list[Path]:
    """Return the folders of all shipped checkpoints, bases and policies."""
    return sorted(path.parent for path in CHECKPOINTS.glob("*/config.json"))


def find_shipped(system: str, train: Train) -> Path:
    """Return the folder of the checkpoint of a system for a catalogue, or say which there are."""
    wanted, there = Identified.of(train.items, None).digest(), []
    for path in sorted(CHECKPOINTS.glob("*/navigen.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["system"] == system and told["items"] == wanted:
            return path.parent
        there.append(path.parent.name)
    raise BenchError(f"no checkpoint of {system} for these items is shipped; there are: {', '.join(there) or 'none'}")
