"""Outside packages plug in by entry point, on equal terms and without touching the built-in tables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import REPOSITORY

MODULE = """
from bench.listing import Entry
SYSTEMS = {"%s": Entry("outside:Nothing", "answers nothing")}
class Nothing: pass
"""


def plug_in(folder: Path, name: str) -> subprocess.CompletedProcess[str]:
    (folder / "outside.py").write_text(MODULE % name)
    info = folder / "outside-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[navibench.systems]\noutside = outside:SYSTEMS\n")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(folder)])}
    command = [sys.executable, "-m", "bench", "ls", "systems"]
    return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=folder, check=False)


def test_an_outside_system_is_listed(tmp_path: Path) -> None:
    done = plug_in(tmp_path, "nothing")
    assert "answers nothing" in done.stdout
    assert "markov" in done.stdout


def test_a_name_that_is_taken_is_an_error(tmp_path: Path) -> None:
    done = plug_in(tmp_path, "markov")
    assert done.returncode == 2
    assert "'markov' is registered twice; outside:SYSTEMS must choose another name" in done.stderr


def test_a_broken_plug_in_takes_only_its_own_names_away(tmp_path: Path) -> None:
    plug_in(tmp_path, "nothing")
    (tmp_path / "outside.py").write_text("1 / 0")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(REPOSITORY), str(tmp_path)])}
    command = [sys.executable, "-m", "bench", "ls", "systems"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)
    assert done.returncode == 0
    assert "markov" in done.stdout
    assert "plug-in outside: outside:SYSTEMS: importing outside failed (ZeroDivisionError" in done.stderr
