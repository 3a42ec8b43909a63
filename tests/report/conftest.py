"""Runs and a report of them that several tests look at."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.report.html.site import write_runs
from bench.store import Run
from tests.report.made import PaintsFilms, make_runs


@pytest.fixture(scope="session")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three runs with pictures of 130 cases."""
    return make_runs(tmp_path_factory.mktemp("pictures"))


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three runs with films of 30 cases."""
    pytest.importorskip("av", reason="films need the package av")
    name = f"{PaintsFilms.__module__}:{PaintsFilms.__name__}"
    return make_runs(tmp_path_factory.mktemp("films"), 30, "video", name)


def data_of(runs: list[Run]) -> Path:
    """Return the folder of the log that runs of `make_runs` were asked on."""
    return runs[0].folder.parents[5] / "data"


@pytest.fixture(scope="session")
def report(pictures: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a report of the runs with pictures."""
    return write_runs(pictures, tmp_path_factory.mktemp("report") / "pictures", data_of(pictures)).folder
