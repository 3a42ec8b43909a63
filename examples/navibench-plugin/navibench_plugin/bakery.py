"""A task: what a customer of a bakery buys next; its card, and the loader of the files in this package."""

from __future__ import annotations

from pathlib import Path

from bench.api import Data, Dataset, Kind, Task
from tasks.load import load as read

NEXT = Task(
    id="own/bakery/next-item",
    kind=Kind.NEXT_ITEM,
    data=Data("navibench_plugin.bakery:load"),
    scorers=("ndcg@10", "recall@5", "fresh@5"),
    primary="ndcg@10",
    version="1",
    licence="CC0-1.0",
    source="synthetic, made for this example",
    notes="40 customers, 16 things, at most 12 purchases each; the last one is asked.",
    depth=16,
)


def load(root: Path | None) -> Dataset:
    """Return the data, which lie in this package and not below the user's data root."""
    del root
    return read(Path(__file__).parent, folder="log")
