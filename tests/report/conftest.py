"""Runs and a report of them that several tests look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.report.html.site import write_runs
from bench.store import Run
from tests.report.browser import Browser, chromium
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


@pytest.fixture(scope="session")
def window(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser for all tests: starting one takes longer than most of them."""
    with chromium(tmp_path_factory.mktemp("profile")) as found:
        yield found


@pytest.fixture
def browser(window: Browser) -> Browser:
    """The browser as good as new."""
    window.reset()
    return window
