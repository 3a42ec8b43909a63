"""Reinforcement read by encoders that no reward used: differences are the cases', seeds are counted, the page agrees.

Invariants: 1. a row's difference is after minus before over the cases, both averaged over the seeds that both have;
2. a seed counts as alike where its own difference has the sign of the whole; 3. Holm is over all rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bench.rng import stream
from docs import unseen
from docs.measured import read
from docs.unseen import BARE, METRICS, cell, keep, rows_of, table

CASES = 60
TASK = "game/world/image"


class Seeds:
    """The runs of one variant, of which only the seeds are looked at."""

    def __init__(self, gain: float, *seeds: int) -> None:
        self.gain = gain
        self.runs = [Run(seed) for seed in seeds]


class Run:
    def __init__(self, seed: int) -> None:
        self.manifest = {"seed": seed}


def scores(group: Any, _: object, seeds: list[int]) -> Any:
    """Return scores that get better by `gain`, but worse in seed 2."""
    base = np.stack([stream(3, seed).random((CASES, len(METRICS))) for seed in seeds])
    signs = np.array([-1.0 if seed == 2 else 1.0 for seed in seeds])[:, None, None]
    return base + group.gain * signs, np.arange(CASES)


@pytest.fixture(autouse=True)
def no_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unseen, "tables", scores)


def test_rows_are_of_the_cases_and_the_seeds_that_both_have() -> None:
    rows = rows_of(TASK, Seeds(0.0, 0, 1, 2, 5), Seeds(0.3, 0, 1, 2))  # type: ignore[arg-type]
    assert [row["metric"] for row in rows] == list(METRICS)
    for row in rows:
        assert (row["seeds"], row["alike"]) == (3, 2)
        assert row["difference"] == pytest.approx(0.1) == pytest.approx(row["after"] - row["before"])
        assert row["least"] <= row["difference"] <= row["most"]
        assert cell(row).endswith("2/3")


def test_holm_is_over_all_rows(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    found = {(name, TASK): Seeds(gain, 0, 1) for name, gain in ((BARE, 0.0), ("full", 0.01))}
    found[BARE, "product/world/video"] = Seeds(0.0, 0)  # nothing to compare it with
    monkeypatch.setattr(unseen, "find_runs", lambda _: [])
    monkeypatch.setattr(unseen, "named", lambda _: found)
    monkeypatch.setattr(unseen, "MEASURED", tmp_path / "unseen.json")
    alone = [row["p"] for row in rows_of(TASK, found[BARE, TASK], found["full", TASK])]  # type: ignore[arg-type]
    keep(tmp_path)
    rows = read(unseen.MEASURED)
    assert {row["task"] for row in rows} == {TASK}
    assert min(row["p"] for row in rows) == pytest.approx(min(1.0, min(alone) * len(METRICS)))
    assert table(rows).count("\n") == 2


def test_what_is_committed_is_of_all_cards_that_were_measured() -> None:
    rows = read(unseen.MEASURED)
    assert rows and {row["metric"] for row in rows} == set(METRICS)
    assert len({(row["task"], row["metric"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["difference"] == pytest.approx(row["after"] - row["before"], abs=1e-9)
