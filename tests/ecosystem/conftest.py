"""What the tests of the ecosystem share: a cache of the hub that is empty, and the command line in a process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import REPOSITORY

Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty cache of huggingface_hub that this test, and the processes it starts, look into."""
    constants = pytest.importorskip("huggingface_hub.constants")
    folder = tmp_path / "home" / "hub"
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(folder))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    return folder


@pytest.fixture
def navibench(tmp_path: Path) -> Command:
    """Run the command line in a process, by default in the test's own folder."""

    def command(
        *words: object, code: int = 0, path: tuple[Path, ...] = (), **more: str
    ) -> subprocess.CompletedProcess[str]:
        places = os.pathsep.join(map(str, (REPOSITORY, *path)))
        environment = {**os.environ, "PYTHONPATH": places, "COLUMNS": "200", "OMP_NUM_THREADS": "1", **more}
        done = subprocess.run(
            [sys.executable, "-m", "bench", *map(str, words)],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done

    return command
