"""Documents are true: what they print is what commands print, what they show runs, what they link exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bench.rng import stream
from docs.render import PART, rendered
from tests.conftest import REPOSITORY

DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("*.md")])
BLOCK = re.compile(r"```(\w+)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_rendered_parts_are_what_their_commands_print(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert rendered(text) == text, "run: python docs/render.py"


def test_results_are_rendered() -> None:
    assert PART.search((REPOSITORY / "docs" / "results.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", path.read_text(encoding="utf-8")):
        assert (path.parent / target).exists(), target


def blocks(language: str) -> list[str]:
    return [body for name, body in BLOCK.findall((REPOSITORY / "README.md").read_text()) if name == language]


def test_the_readme_works_as_written(tmp_path: Path) -> None:
    rng = stream(0, "readme")
    rows = ["user,item,timestamp"]
    for user in range(40):
        step = int(rng.integers(20))
        for time in range(int(rng.integers(4, 9))):
            rows.append(f"u{user},i{step},{1_700_000_000 + user * 1000 + time}")
            step = (step + 1) % 20 if rng.random() < 0.8 else int(rng.integers(20))
    (tmp_path / "log.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "my_baseline.py").write_text(next(body for body in blocks("python") if "my_baseline.py" in body))
    shown = ""
    commands = [
        line for body in blocks("console") for line in body.splitlines() if "my-shop" in line or "my_base" in line
    ]
    assert len(commands) == 4
    for command in commands:
        shown += navibench(command.split()[1:], tmp_path)
    assert "own/my-shop/next-item v1" in shown
    assert "my_baseline:Followers" in shown
    hand = tmp_path / "hand"
    hand.mkdir()
    (hand / "card.toml").write_text(blocks("toml")[0])
    (hand / "sequences.tsv").write_text("".join(f"u{n}\ta b c d e\n" for n in range(5)))
    assert "own/hand-made/next-item" in navibench(["run", "--task", "hand/card.toml", "--system", "markov"], tmp_path)


def navibench(arguments: list[str], folder: Path) -> str:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "COLUMNS": "200"}
    command = [sys.executable, "-m", "bench", *arguments]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_lists_what_the_command_line_has() -> None:
    usage = next(body for body in blocks("console") if "navibench ls" in body)
    help_text = navibench(["--help"], REPOSITORY)
    for verb in re.findall(r"^navibench (\w+)", usage, re.MULTILINE):
        assert verb in help_text
