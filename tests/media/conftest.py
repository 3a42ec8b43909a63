"""The tiny pipelines, each written once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def pipelines(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the folder of the tiny pipeline of a preset's class."""
    root = tmp_path_factory.mktemp("pipelines")

    def folder(name: str) -> Path:
        from tests.media.tiny import write_pipeline

        return root / name if (root / name).exists() else write_pipeline(name, root / name)

    return folder
