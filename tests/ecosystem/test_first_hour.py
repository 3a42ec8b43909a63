"""The page for newcomers: every command on it runs, in order, and leaves what the page says."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from examples import first_hour
from tests.conftest import REPOSITORY


@pytest.mark.slow
def test_the_page_is_walked_from_the_first_figure_to_the_gate(tmp_path: Path) -> None:
    chosen = first_hour.steps()
    assert [step.title[0] for step in chosen] == ["2", "3", "4", "5"]
    taken = first_hour.walk(tmp_path, chosen)
    assert taken.keys() == {step.title for step in chosen}
    assert sum(computed for _, computed in taken.values()) < 180
    assert (tmp_path / "runs" / "report" / "index.html").is_file()
    assert "followers" in (tmp_path / "leaderboard.md").read_text()
    assert any(name.endswith("run.json") for name in zipfile.ZipFile(tmp_path / "followers.zip").namelist())
    assert "failures" in (tmp_path / "gate" / "gate.xml").read_text()
    assert r"\begin{table}" in (tmp_path / "runs" / "first.tex").read_text()


def test_the_kept_times_are_of_the_pages_steps() -> None:
    told = json.loads(first_hour.STORED.read_text())
    shown = first_hour.table(told["seconds"], told["machine"])
    assert all(f"| {step.title} | {len(step.commands)} |" in shown for step in first_hour.steps())
    assert sum(clock for clock, _ in told["seconds"].values()) < 180
    for page in ("README.md", "docs/first-hour.md"):
        assert shown in (REPOSITORY / page).read_text(), page


def test_the_walk_leaves_the_environment_as_it_was(tmp_path: Path) -> None:
    words = first_hour.arguments("python -m pip install --no-deps -e examples/navibench-plugin", tmp_path)
    assert "-e" not in words and str(tmp_path / "site") in words
    with pytest.raises(ValueError, match="expected navibench"):
        first_hour.arguments("rm -rf results", tmp_path)
