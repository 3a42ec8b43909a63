"""Before and after reinforcement: rows are those of the whole method, means are over seeds, nothing is made up.

Invariants: 1. only checkpoints of the whole method are read, and of their looks the first and the one that was kept;
2. a card's figures are of the seeds that both policies have; 3. a domain without a checkpoint has no column; 4. what
is committed is whole, and a policy that was kept as it began has not changed; 5. what the page says of reinforcement is
seen on the cards, whose cases choose no weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docs import reinforced
from docs.measured import read
from docs.reinforced import BARE, COMPARED, HELD, MEASURED, QUALITY, card_rows, held_rows, table
from docs.variants import corrected, tasks_of
from navigen.identifiers.catalogue import Identified
from tasks.suites import DOMAINS
from tasks.world.load import load

CONFIG = {"reinforce": {"steps": 40}}


def look(step: int, value: float) -> dict[str, float]:
    """Return a look at held-out answers, every part of it alike."""
    names = [*HELD, *(f"held/cid2ins/quality/{part}" for part in QUALITY)]
    return {"step": float(step), **dict.fromkeys(names, value)}


def put(out: Path, name: str, recipe: Any, seed: int) -> None:
    """Write what a checkpoint of the game domain tells."""
    history = [look(0, 0.25), {"step": 10.0, "loss": 1.0}, look(20, 0.75), look(40, 0.5)]
    course = {"best_step": 20, "history": history}
    items = Identified.of(load(None, domain="game").train.items, None).digest()
    told = {"recipe": recipe, "seed": seed, "items": items, "stages": [{}, course]}
    folder = out / "fits" / "navigen" / name / "policy"
    folder.mkdir(parents=True)
    (folder / "navigen.json").write_text(json.dumps(told))


class Manifest:
    """A run that has figures and nothing else."""

    def __init__(self, seed: int, value: float, changed: dict[str, Any] | None = None) -> None:
        system = {"name": "navigen", "changed": changed or {}, "config": {**CONFIG, **(changed or {})}}
        figures = {name: {"value": value} for name in reinforced.FIGURES}
        self.manifest = {"seed": seed, "figures": figures, "system": system}


class Grouped:
    """The runs of one variant."""

    def __init__(self, *values: float) -> None:
        self.runs = tuple(Manifest(seed, value) for seed, value in enumerate(values))


def test_first_and_kept_looks_of_the_whole_method(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, "fit-0", CONFIG, 0)
    put(tmp_path, "fit-other", {"reinforce": {"steps": 0}}, 1)
    monkeypatch.setattr(reinforced, "find_runs", lambda _: [Manifest(0, 0.0), Manifest(1, 0.0, {"reinforce": {}})])
    rows = held_rows(tmp_path)
    assert {(row["domain"], row["seed"]) for row in rows} == {("game", 0)}
    values = {row["what"]: (row["before"], row["after"]) for row in rows}
    assert values.pop("step") == (0, 20)
    assert set(values) == {*HELD, "quality"}
    assert set(values.values()) == {(0.25, 0.75)}


def test_cards_are_compared_over_the_seeds_that_both_have(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {(BARE, "game/world/image"): Grouped(1.0, 3.0), ("full", "game/world/image"): Grouped(5.0, 7.0, 90.0)}
    monkeypatch.setattr(reinforced, "named", lambda _: {**found, ("full", "product/world/image"): Grouped(1.0)})
    rows = card_rows([])
    assert {row["what"] for row in rows} == {f"image: {name}" for name in reinforced.FIGURES}
    assert {(row["domain"], row["before"], row["after"]) for row in rows} == {("game", 2.0, 6.0)}


def test_the_table_has_a_column_for_what_was_measured() -> None:
    rows = [
        {"domain": "game", "seed": seed, "what": what, "before": 0.25, "after": after}
        for seed, after in ((0, 0.5), (1, 1.0))
        for what in ("step", "held")
    ]
    text = table(rows)
    assert "game, 2 seeds" in text and "product" not in text
    assert "| reward | .2500 → .7500 |" in text


def test_what_is_committed() -> None:
    rows = read(MEASURED)
    assert {row["domain"] for row in rows} <= set(DOMAINS)
    assert len({(row["domain"], row["seed"], row["what"]) for row in rows}) == len(rows)
    policies = {(row["domain"], row["seed"]) for row in rows if row["seed"] is not None}
    assert policies
    for domain, seed in policies:
        own = {
            row["what"]: (row["before"], row["after"]) for row in rows if (row["domain"], row["seed"]) == (domain, seed)
        }
        assert set(own) == {"step", "quality", *HELD}
        began, kept = own.pop("step")
        assert began == 0
        assert any(before != after for before, after in own.values()) == (kept > 0), (domain, seed)


def test_the_cards_agree_with_what_the_page_says_of_the_reward() -> None:
    """The questions that choose the weights cannot show a loss; the cards can."""
    named = [row for row in corrected(read(COMPARED)) if (row["variant"], row["metric"]) == (BARE, "attribute-f1")]
    assert {row["task"] for row in named} == {task for kind in ("image", "video") for task in tasks_of(kind)}
    for row in named:
        assert row["difference"] < 0 and row["p"] < 0.05, (
            f"{row['task']}: docs/ablations.md says it names fewer without"
        )
