"""Things on the hub: named with their commit, fetched when asked to, read from the local cache only."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from bench import hub
from bench.errors import BenchError
from tests.ecosystem.conftest import Command
from tests.ecosystem.fakehub import COMMIT, lay_out, serving

MODEL = {"config.json": b"{}", "model.safetensors": b"weights", "README.md": b"# me"}
LOG = {"data/train.csv": b"user,item,timestamp\nu,a,1\n", "README.md": b"# log"}


@pytest.mark.parametrize("revision", ["", "@", "@main", "@v1.0", f"@{COMMIT[:12]}", f"@{COMMIT.upper()}"])
def test_a_branch_or_half_a_commit_is_refused_with_the_way_to_the_whole(revision: str) -> None:
    with pytest.raises(BenchError, match=r"huggingface.co/datasets/me/log/commits/main.*git ls-remote https"):
        hub.reference(f"hub:me/log{revision}", "dataset")


@pytest.mark.parametrize("text", ["hub:", "hub:log", f"hub:a/b/c@{COMMIT}", f"hub:../..@{COMMIT} x", "hub:a b/c@main"])
def test_what_is_no_name_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match=r"expected hub:|expected hub:OWNER/NAME@COMMIT"):
        hub.reference(text)


def test_a_folder_is_its_own_place(tmp_path: Path) -> None:
    assert hub.locate(tmp_path) == tmp_path
    assert hub.locate("policies/mine") == Path("policies/mine")


def test_what_is_in_the_cache_is_found_without_any_network(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = lay_out(cache, "model", "me/policy", MODEL)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("a run went online")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert hub.locate(f"hub:me/policy@{COMMIT}") == made


def test_what_is_absent_names_the_command(cache: Path) -> None:
    with pytest.raises(BenchError, match=rf"not in the local cache.*navibench fetch hub:me/policy@{COMMIT}$"):
        hub.locate(f"hub:me/policy@{COMMIT}")
    lay_out(cache, "model", "me/policy", MODEL)
    with pytest.raises(BenchError, match=rf"navibench fetch hub:me/policy@{COMMIT} --kind dataset$"):
        hub.locate(f"hub:me/policy@{COMMIT}", "dataset")
    with pytest.raises(BenchError, match="not in the local cache"):
        hub.locate(f"hub:me/policy@{'f' * 40}")


def test_a_fetch_that_was_cut_off_is_not_taken_for_the_whole(cache: Path) -> None:
    lay_out(cache, "model", "me/policy", MODEL, listed={"model-2.safetensors": b"more"})
    with pytest.raises(BenchError, match=r"only in part.*navibench fetch hub:me/policy"):
        hub.locate(f"hub:me/policy@{COMMIT}")


def test_pickled_weights_are_refused_in_the_cache_too(cache: Path) -> None:
    lay_out(cache, "model", "me/old", {"config.json": b"{}", "pytorch_model.bin": b"\x80"})
    with pytest.raises(BenchError, match=r"pickled only \(pytorch_model.bin\)"):
        hub.locate(f"hub:me/old@{COMMIT}")


@pytest.fixture
def endpoint(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return what points huggingface_hub at an address."""
    from huggingface_hub import constants

    def point(address: str) -> None:
        for name in ("ENDPOINT", "_HF_DEFAULT_ENDPOINT"):
            monkeypatch.setattr(constants, name, address)
        template = address + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)

    return point


def test_fetching_takes_weights_and_leaves_programs_and_pickles(endpoint: Any) -> None:
    files = {**MODEL, "modeling.py": b"import os", "pytorch_model.bin": b"\x80", "onnx/model.onnx": b"x"}
    with serving("model", "me/policy", files) as (address, asked):
        endpoint(address)
        folder = hub.fetch(hub.reference(f"hub:me/policy@{COMMIT}"))
    assert sorted(path.name for path in folder.iterdir()) == sorted(MODEL)
    assert (folder / "model.safetensors").read_bytes() == b"weights"
    assert not any("modeling" in path or ".bin" in path for path in asked)
    assert hub.locate(f"hub:me/policy@{COMMIT}") == folder  # and now without the server


def test_pickled_weights_are_refused_before_anything_is_fetched(endpoint: Any) -> None:
    with serving("model", "me/old", {"config.json": b"{}", "pytorch_model.bin": b"\x80"}) as (address, asked):
        endpoint(address)
        with pytest.raises(BenchError, match="pickled only"):
            hub.fetch(hub.reference(f"hub:me/old@{COMMIT}"))
    assert not any("resolve" in path for path in asked)


def test_what_the_hub_does_not_have_is_one_line(endpoint: Any) -> None:
    with serving("model", "me/policy", MODEL) as (address, _):
        endpoint(address)
        with pytest.raises(BenchError, match=r"cannot be fetched as a model \(.*; check name, commit, --kind") as told:
            hub.fetch(hub.reference(f"hub:me/other@{COMMIT}"))
    assert "\n" not in str(told.value)


def test_a_data_set_is_fetched_in_part_and_imported(cache: Path, navibench: Command, tmp_path: Path) -> None:
    rows = [f"u{user},i{(user + step) % 9},{1_600_000_000 + step}" for user in range(8) for step in range(5)]
    files = {
        "data/train-0.csv": "\n".join(["user,item,timestamp", *rows[:20]]).encode(),
        "data/train-1.csv": "\n".join(["user,item,timestamp", *rows[20:]]).encode(),
        "items.jsonl": b'{"item": "i1", "title": "One"}\n',
        "other.csv": b"a,b\n1,2\n",
    }
    name = f"hub:me/log@{COMMIT}"
    parts = ("--only", "data/*", "--only", "items.jsonl")
    with serving("dataset", "me/log", files) as (address, _):
        navibench("fetch", name, "--kind", "dataset", *parts, HF_ENDPOINT=address, HF_HUB_OFFLINE="0")
    words = ("data", "import", name, "--name", "log", "--to", "log")
    told = navibench(*words, code=2, HF_HUB_OFFLINE="1").stderr
    assert "only in part" in told
    navibench(*words, "--files", "data/*", "--item-files", "items.jsonl", HF_HUB_OFFLINE="1")
    card = (tmp_path / "log" / "card.toml").read_text()
    assert f"hub:me/log@{COMMIT}" in card
    assert "8 users (8 testable), 9 items, 40 events" in card
