"""One tiny model and one adapter for all tests of the area, and a server that answers by a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lm.replay import Replay
from tests.lm.tiny import write_adapter, write_model


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def adapter(tmp_path_factory: pytest.TempPathFactory, folder: Path) -> Path:
    return write_adapter(tmp_path_factory.mktemp("adapters") / "lora", folder)


@pytest.fixture
def replay() -> Iterator[Replay]:
    made = Replay()
    yield made
    made.server.shutdown()
    made.server.server_close()
