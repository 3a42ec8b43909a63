"""Of the systems that speak: the numbers in which their settings differ, and how large the shipped models are.

`python -m docs.speaking settings` prints the one, `python -m docs.speaking sizes` the other.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path

from safetensors import safe_open

from bench.catalogue import system
from bench.config import plain
from bench.shipped import CHECKPOINTS

SYSTEMS = ("sft-only", "code-ids", "text-ids", "raw-history", "navigen")
BASE = CHECKPOINTS / "world-base"
WEIGHTS = "model.safetensors"


def settings() -> str:
    """Return a line a number that is not the same in all systems, a column a system; nothing where it has none."""
    told = [plain(system(name)()) for name in SYSTEMS]
    numbers = [{name: value for name, value in one.items() if type(value) in (int, float)} for one in told]
    lines = [f"| setting | {' | '.join(SYSTEMS)} |", "|---|" + "---:|" * len(SYSTEMS)]
    for name in dict.fromkeys(name for one in numbers for name in one):
        values = [one[name] for one in numbers if name in one]
        if len(values) > 1 and len(set(values)) > 1:
            lines.append(f"| `{name}` | {' | '.join(str(one.get(name, '')) for one in numbers)} |")
    return "\n".join(lines)


def language_models() -> list[Path]:
    """Return the folders of the language models that ship: the base, and the policies made from it."""
    return sorted(path.parent for path in CHECKPOINTS.glob(f"*/{WEIGHTS}") if (path.parent / "tokenizer.json").exists())


def count(folder: Path) -> int:
    """Return how many parameters the weights in a folder have."""
    with safe_open(folder / WEIGHTS, "numpy") as weights:
        return sum(prod(weights.get_slice(name).get_shape()) for name in weights.offset_keys())


def size(folder: Path) -> int:
    """Return the bytes of a folder's files."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sizes() -> str:
    """Return a line a language model that ships, with its parameters and the bytes of its folder, and their sum."""
    lines = ["| shipped | parameters | MB |", "|---|---:|---:|"]
    folders = language_models()
    lines += [f"| `{one.name}` | {count(one):,} | {size(one) / 2**20:.1f} |" for one in folders]
    return "\n".join([*lines, f"| together | | {sum(map(size, folders)) / 2**20:.1f} |"])


PARTS: Mapping[str, Callable[[], str]] = {"settings": settings, "sizes": sizes}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    print(PARTS[parser.parse_args().part]())
