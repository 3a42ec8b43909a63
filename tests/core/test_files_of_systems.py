"""What a system reads besides the data is part of a run's key: by its bytes, not by where it lies."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest

from bench.errors import BenchError
from bench.listing import Suite
from bench.manifest import fit_key, loaded, run_key
from bench.plan import Job, plan
from tests.systems import Counting

TARGET = "tests.core.test_files_of_systems:Reading"


@dataclass
class Reading(Counting):
    """Counts, and says that it reads folders."""

    base: str = ""

    places: ClassVar[list[Path]] = []

    @classmethod
    def files(cls, config: dict[str, Any]) -> list[Path]:
        return [*cls.places, *([Path(config["base"])] if config["base"] else [])]


def job_for(card: Path, system: str, *assign: str) -> Job:
    return plan(Suite("", (str(card),), (system,)), None, assign)[0][0]


def keys(job: Job) -> tuple[str, str]:
    return run_key(job, "data"), fit_key(job, "data")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = tmp_path / "here" / "checkpoint"
    made.mkdir(parents=True)
    (made / "model.safetensors").write_bytes(b"weights")
    (made / "config.json").write_text("{}")
    monkeypatch.setattr(Reading, "places", [made])
    return made


def test_a_changed_folder_changes_both_keys(card: Path, folder: Path) -> None:
    job = job_for(card, TARGET)
    first = keys(job)
    assert keys(job) == first
    (folder / "model.safetensors").write_bytes(b"weightz")
    changed = keys(job)
    assert not set(changed) & set(first)
    (folder / "model.safetensors").write_bytes(b"weights")
    assert keys(job) == first
    (folder / "config.json").rename(folder / "other.json")
    assert not set(keys(job)) & set(first)
    (folder / "other.json").rename(folder / "config.json")
    (folder / "more.json").write_text("{}")
    assert not set(keys(job)) & set(first)


def test_where_a_folder_lies_changes_nothing(
    card: Path, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = job_for(card, TARGET)
    first = keys(job)
    shutil.copytree(folder, tmp_path / "there" / "checkpoint")
    monkeypatch.setattr(Reading, "places", [tmp_path / "there" / "checkpoint"])
    assert keys(job) == first
    monkeypatch.setattr(Reading, "places", [])
    assert not set(keys(job)) & set(first)
    assert loaded(job) == {}


def test_the_order_in_which_folders_are_told_changes_nothing(
    card: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folder.parent / "there" / "base"
    other.mkdir(parents=True)
    (other / "config.json").write_text("[]")
    job, found = job_for(card, TARGET), []
    for places in ([folder, other], [other, folder]):
        monkeypatch.setattr(Reading, "places", places)
        found.append(loaded(job))
    assert found[0] == found[1] and [name for name, _ in found[0]["files"]] == ["base", "checkpoint"]


def test_a_system_that_says_nothing_reads_nothing(card: Path) -> None:
    for system in ("popularity", "tests.systems:Counting"):
        assert loaded(job_for(card, system)) == {}


def test_systems_that_speak_name_their_base_and_checkpoint(card: Path, folder: Path) -> None:
    pytest.importorskip("transformers")
    for system in ("raw-history", "text-ids", "code-ids", "sft-only", "navigen"):
        world = loaded(job_for(card, system, f"{system}.base=world"))
        assert [name for name, _ in world["files"]] == ["world-base"]
        assert loaded(job_for(card, system, f"{system}.base=catalogue")) == {}
        own = job_for(card, system, f"{system}.base={folder}")
        assert [name for name, _ in loaded(own)["files"]] == ["checkpoint"]
    own = job_for(card, "navigen", f"navigen.checkpoint={folder}")
    first = keys(own)
    assert [name for name, _ in loaded(own)["files"]] == ["checkpoint"]
    (folder / "model.safetensors").write_bytes(b"other")
    assert not set(keys(own)) & set(first)
    shipped = loaded(job_for(card, "navigen", "navigen.checkpoint=shipped"))
    assert "world-base" in [name for name, _ in shipped["files"]]


def test_a_folder_that_is_missing_is_an_error(card: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Reading, "places", [tmp_path / "missing"])
    with pytest.raises(BenchError, match="no such file or folder"):
        loaded(job_for(card, TARGET))
