"""What the search gains: rows are the samples' means and paired differences, and what is stored is what is printed.

Invariants: 1. a gain is the mean of a search minus that of a single draft, over the same users; 2. calls are those that
were made; 3. a sample is of one user, held out, chosen by hash; 4. a single draft has no gain.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.api import Kind
from docs import search
from docs.measured import read
from docs.search import ARMS, MEASURED, SINGLE, table, world_samples
from tasks.suites import DOMAINS
from tasks.world.load import load
from tests.conftest import REPOSITORY

FEW = 6


def check(rows: list[search.Row], samples: int) -> None:
    assert [(row["domain"], row["search"]) for row in rows] == [(domain, name) for domain in DOMAINS for name in ARMS]
    calls = dict(zip(ARMS, (2, 2, 4, 6, 10), strict=True))
    for row in rows:
        assert row["samples"] == samples and row["calls"] == calls[row["search"]]
        (single,) = [one for one in rows if (one["domain"], one["search"]) == (row["domain"], SINGLE)]
        for what in ("judged", "again"):
            if row is single:
                assert f"{what}_gain" not in row
                continue
            gain, least, most = row[f"{what}_gain"]
            assert gain == pytest.approx(row[what] - single[what]) and least <= gain <= most


def test_a_few_samples_can_be_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MEASURED", tmp_path / "search.json")
    search.keep(FEW)
    rows = read(search.MEASURED)
    check(rows, FEW)
    assert any(row["judged"] != row["again"] for row in rows), "the judge is noisy"
    cells = [cell.strip() for cell in table(rows).splitlines()[4].split("|")[1:-1]]
    gain = rows[2]["judged_gain"][0]
    assert cells[:4] == ["product", "R = 1", str(FEW), "4"]
    assert cells[5].startswith(f"{gain:+.4f} [") and cells[6] == f"{gain / 4:+.3f}"


def test_samples_are_users_held_out_and_few_are_among_many() -> None:
    train = load(None, domain="game").train
    many, few = world_samples(train, 40), world_samples(train, 10)
    assert few == many[:10] and len({one.id for one in many}) == 40
    assert {one.kind for one in few} == {Kind.IMAGE, Kind.VIDEO}
    held = {one.query.user: one for one in train.validation}
    for sample in few:
        asked = held[sample.id]
        assert sample.target.id == asked.targets[0]
        assert tuple(item.id for item in sample.history) == asked.query.history


def test_what_is_stored_is_printed() -> None:
    rows = read(MEASURED)
    check(rows, rows[0]["samples"])
    assert rows[0]["samples"] >= 500
    command = [sys.executable, "-m", "docs.search"]
    shown = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert shown.strip() == table(rows)
    assert table(rows) in (REPOSITORY / "docs" / "teacher.md").read_text(encoding="utf-8")


def test_searching_pays_as_the_page_says() -> None:
    """Every search gains, each round less than the one before."""
    rows = read(MEASURED)
    for domain in DOMAINS:
        own = [row for row in rows if row["domain"] == domain and row["search"] != SINGLE]
        assert all(row["again_gain"][1] > 0 for row in own)
        by_call = [row["again_gain"][0] / row["calls"] for row in own]
        assert by_call == sorted(by_call, reverse=True)
        gains, rounds = [row["again_gain"][0] for row in own], (0, 1, 2, 4)
        steps = [(gains[place + 1] - gains[place]) / (rounds[place + 1] - rounds[place]) for place in range(3)]
        assert min(steps) > 0 and steps == sorted(steps, reverse=True) and steps[0] < gains[0]
