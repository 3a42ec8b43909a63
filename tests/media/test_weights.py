"""A generator's fingerprint changes with whatever decides pixels, and missing weights say what to do."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from bench.api import Context
from bench.errors import BenchError
from bench.generators.presets import DiffusersImage, SDXLTurbo, WorldImage, ZImageTurbo

Folder = Callable[[str], Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Something that looks like a pipeline: a fingerprint loads nothing."""
    root = tmp_path_factory.mktemp("weights") / "pipe"
    (root / "unet").mkdir(parents=True)
    (root / "safety_checker").mkdir()
    (root / "model_index.json").write_text(
        '{"_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"], '
        '"safety_checker": ["stable_diffusion", "StableDiffusionSafetyChecker"], "feature_extractor": [null, null]}'
    )
    (root / "unet" / "config.json").write_text("{}")
    (root / "unet" / "model.safetensors").write_bytes(b"weights")
    (root / "safety_checker" / "model.safetensors").write_bytes(b"never loaded")
    return root


@pytest.mark.parametrize(
    "change",
    [
        {"height": 8},
        {"steps": 2},
        {"guidance": 2.0},
        {"negative": "ugly"},
        {"dtype": "float32"},
        {"vae_dtype": "float32"},
        {"batch": 3},
        {"fps": 5},
        {"extra": ("clip_skip=1",)},
        {"scheduler": ("class=DDIMScheduler",)},
        {"pipeline_class": "bench.io:digest"},
    ],
)
def test_settings_that_decide_pixels_change_the_fingerprint(change: dict[str, Any], folder: Path) -> None:
    usual = DiffusersImage(str(folder))
    assert usual.fingerprint != replace(usual, **change).fingerprint


def test_code_that_a_class_is_made_of_changes_the_fingerprint(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "drawing"
    package.mkdir()
    (package / "pipe.py").write_text("from drawing.pens import pen\n")
    (package / "pens.py").write_text("from drawing.ink import ink\npen = ink\n")
    (package / "ink.py").write_text("ink = 1\n")
    (package / "easel.py").write_text("never = 'imported'\n")
    monkeypatch.syspath_prepend(tmp_path)

    def told() -> str:
        return DiffusersImage(str(folder), pipeline_class="drawing.pipe:Pipe").fingerprint

    usual = told()
    (package / "easel.py").write_text("never = 'looked at'\n")
    assert told() == usual
    (package / "ink.py").write_text("ink = 2\n")
    assert told() != usual


def test_places_do_not_change_the_fingerprint(folder: Path, tmp_path: Path) -> None:
    usual = DiffusersImage(str(folder)).fingerprint
    assert DiffusersImage(str(folder), offload="model", context=Context(device="cuda")).fingerprint == usual
    shutil.copytree(folder, tmp_path / "moved")
    (tmp_path / "moved" / "README.md").write_text("words")
    (tmp_path / "moved" / "safety_checker" / "model.safetensors").write_bytes(b"other")
    (tmp_path / "moved" / "everything.safetensors").write_bytes(b"a single file that no pipeline reads")
    assert DiffusersImage(str(tmp_path / "moved")).fingerprint == usual


@pytest.mark.parametrize("name", ["unet/model.safetensors", "unet/config.json", "model_index.json"])
def test_bytes_of_the_weights_change_the_fingerprint(name: str, folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "other")
    (tmp_path / "other" / name).write_bytes((folder / name).read_bytes() + b" ")
    assert DiffusersImage(str(tmp_path / "other")).fingerprint != DiffusersImage(str(folder)).fingerprint


def test_a_pinned_name_on_the_hub_has_a_fingerprint_without_a_download() -> None:
    usual = ZImageTurbo()
    assert usual.fingerprint == ZImageTurbo().fingerprint
    assert usual.fingerprint != replace(usual, revision="0" * 40).fingerprint


@pytest.mark.parametrize("revision", ["", "main", "v1.0"])
def test_a_name_on_the_hub_needs_its_commit(revision: str) -> None:
    with pytest.raises(BenchError, match=r"needs its commit.*generator.revision=COMMIT.*huggingface.co/you/pipe"):
        _ = DiffusersImage("you/pipe", revision).fingerprint


def test_the_commit_of_a_preset_is_not_that_of_another_name() -> None:
    with pytest.raises(BenchError, match=r"models/sdxl: no such folder.*needs its commit"):
        _ = SDXLTurbo("models/sdxl").fingerprint


def test_missing_folders_say_what_to_do(folder: Path) -> None:
    with pytest.raises(BenchError, match=r"generator.pipeline is not set"):
        _ = DiffusersImage().fingerprint
    with pytest.raises(BenchError, match=r"/no/where: no such folder.*--set generator.pipeline=DIR"):
        _ = DiffusersImage("/no/where").fingerprint
    with pytest.raises(BenchError, match=r"unet: no model_index.json"):
        _ = DiffusersImage(str(folder / "unet")).fingerprint
    with pytest.raises(BenchError, match=r"there is no module no.where"):
        _ = DiffusersImage(str(folder), pipeline_class="no.where:Class").fingerprint


def test_what_cannot_be_downloaded_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("diffusers")
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(
        BenchError, match=r"hf download stabilityai/sdxl-turbo --revision 7115.* --local-dir models/sdxl"
    ):
        SDXLTurbo().render(["a"], [1])


def test_shipped_pipelines_are_found_from_any_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from bench.generators import weights

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(weights, "CHECKPOINTS", tmp_path / "shipped")
    with pytest.raises(BenchError, match=r"no such folder"):
        weights.folder_of(WorldImage())
    (tmp_path / "shipped" / "world-image").mkdir(parents=True)
    (tmp_path / "shipped" / "world-image" / "model_index.json").write_text("{}")
    assert weights.folder_of(WorldImage()) == tmp_path / "shipped" / "world-image"


@pytest.mark.skipif(find_spec("torchao") is not None, reason="shows what a missing torchao says")
def test_a_missing_package_is_named(folder: Path) -> None:
    with pytest.raises(BenchError, match=r"needs the package torchao: pip install torchao"):
        _ = DiffusersImage(str(folder), quantise="int8").fingerprint
