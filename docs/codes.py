"""Prints what item codes are worth before anything is trained on them: one row an encoder, on Amazon Toys 2014."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from bench import catalogue
from bench.api import Dataset
from bench.report.render import number
from navigen.identifiers.encode import ENCODERS, FILED, encode_items
from navigen.identifiers.quality import Quality, measure_quality
from navigen.identifiers.quantise import quantise

TASK = "product/amazon-toys-2014/next-item"
LEVELS, CODES = 3, 256


def table(root: Path) -> str:
    """Return the quality of codes by encoder; neighbours are always those by behaviour."""
    card = catalogue.task(TASK)
    dataset: Dataset = catalogue.resolve(card.data.loader)(root, **card.data.options)
    truth = encode_items(dataset.train, "behaviour")
    head = ["encoder", "perplexity by level", "raw collisions", "largest cell", "widened", "kept at level 1", "level 2"]
    lines = [f"| {' | '.join(head)} |", "|---|---|" + "---:|" * 5]
    for encoder in [name for name in ENCODERS if name != FILED]:
        found = measure_quality(quantise(encode_items(dataset.train, encoder), LEVELS, CODES), truth)
        lines.append("| " + " | ".join([encoder, *cells(found)]) + " |")
    return "\n".join(lines)


def cells(found: Quality) -> list[str]:
    """Return the figures of one row as text."""
    spread = ", ".join(f"{value:.0f}" for value in found.perplexity)
    kept = [f"{number(found.kept[level])} (chance {number(found.chance[level])})" for level in (0, 1)]
    return [spread, number(found.collisions), str(found.largest), str(found.widened), *kept]


if __name__ == "__main__":
    if "NAVIBENCH_DATA" not in os.environ:
        sys.exit("set NAVIBENCH_DATA to the folder of the real logs")
    print(table(Path(os.environ["NAVIBENCH_DATA"])))
