"""Settings that stand in tables: said with dots, checked by name, kept by manifests and TOML; train and run agree."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.cli import app
from bench.cli.run import execute
from bench.config import build, flat, plain, to_toml
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import Job, plan
from navigen.full import NaviGen
from navigen.rewards.settings import Rewarding
from navigen.teacher.sample import Teaching
from navigen.teacher.settings import TeacherSettings

CARD = "game/world/next-item"


def planned(*told: str, system: str = "navigen") -> Job:
    (job,), _ = plan(Suite("", (CARD,), (system,)), None, told)
    return job


def test_settings_of_a_part_are_said_with_dots_and_leave_the_others() -> None:
    job = planned(
        *("navigen.reward.hierarchy=additive", "navigen.reinforce.steps=0", "navigen.teach.rounds=2"),
        *("navigen.teacher.name=openai", "navigen.teacher.model=m", "navigen.teacher.url=http://localhost:9/v1"),
        *("navigen.teacher.key=A_KEY", "navigen.teacher.backend.context=4096", "navigen.beams=3"),
    )
    told = job.config
    assert told["reward"] == Rewarding(hierarchy="additive") and told["teach"] == Teaching(rounds=2)
    assert told["reinforce"] == replace(NaviGen().reinforce, steps=0)
    assert isinstance(told["teacher"], TeacherSettings) and told["teacher"].key == "A_KEY"
    assert told["teacher"].backend == {"context": 4096} or told["teacher"].backend == {"context": "4096"}
    changed = job.changed
    assert changed["reward.hierarchy"] == "additive" and changed["reinforce.steps"] == 0
    assert changed["teach.rounds"] == 2 and changed["teacher.name"] == "openai" and changed["beams"] == 3
    assert all("." in name or name == "beams" for name in changed)
    assert planned().changed == {}


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ("navigen.reward.hierachy=off", r"did you mean navigen\.reward\.hierarchy"),
        ("navigen.rewards.hierarchy=off", r"unknown section of --set 'navigen\.rewards'; did you mean navigen\.reward"),
        ("navigen.reinforce.step=0", r"did you mean navigen\.reinforce\.steps"),
        ("navigen.reward.hierarchy=addtive", "did you mean additive"),
        ("navigen.teach.search=singel", "did you mean single"),
        ("navigen.teacher.name=openia", "did you mean openai"),
        ("navigen.reinforce.steps=many", "expected int"),
        ("navigen.reward=off", "expected a table of settings"),
        ("sft-only.reward.hierarchy=off", "unknown section"),
        ("navigen.constraned=false", r"did you mean navigen\.constrained"),
    ],
)
def test_a_part_or_setting_that_does_not_exist_is_an_error_with_the_nearest(told: str, reason: str) -> None:
    with pytest.raises(BenchError, match=reason):
        planned(told)


def test_what_was_changed_survives_toml_with_its_dots() -> None:
    job = planned("navigen.reward.hierarchy=additive", "navigen.teach.rounds=2", "navigen.mixture=cid2ins=1")
    assert tomllib.loads(to_toml(job.changed)) == plain(job.changed)
    assert tomllib.loads(to_toml({"changed": job.changed})) == {"changed": plain(job.changed)}
    without = {name: value for name, value in plain(NaviGen()).items() if name != "teacher"}  # its limits may be none
    read = tomllib.loads(to_toml(without))
    assert flat(read) == flat(without)
    assert plain(build(NaviGen, read, "navigen")) == plain(NaviGen())


SMALL = (
    *("data.users=60", "navigen.base=catalogue", "navigen.width=32", "navigen.layers=1", "navigen.vocabulary=640"),
    *("navigen.views=1", "navigen.full_epochs=1", "navigen.tokens=24", "navigen.beams=8", "device.name=cpu"),
    *("navigen.reinforce.steps=1", "navigen.reinforce.prompts=2", "navigen.reinforce.group=2"),
    *("navigen.reinforce.tokens=24", "navigen.reinforce.validate_every=0"),
)


def test_train_and_run_agree(tmp_path: Path) -> None:
    assigned: list[Any] = [word for line in SMALL for word in ("--set", line)]
    app(["train", "navigen", "--task", CARD, "--to", str(tmp_path / "to"), *assigned], standalone_mode=False)
    within, _ = plan(Suite("", (CARD,), ("navigen",)), 20, SMALL)
    loaded, _ = plan(Suite("", (CARD,), ("navigen",)), 20, [*SMALL, f"navigen.checkpoint={tmp_path / 'to' / 'policy'}"])
    runs = execute([*within, *loaded], None, tmp_path / "runs")
    assert runs[0].folder != runs[1].folder
    assert runs[0].answers.read_bytes() == runs[1].answers.read_bytes()
    assert len(list((tmp_path / "runs").rglob("tuned-*/policy/model.safetensors"))) == 1


def test_one_entry_of_a_table_leaves_the_others_as_they_are() -> None:
    job = planned("navigen.reinforce.mixture.cid2cid=0")
    assert job.config["reinforce"].mixture == {"cid2cid": 0.0, "cid2ins": 1.0}
