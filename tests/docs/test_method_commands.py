"""Commands of the pages about the method mean something: names, settings and options in them exist and fit together."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from typing import Any

import pytest

from bench.cli.run import _grid
from bench.listing import Suite
from bench.plan import plan
from navigen import SYSTEMS
from navigen.full import NaviGen
from tests.conftest import REPOSITORY

PAGES = ("navigen.md", "ablations.md")
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def commands() -> list[str]:
    texts = [(REPOSITORY / "docs" / page).read_text(encoding="utf-8") for page in PAGES]
    lines = [line for text in texts for body in BLOCK.findall(text) for line in body.splitlines()]
    return [line for line in lines if not line.startswith("export ")]


def read(words: list[str]) -> tuple[dict[str, str], list[str]]:
    """Return the options of a command, and what --set says."""
    options: dict[str, str] = {}
    told, rest = [], list(words)
    while rest:
        name = rest.pop(0)
        assert name.startswith("--"), name
        if name == "--dry":
            continue
        value = rest.pop(0)
        if name == "--set":
            told.append(value)
        else:
            options[name.removeprefix("--")] = value
    return options, told


@pytest.mark.parametrize("command", commands())
def test_a_command_can_be_planned(command: str) -> None:
    words = shlex.split(command, comments=True)
    if words[0] == "python":
        shown = subprocess.run(
            [sys.executable, *words[1:3], "--help"], cwd=REPOSITORY, capture_output=True, text=True, check=True
        )
        assert all(word in shown.stdout for word in words[3:] if word.startswith("--"))
        return
    if words[0] != "navibench":
        assert words[words.index("-m") : words.index("-m") + 2] == ["-m", "bench"]
        words = ["navibench", *words[words.index("-m") + 2 :]]
    if words[1] == "train":
        options, told = read(words[3:])
        assert set(options) == {"task", "to"}
        jobs, _ = plan(Suite("", (options["task"],), (words[2],)), None, told)
    else:
        options, told = read(words[2:])
        assert words[1] == "run" and set(options) <= {"task", "system", "suite", "seed", "out"}
        asked = [options.get(name) for name in ("task", "system", "suite")]
        jobs, _ = plan(_grid(*asked, options.get("seed", "0")), None, told)
    assert jobs


def test_the_page_names_what_there_is() -> None:
    text = (REPOSITORY / "docs" / "navigen.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in text for name in SYSTEMS if name.startswith("navigen"))
    usual: Any = NaviGen()
    for part, name in re.findall(r"`(teacher|teach|reward|reinforce)\.(\w+)`", text):
        assert hasattr(getattr(usual, part), name), f"{part}.{name}"
    for path in re.findall(r"`(navigen/[\w/]+\.py)`", text):
        assert (REPOSITORY / path).exists(), path
