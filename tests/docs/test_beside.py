"""The method beside the baselines: differences are the cases', of default settings only, and Holm is over a kind.

Invariants: 1. a difference is the mean of the method's cases minus the mean of the other's; 2. p is corrected over all
comparisons of a kind of task; 3. a system that was not measured, or asked otherwise, or with settings, has no cell.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bench.api import Kind
from bench.report.render import probability
from bench.rng import stream
from bench.stats import holm
from docs.beside import BESIDE, Told, compare, stored, table
from tests.report.scored_results import store_scored, write_run

CARD = {"version": "1", "primary": "main@10", "scorers": ["main@10"]}
TASKS = ("product/world/next-item", "game/world/next-item")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Told]:
    """Two reports: the method with three seeds and a variant of it; two baselines, one of them on one card only."""
    folder, base = tmp_path_factory.mktemp("runs"), stream(0, "beside").random(120)
    whole, others = [], []
    for task in TASKS:
        about = {"task": {"id": task, **CARD}}
        seeds = [write_run(folder / task, "navigen", base + 0.01 * seed, seed, **about) for seed in range(3)]
        coarse = {"device": {"name": "cpu", "dtype": "bfloat16"}}
        whole += [*seeds, write_run(folder / task / "variant", "navigen", base + 1, **about, **coarse)]
        others.append(write_run(folder / task, "markov", base + 0.5, **about))
    others.append(
        write_run(folder / TASKS[0], "text-ids", base[::-1].copy(), **about | {"task": {"id": TASKS[0], **CARD}})
    )
    others.append(write_run(folder / "other", "sft-only", base, **about, limit=7))
    places = store_scored(tmp_path_factory.mktemp("results"), whole=whole, others=others)
    return stored([places / "whole.json", places / "others.json"])


def test_differences_are_those_of_the_cases(found: dict[tuple[str, str], Told]) -> None:
    pairs = compare(found, Kind.NEXT_ITEM)
    assert set(pairs) == {(TASKS[0], "markov"), (TASKS[0], "text-ids"), (TASKS[1], "markov")}
    assert pairs[TASKS[0], "markov"].difference == pytest.approx(0.01 - 0.5)
    assert pairs[TASKS[0], "text-ids"].difference == pytest.approx(0.01)
    assert not compare(found, Kind.IMAGE)


def test_p_is_corrected_over_a_kind(found: dict[tuple[str, str], Told]) -> None:
    pairs = compare(found, Kind.NEXT_ITEM)
    adjusted = holm(np.array([line.p for line in pairs.values()]))
    lines = {line.split("|")[1].strip(): line for line in table(found, Kind.NEXT_ITEM).splitlines()}
    for (_, name), p in zip(pairs, adjusted, strict=True):
        assert f"p {probability(float(p))} |" in lines[name]
    assert any(p > line.p for p, line in zip(adjusted, pairs.values(), strict=True) if line.p is not None)


def test_only_what_was_measured_as_it_is_has_a_cell(found: dict[tuple[str, str], Told]) -> None:
    head, _, *lines = table(found, Kind.NEXT_ITEM).splitlines()
    cells = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]] for line in lines}
    assert head.startswith("| main@10, next-item | product | game | short-video |")
    assert list(cells) == ["navigen", *BESIDE[Kind.NEXT_ITEM]]
    assert all("(3 seeds)" in cell for cell in cells["navigen"][:2]) and cells["navigen"][2] == ""
    assert [bool(cell) for cell in cells["text-ids"]] == [True, False, False]
    assert cells["raw-history"] == [""] * 3
    assert "-0.4900" in cells["markov"][1] and ";" not in cells["sft-only"][1]


def test_what_is_stored_can_be_read() -> None:
    results = Path(__file__).parent.parent.parent / "results"
    told = stored([results / "ablations.json", results / "language.json"])
    for kind in BESIDE:
        assert {name for task, name in told if task.endswith(kind.value)} >= {"navigen", "raw-history"}
        assert len(compare(told, kind)) >= 3
