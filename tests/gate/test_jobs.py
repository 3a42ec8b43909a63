"""From pins to runs: the pinned question with the pinned settings, a checkpoint in place, changed cards refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.gate.jobs import check_question, for_checkpoint, for_system
from bench.gate.pins import read_pins
from tests.conftest import REPOSITORY

PINS = read_pins(REPOSITORY / "results" / "pinned.toml")
CHECKPOINT = REPOSITORY / "results" / "checkpoints" / "product-code-ids"


def test_every_shipped_entry_can_be_run_again_as_pinned() -> None:
    jobs = for_system(PINS, PINS.table)
    assert [name for name, _ in jobs] == list(PINS.table)
    for name, job in jobs:
        pin = PINS.table[name]
        check_question(name, pin, job)
        told = (job.task.id, job.system, job.seed, job.limit, job.seen, job.changed)
        assert told == (pin.task, pin.system, pin.seeds[0], pin.limit, pin.seen, pin.settings)


def test_a_checkpoint_takes_the_place_of_the_pinned_one() -> None:
    jobs = for_checkpoint(PINS, PINS.choose(["product/*"]), CHECKPOINT, None)
    assert {job.system for _, job in jobs} == {"sft-only"}  # markov reads none
    assert {job.config["checkpoint"] for _, job in jobs} == {str(CHECKPOINT)}
    other = for_checkpoint(PINS, PINS.choose(["product/*:sft-only"]), CHECKPOINT, "code-ids")
    assert [(job.system, job.limit) for _, job in other] == [("code-ids", 400)] * 2


def test_what_cannot_be_laid_out_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="neither a run nor a checkpoint"):
        for_checkpoint(PINS, PINS.table, tmp_path, None)
    with pytest.raises(BenchError, match="no setting checkpoint"):
        for_checkpoint(PINS, PINS.table, CHECKPOINT, "markov")
    with pytest.raises(BenchError, match="did you mean sft-only"):
        for_system(PINS, PINS.table, "sft-onyl")


def test_a_changed_card_is_refused_before_anything_runs() -> None:
    name, job = for_system(PINS, PINS.choose(["product/world/next-item:markov"]))[0]
    pin = PINS.table[name]
    with pytest.raises(BenchError, match=r"version is .*, pinned 0; pin again"):
        check_question(name, replace(pin, version="0"), job)
    with pytest.raises(BenchError, match=r"fingerprint is .*, pinned abc"):
        check_question(name, replace(pin, fingerprint="abc"), job)
