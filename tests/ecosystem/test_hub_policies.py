"""Checkpoints and bases by their name on the hub: the same bytes give the same answers and the same key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from baselines.language import SftOnly
from bench.errors import BenchError
from bench.generators.settings import Settings
from bench.generators.weights import folder_of
from bench.lm.chat import folder_of as model_folder
from bench.manifest import folder_digest
from bench.shipped import CHECKPOINTS
from navigen.packages import base_folders, find_base
from tests.ecosystem.conftest import Command
from tests.ecosystem.fakehub import COMMIT, lay_out


def shipped(name: str) -> dict[str, bytes]:
    folder = CHECKPOINTS / name
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(".")
    }


def test_a_checkpoint_is_asked_as_the_folder_it_is_a_copy_of(cache: Path, navibench: Command, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    made = lay_out(cache, "model", "me/policy", shipped("product-sft-only"))
    name = f"hub:me/policy@{COMMIT}"
    assert folder_digest(made) == folder_digest(CHECKPOINTS / "product-sft-only")
    words = ("run", "--task", "product/world/next-item", "--system", "sft-only", "--limit", "4")
    navibench(*words, "--set", f"sft-only.checkpoint={name}", HF_HUB_OFFLINE="1")
    told = json.loads(next((tmp_path / "runs").rglob("run.json")).read_text())
    assert told["system"]["config"]["checkpoint"] == name
    assert told["counts"]["failed"] == 0


def test_what_is_absent_names_the_command_before_anything_is_asked(cache: Path) -> None:
    usual = {"checkpoint": "", "base": "world", "sentences": "", "prompts": ""}
    with pytest.raises(BenchError, match=f"navibench fetch hub:me/policy@{COMMIT}$"):
        list(SftOnly.files({**usual, "checkpoint": f"hub:me/policy@{COMMIT}"}))
    with pytest.raises(BenchError, match="'main' may mean other bytes tomorrow"):
        list(SftOnly.files({**usual, "base": "hub:me/base@main"}))


def test_bases_backends_and_pipelines_take_the_same_name(cache: Path) -> None:
    name = f"hub:me/base@{COMMIT}"
    made = lay_out(cache, "model", "me/base", shipped("world-base"))
    assert find_base(name, "") == (str(made), "")
    assert base_folders(name) == [made]
    assert model_folder(name, "") == model_folder("me/base", COMMIT) == made
    painter = lay_out(cache, "model", "me/painter", shipped("world-image"))
    assert folder_of(Settings(pipeline=f"hub:me/painter@{COMMIT}")) == painter
    with pytest.raises(BenchError, match="may mean other bytes"):
        model_folder("me/base", "main")
    with pytest.raises(BenchError, match="hub:OWNER/NAME@COMMIT"):
        model_folder("me/base", "")
