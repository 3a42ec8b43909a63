"""Where the small models lie that come with the source tree."""

from __future__ import annotations

from pathlib import Path

from bench.errors import BenchError

CHECKPOINTS = Path(__file__).resolve().parents[1] / "results" / "checkpoints"


def shipped(name: str, file: str = "config.json") -> Path:
    """Return the folder of a shipped checkpoint, known by a `file` in it; an installation alone has none."""
    folder = CHECKPOINTS / name
    if not (folder / file).is_file():
        raise BenchError(
            f"no checkpoint {name!r} comes with this installation; run from a clone, or give a folder instead"
        )
    return folder
