"""`navibench doctor --suite`: every line that says something is missing says what gets it, and nothing is spent."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import rmtree

import pytest

from bench import catalogue
from bench.cli import app
from bench.needs import Memory, Model, Server
from bench.report import machine
from bench.report.health import Finding
from bench.report.readiness import check_model
from tests.conftest import write_log
from tests.ecosystem.fakehub import COMMIT, lay_out
from tests.lm.replay import Replay
from tests.lm.tiny import write_model

KEY = "sk-never-shown"
SERVERS = ("navigen.teacher", "navigen.reward")


def doctor(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, dict[str, dict[str, object]], str]:
    code = app(["doctor", *map(str, arguments), "--json"], standalone_mode=False)
    shown = capsys.readouterr()
    return code, {row["name"]: row for row in json.loads(shown.out)}, shown.out + shown.err


@pytest.fixture(autouse=True)
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an empty cache, no data, no GPU and no key."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("NAVIBENCH_DATA", "NAVIGEN_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(machine, "gpus", lambda: [])


def test_a_bare_machine_is_told_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = doctor(capsys, "--suite", "paper")
    assert code == 1
    for name, _what in catalogue.suite("paper").asks:
        assert f"--set {name}=" in str(told[name]["told"])
    for name in ("base", "sentence encoder", "z-image-turbo", "open-sora-like"):
        assert not told[name]["good"] and "navibench fetch hub:" in str(told[name]["told"])
    assert "NAVIBENCH_DATA" in str(told["game/amazon-games-2018-8k/next-item"]["told"])
    assert not told["gpus"]["good"] and "GiB" in str(told["gpus"]["told"])


def test_a_key_is_looked_for_before_there_is_an_address(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    roles = ("teacher", "judge of the reward")
    _, told, _ = doctor(capsys, "--suite", "paper")
    for role in roles:
        line = told[f"{role}: NAVIGEN_KEY"]
        assert not line["good"] and str(line["told"]).startswith("export NAVIGEN_KEY=")
        assert role not in told, "nobody is asked at no address"
    monkeypatch.setenv("NAVIGEN_KEY", KEY)
    _, told, shown = doctor(capsys, "--suite", "paper")
    assert all(told[f"{role}: NAVIGEN_KEY"]["good"] for role in roles) and KEY not in shown
    without = ("--set", "navigen.teacher.key=", "--set", "navigen.reward.judge_set=parallel=20")
    _, told, _ = doctor(capsys, "--suite", "paper", *without)
    assert not [name for name in told if "NAVIGEN_KEY" in name]


def settings(url: str, base: Path) -> list[str]:
    values = {
        "navigen.base": base,
        "navigen.sentences": base,
        "navigen.teacher.url": url,
        "navigen.teacher.model": "teacher",
        "navigen.reward.judge_url": url,
        "navigen.reward.judge_model": "judge",
        "scorer.clip.name": "world-clip",
        "z-image-turbo.pipeline": "results/checkpoints/world-image",
        "open-sora-like.pipeline": "results/checkpoints/world-video",
    }
    return [part for name, value in values.items() for part in ("--set", f"{name}={value}")]


def test_a_machine_that_has_all_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = Replay()
    server.listed = (200, json.dumps({"data": [{"id": "teacher"}, {"id": "judge"}]}).encode(), {})
    for task in catalogue.suite("paper").tasks:
        write_log(tmp_path / "data" / str(catalogue.task(task).data.options["folder"]))
    monkeypatch.setenv("NAVIGEN_KEY", KEY)
    monkeypatch.setattr(machine, "gpus", lambda: [("H100", 79.6)] * 4)
    monkeypatch.setattr(machine, "POLICY", 0.0)
    base = write_model(tmp_path / "base-1.7B")
    arguments = ["--suite", "paper", "--data-root", tmp_path / "data", *settings(server.url, base)]
    code, told, shown = doctor(capsys, *arguments)
    assert code == 0, [row for row in told.values() if not row["good"]]
    assert KEY not in shown and set(server.keys) == {f"Bearer {KEY}"}
    assert not server.seen, "nothing was asked that costs anything"
    monkeypatch.setattr(machine, "gpus", lambda: [("small", 15.0)])
    server.listed = (200, json.dumps({"data": [{"id": "teacher"}]}).encode(), {})
    code, told, _ = doctor(capsys, *arguments)
    assert code == 1
    wrong = {name for name, row in told.items() if not row["good"]}
    assert wrong == {"gpus", "judge of the reward"}
    assert "it lists teacher" in str(told["judge of the reward"]["told"])


def test_a_server_is_tried_once_and_not_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Replay()
    need = Server("teacher", server.url, "m", "NAVIGEN_KEY")
    monkeypatch.setenv("NAVIGEN_KEY", KEY)
    server.listed = (401, b"no", {})
    assert [(one.good, "see to the key" in one.told) for one in machine.check_server(need)] == [
        (True, False),
        (False, True),
    ]
    server.listed = (404, b"no", {})
    assert all(one.good for one in machine.check_server(need)), "some list no models"
    server.listed = (200, b"<html>", {})
    assert not list(machine.check_server(need))[-1].good
    monkeypatch.delenv("NAVIGEN_KEY")
    key, gone = machine.check_server(Server("teacher", "http://127.0.0.1:9/v1", "m", "NAVIGEN_KEY"))
    assert not key.good and key.told.startswith("export NAVIGEN_KEY=")
    assert not gone.good and "does not answer" in gone.told


def test_gpus_are_read_from_the_drivers_tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA A100-SXM4-80GB, 81920'\necho 'NVIDIA L4, 23034'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert [(name, round(size)) for name, size in machine.gpus()] == [("NVIDIA A100-SXM4-80GB", 80), ("NVIDIA L4", 22)]
    (told,) = machine.check_gpus([Memory(33.0, "training")])
    assert not told.good and "33 GiB" in told.told
    assert list(machine.check_gpus([])) == []


def test_a_model_of_the_hub_is_there_once_it_is_whole(tmp_path: Path) -> None:
    index = json.dumps({"weight_map": {"w": "1.safetensors"}}).encode()
    need = Model("base", f"hub:me/policy@{COMMIT}", "navigen.base")
    wanted: dict[str, bytes] = {}
    for name, content in (("", b""), ("config.json", b"{}"), ("model.safetensors.index.json", index)):
        if name:
            wanted[name] = content
            rmtree(tmp_path / "hub", ignore_errors=True)
            lay_out(tmp_path / "hub", "model", "me/policy", wanted)
        told = check_model(need)
        assert not told.good and told.told.endswith(f"navibench fetch hub:me/policy@{COMMIT}")
    rmtree(tmp_path / "hub")
    folder = lay_out(tmp_path / "hub", "model", "me/policy", {**wanted, "1.safetensors": b"w"})
    assert check_model(need) == Finding("models", "base", True, str(folder))
    told = check_model(Model("base", "hub:me/policy@main", "navigen.base"))
    assert not told.good and told.told.startswith("--set navigen.base=") and "40 digits" in told.told
    assert not check_model(Model("base", "me/policy", "navigen.base")).good
    (tmp_path / "model.safetensors.index.json").write_text("{")
    assert not check_model(Model("base", str(tmp_path), "navigen.base")).good


@pytest.mark.parametrize("suite", ["quick", "classic"])
def test_any_suite_can_be_looked_at(suite: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, told, _ = doctor(capsys, "--suite", suite)
    assert code in (0, 1) and "disk" in told and "gpus" not in told
    assert (code == 0) == all(row["good"] for row in told.values())
