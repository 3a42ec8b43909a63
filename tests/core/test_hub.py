"""Models pinned by commit: read from the hub's cache, refused where they are not whole; settings laid over settings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.asked import merged, nest
from bench.errors import BenchError
from bench.hub import has_weights, local, pinned

COMMIT = "0123456789abcdef0123456789abcdef01234567"
NAME = f"someone/a-model@{COMMIT}"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which the hub's client keeps the files of that commit."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    folder = tmp_path / "models--someone--a-model" / "snapshots" / COMMIT
    folder.mkdir(parents=True)
    return folder


def test_a_pinned_model_is_found_once_it_is_whole(cache: Path) -> None:
    repository = pinned(NAME)
    assert repository is not None and repository.command == f"hf download someone/a-model --revision {COMMIT}"
    for name, text in (
        ("config.json", "{}"),
        ("model.safetensors.index.json", json.dumps({"weight_map": {"w": "1.safetensors"}})),
    ):
        with pytest.raises(BenchError, match="hf download someone/a-model --revision"):
            local(NAME)
        (cache / name).write_text(text)
    assert repository.folder() is None and not has_weights(cache)
    (cache / "1.safetensors").write_bytes(b"")
    assert local(NAME) == cache


def test_a_folder_is_a_folder_and_a_tag_is_no_commit(tmp_path: Path) -> None:
    assert pinned(str(tmp_path)) is None and local(str(tmp_path)) == tmp_path
    assert pinned("someone/a-model") is None
    with pytest.raises(BenchError, match="40 digits"):
        pinned("someone/a-model@main")
    odd = tmp_path / "a@b"
    odd.mkdir()
    assert pinned(str(odd)) is None


def test_settings_are_laid_over_settings() -> None:
    usual = {"a": 1, "part": {"x": 1, "y": {"z": 1}}}
    told = nest({"part.y.z": 2, "b": 3, "part.w": 4})
    assert told == {"part": {"y": {"z": 2}, "w": 4}, "b": 3}
    assert merged(usual, told) == {"a": 1, "b": 3, "part": {"x": 1, "y": {"z": 2}, "w": 4}}
    assert usual == {"a": 1, "part": {"x": 1, "y": {"z": 1}}}, "nothing is changed in place"
