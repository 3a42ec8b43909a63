"""The page on gating: its commands have the options they name, its YAML is what it is said to be, its numbers hold."""

from __future__ import annotations

import re
import shlex

import typer
import yaml

from bench.cli import app
from bench.gate.pins import read_pins
from tests.conftest import REPOSITORY
from tests.gate.test_action import action

TEXT = (REPOSITORY / "docs" / "gating.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_commands_have_the_options_they_show() -> None:
    verbs = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    lines = [line for block in blocks("console") for line in block.splitlines()]
    assert len(lines) == 7
    for line in lines:
        words = shlex.split(line, comments=True)
        assert words[0] == "navibench"
        verb = verbs[words[1]]
        verb.make_context(words[1], words[2:])
    known = {option for parameter in verbs["check"].params for option in parameter.opts}
    assert set(re.findall(r"^\| `(--[a-z]+)", TEXT, re.MULTILINE)) <= known


def test_the_workflow_names_inputs_that_the_action_has() -> None:
    workflow, hooks = (yaml.safe_load(block) for block in blocks("yaml"))
    steps = workflow["jobs"]["gate"]["steps"]
    used = next(step for step in steps if "/.ci/gate@" in step["uses"])
    assert set(used["with"]) <= set(action()["inputs"])
    kept = next(step for step in steps if step["uses"].startswith("actions/upload-artifact"))
    assert kept["with"]["path"] == action()["inputs"]["junit"]["default"]
    words = shlex.split(hooks["repos"][0]["hooks"][0]["entry"])
    assert words[:2] == ["navibench", "check"]
    assert read_pins(REPOSITORY / "results" / "pinned.toml").choose([words[3]])
