"""Runs that the tests of submissions share: rankings, instructions, pictures and clips, made once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.store import Run
from tests.conftest import write_log
from tests.submission.making import Draft, make_run, packed, world_card


@dataclass(frozen=True)
class Bench:
    """Card files and where their runs lie."""

    folder: Path
    tiny: Path
    image: Path
    video: Path

    @property
    def cards(self) -> tuple[Path, Path, Path]:
        return self.tiny, self.image, self.video

    def run(self, card: Path, system: str, *assign: str, seed: int = 0, limit: int | None = None) -> Run:
        return make_run(card, system, self.folder / "runs", *assign, seed=seed, limit=limit)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("submission")
    return Bench(
        folder,
        write_log(folder / "tiny"),
        world_card(folder / "world", "image", "tests.generators:Paints"),
        world_card(folder / "world", "video", "tests.generators:PaintsClips"),
    )


@pytest.fixture(scope="session")
def ranked(bench: Bench) -> Path:
    """An archive with one run that ranks."""
    return packed([bench.run(bench.tiny, "markov")], bench.folder / "ranked.zip")


@pytest.fixture(scope="session")
def drawn(bench: Bench) -> Path:
    """An archive with one run that writes instructions, and its pictures."""
    return packed(
        [bench.run(bench.image, "recent-terms", "generator.cases=30")], bench.folder / "drawn.zip", media=True
    )


@pytest.fixture
def draft(ranked: Path) -> Callable[[], Draft]:
    return lambda: Draft(ranked)


@pytest.fixture
def picture(drawn: Path) -> Callable[[], Draft]:
    return lambda: Draft(drawn)
