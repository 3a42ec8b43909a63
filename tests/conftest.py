"""Fixtures every area shares: real logs if they are at hand, and a tiny synthetic log that always is."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import settings

from bench.config import to_toml
from bench.rng import stream

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")

REPOSITORY = Path(__file__).parent.parent

# Drawings outlive a run of the tests: their folder is named by the code that draws them.
os.environ.setdefault("NAVIBENCH_CACHE", str(REPOSITORY / ".tox" / "cache"))


def data_root() -> Path:
    """Where the real logs would be."""
    return Path(os.environ.get("NAVIBENCH_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture
def real_logs() -> Path:
    root = data_root()
    if not (root / "product" / "amazon-toys-2014").is_dir():
        pytest.skip("the real logs are not on this machine; set NAVIBENCH_DATA to their folder")
    return root


def write_log(folder: Path, users: int = 60, items: int = 30, seed: int = 0) -> Path:
    """Write a synthetic log with a first-order signal as a pair of files and a card; return the card's path."""
    rng = stream(seed, "tiny log")
    lines = []
    for user in range(users):
        step = int(rng.integers(items))
        sequence = []
        for _ in range(int(rng.integers(4, 12))):
            sequence.append(f"i{step:03d}")
            step = (step + 1) % items if rng.random() < 0.7 else int(rng.integers(items))
        lines.append(f"u{user:03d}\t{' '.join(sequence)}")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "sequences.tsv").write_text("\n".join(lines) + "\n")
    rows = [json.dumps({"item": f"i{item:03d}", "title": f"thing number {item}"}) for item in range(items)]
    (folder / "items.jsonl").write_text("\n".join(rows) + "\n")
    card = folder / "card.toml"
    card.write_text(
        to_toml(
            {
                "id": "test/tiny/next-item",
                "kind": "next-item",
                "scorers": ["recall@5", "ndcg@5", "mrr@5", "popularity-bias@5", "coverage@5"],
                "primary": "ndcg@5",
                "version": "1",
                "licence": "synthetic",
                "source": "made by the tests",
                "depth": 10,
                "data": {"loader": "tasks.load:load", "options": {"folder": "."}},
            }
        )
    )
    return card


@pytest.fixture
def card(tmp_path: Path) -> Path:
    """The card of a tiny synthetic log."""
    return write_log(tmp_path / "tiny")
