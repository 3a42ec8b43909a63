"""The GitHub action: its structure, and its steps run in a shell with commands that only note what they were given."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.cli.check import check
from tests.conftest import REPOSITORY

ACTION = REPOSITORY / ".ci" / "gate" / "action.yml"
NOTE = """#!/usr/bin/env bash
for word in "$@"; do printf "%s\\0" "$word"; done > "$NOTED/$(basename "$0")"
exit ${CODE:-0}
"""


def action() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(ACTION.read_text())
    return found


def steps() -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in action()["runs"]["steps"]}


def test_the_action_has_what_github_asks_of_a_composite_action() -> None:
    told = action()
    assert told["name"] and told["description"] and told["runs"]["using"] == "composite"
    for one in told["inputs"].values():
        assert one["description"] and isinstance(one["default"], str)
    used = set()
    for step in told["runs"]["steps"]:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an input pasted into a script is a way in; it comes by the environment"
        for value in step["env"].values():
            match = re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) \}\}", value)
            assert match
            used.add(match[1])
    assert used == set(told["inputs"])


def played(step: str, folder: Path, code: int = 0, **given: str) -> tuple[list[str], int]:
    """Run a step as the runner does (bash -e -o pipefail) and return what its command was given, and its exit code."""
    commands = folder / "bin"
    commands.mkdir()
    for name in ("navibench", "python"):
        (commands / name).write_text(NOTE)
        (commands / name).chmod(0o755)
    inputs = {name: given.get(name.replace("-", "_"), one["default"]) for name, one in action()["inputs"].items()}
    own = {name: inputs[value[len("${{ inputs.") : -len(" }}")]] for name, value in steps()[step]["env"].items()}
    fixed = {
        "GITHUB_ACTION_PATH": "/act ion",
        "GITHUB_STEP_SUMMARY": "/sum mary",
        "NOTED": str(folder),
        "CODE": str(code),
    }
    environment = {**own, **fixed, "PATH": f"{commands}:{os.environ['PATH']}"}
    script = folder / "step.sh"
    script.write_text(steps()[step]["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    done = subprocess.run(command, env=environment, cwd=folder, check=False)
    noted = [path for path in (folder / "navibench", folder / "python") if path.exists()]
    return [word for path in noted for word in path.read_text().split("\0")[:-1]], done.returncode


def test_the_gate_step_spells_out_its_inputs(tmp_path: Path) -> None:
    words, code = played("Gate", tmp_path, candidate="runs/a b\nruns/c\n", only="*:markov", system="s", data_root="d")
    assert code == 0
    assert words == [
        *("check", "--github", "--junit=navibench-gate.xml", "--summary=/sum mary", "--out=runs"),
        *("--against=/act ion/../../results/pinned.toml", "--candidate=runs/a b", "--candidate=runs/c"),
        *("--only=*:markov", "--system=s", "--data-root=d"),
    ]
    known = set(check.__annotations__) | {"out"}
    assert {word[2:].partition("=")[0].replace("-", "_") for word in words[1:]} <= known


@pytest.mark.parametrize("code", [0, 1, 2])
def test_the_step_ends_as_the_gate_does(code: int, tmp_path: Path) -> None:
    words, ended = played("Gate", tmp_path, code=code)
    assert ended == code
    assert len(words) == 6


def test_inputs_are_words_not_commands(tmp_path: Path) -> None:
    words, _ = played("Gate", tmp_path, candidate="$(touch forged); `touch forged` \"' && touch forged", against="* -x")
    assert not (tmp_path / "forged").exists()
    assert "--candidate=$(touch forged); `touch forged` \"' && touch forged" in words
    assert "--against=* -x" in words


def test_the_install_step_takes_the_extras_or_leaves_it(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    assert played("Install", tmp_path / "one") == (["-m", "pip", "install", "-q", "-e", "/act ion/../..[lm,media]"], 0)
    (tmp_path / "two").mkdir()
    assert played("Install", tmp_path / "two", install="none") == ([], 0)
