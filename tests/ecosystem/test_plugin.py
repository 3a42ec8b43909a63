"""The example plug-in: installed, its names are in the tables, its task runs, its own tests pass."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.ecosystem.conftest import Command
from tests.ecosystem.plugin import PLUGIN, installed


def commands() -> list[list[str]]:
    """Return the commands of its README, the installation first."""
    block = re.search(r"```console\n(.*?)```", (PLUGIN / "README.md").read_text(), re.DOTALL)
    assert block
    return [shlex.split(line) for line in block[1].splitlines()]


def test_the_readmes_commands_work(navibench: Command, tmp_path: Path) -> None:
    install, listing, run = commands()
    assert install[:4] == ["python", "-m", "pip", "install"]
    path = installed(tmp_path / "site")
    assert listing == ["navibench", "ls", "systems"]
    shown = navibench("ls", path=path).stdout
    assert all(name in shown for name in ("followers", "fresh@k", "own/bakery/next-item"))
    shown = navibench(*run[1:], path=path).stdout
    assert "own/bakery/next-item v1" in shown and "fresh@5" in shown
    told = json.loads(next((tmp_path / "runs").rglob("followers/*/run.json")).read_text())
    assert told["counts"] == {**told["counts"], "cases": 40, "failed": 0}
    by_name = {path.parts[-3]: json.loads(path.read_text()) for path in (tmp_path / "runs").rglob("run.json")}
    best = {name: told["figures"]["ndcg@10"]["value"] for name, told in by_name.items()}
    assert best["followers"] > best["popularity"]


def test_its_source_is_in_its_runs_keys(navibench: Command, tmp_path: Path) -> None:
    metadata, _ = installed(tmp_path / "site")
    source = Path(shutil.copytree(PLUGIN / "navibench_plugin", tmp_path / "own" / "navibench_plugin")).parent
    words = ("run", "--task", "own/bakery/next-item", "--system", "followers")
    navibench(*words, path=(metadata, source))
    scorer = source / "navibench_plugin" / "fresh.py"
    scorer.write_text(scorer.read_text() + "\n# another version\n")
    navibench(*words, path=(metadata, source))
    assert len(list((tmp_path / "runs").rglob("followers/*/run.json"))) == 2


def test_its_own_tests_pass(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(PLUGIN / "tests")],
        env={"PYTHONPATH": f"{PLUGIN}:{PLUGIN.parent.parent}", "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.skipif(not (find_spec("pip") and find_spec("setuptools")), reason="pip and setuptools are not here")
def test_pip_installs_it_without_a_network(navibench: Command, tmp_path: Path) -> None:
    source = shutil.copytree(PLUGIN, tmp_path / "source", ignore=shutil.ignore_patterns("*.egg-info", "build"))
    target = tmp_path / "target"
    words = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--target", str(target), str(source)]
    subprocess.run([sys.executable, "-m", "pip", "install", *words], check=True, capture_output=True)
    shown = navibench("run", "--task", "own/bakery/next-item", "--system", "followers", path=(target,)).stdout
    assert "own/bakery/next-item v1" in shown
