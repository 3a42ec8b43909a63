"""Scorers of clips by themselves: against their definitions in plain loops, and on clips made to show one thing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from bench import cards
from bench.api import Cases, Data, Dataset, Failure, Kind, Task
from bench.catalogue import scorer
from bench.errors import BenchError
from bench.judge import judge
from bench.pixels import Pixels, read_pixels, save_pixels
from bench.rng import stream
from bench.scorers.video import cells, motion
from tests.media.lookers import CLIP, Colours, draw, make_cases, make_train

NAMES = ("consistency", "motion", "flicker", "decodes", "frames", "duration")


def scored(name: str, cases: Cases) -> list[float | None]:
    judge = scorer(name)
    assert callable(judge)
    return list(judge(cases))


def clip_cases(tmp_path: Path, clips: dict[str, Pixels], suffix: str = ".webp") -> Cases:
    paths = []
    for name, pixels in clips.items():
        paths.append(tmp_path / f"{name}{suffix}")
        save_pixels(paths[-1], pixels)
    return make_cases(make_train(tmp_path, 6, Kind.VIDEO), paths, Kind.VIDEO)


def disc(frames: int, step: float, grain: float = 0.0, size: int = 64) -> Pixels:
    """A bright disc that moves `step` pixels a frame, under grain."""
    rows, columns = np.mgrid[:size, :size]
    rng = stream(0, "grain")
    made = []
    for frame in range(frames):
        inside = (rows - size / 2) ** 2 + (columns - size / 4 - step * frame) ** 2 < (size / 6) ** 2
        made.append(60 + 140.0 * inside[:, :, None] + grain * rng.standard_normal((size, size, 3)))
    return np.stack(made).clip(0, 255).astype(np.uint8)


def test_consistency_and_flicker_are_vbench_s_loops(tmp_path: Path) -> None:
    cases = make_cases(
        make_train(tmp_path, 6, Kind.VIDEO),
        [draw(tmp_path, f"clip{place}", 2 + place, ".webp") for place in range(5)],
        Kind.VIDEO,
    )
    for place, case in enumerate(cases.rows):
        assert isinstance(case.media, Path)
        pixels = read_pixels(case.media)
        views = Colours().embed_pictures(pixels)
        total = 0.0
        for frame in range(1, len(views)):
            before = max(0.0, float(views[frame] @ views[frame - 1]))
            total += (before + max(0.0, float(views[frame] @ views[0]))) / 2
        assert scored("consistency", cases)[place] == pytest.approx(total / (len(views) - 1), abs=1e-6)
        changes = [np.abs(one.astype(float) - two.astype(float)).mean() for one, two in pairwise(pixels)]
        assert scored("flicker", cases)[place] == pytest.approx((255 - np.mean(changes)) / 255)


def test_a_still_clip_is_perfect_and_does_not_move(tmp_path: Path) -> None:
    pytest.importorskip("av")
    cases = clip_cases(tmp_path, {"still": np.repeat(disc(1, 0), 5, axis=0)}, ".mp4")
    found = {name: scored(name, cases)[0] for name in NAMES}
    assert found["consistency"] == pytest.approx(1, abs=1e-6)
    assert found["flicker"] == pytest.approx(1, abs=0.01) and found["motion"] == pytest.approx(0, abs=0.5)
    assert found["frames"] == 5 and found["decodes"] == 1


def test_motion_grows_with_speed_and_hardly_with_grain(tmp_path: Path) -> None:
    still, slow, fast = (motion(disc(6, step, size=256)) for step in (0, 4, 16))
    assert still == 0 and 0 < slow < fast
    grainy = disc(6, 0, grain=8, size=256)
    assert motion(grainy) < slow
    raw = np.abs(np.diff(grainy.astype(float), axis=0)).mean()
    assert motion(grainy) < raw / 3
    found = scored("flicker", clip_cases(tmp_path, {"fast": disc(6, 16, size=256), "grainy": grainy}))
    assert found[1] == pytest.approx(1 - raw / 255)


def test_motion_does_not_depend_on_resolution() -> None:
    assert motion(disc(4, 2, size=64)) == pytest.approx(motion(disc(4, 4, size=128)), rel=0.05)


@pytest.mark.parametrize("shape", [(64, 64), (33, 70), (7, 100), (32, 32)])
def test_cells_are_means_of_even_shares(shape: tuple[int, int]) -> None:
    frame = stream(0, "cells").integers(0, 256, (*shape, 3), dtype=np.uint8)
    bright = frame @ np.array([0.299, 0.587, 0.114])
    grid = [min(32, length) for length in shape]
    bounds = [
        [cell * length // number for cell in range(number + 1)] for length, number in zip(shape, grid, strict=True)
    ]
    found = cells(frame)
    assert found.shape == tuple(grid)
    for row in range(0, grid[0], 5):
        for column in range(0, grid[1], 5):
            up, left = bounds[0][row : row + 2], bounds[1][column : column + 2]
            assert found[row, column] == pytest.approx(bright[up[0] : up[1], left[0] : left[1]].mean())


@pytest.mark.parametrize("suffix", [".webp", ".gif"])
def test_neighbours_that_are_equal_stay_two_frames(suffix: str, tmp_path: Path) -> None:
    pixels = disc(5, 3)[[0, 0, 1, 2, 2, 2, 3, 4]]
    save_pixels(tmp_path / f"clip{suffix}", pixels)
    assert np.array_equal(read_pixels(tmp_path / f"clip{suffix}"), pixels)


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".mp4"])
def test_files_of_every_kind_are_watched(suffix: str, tmp_path: Path) -> None:
    if suffix == ".mp4":
        pytest.importorskip("av")
    cases = clip_cases(tmp_path, {"moves": disc(12, 2)}, suffix)
    assert scored("frames", cases) == [12] and scored("decodes", cases) == [1]
    assert scored("duration", cases)[0] == pytest.approx(1.5, abs=0.12 if suffix == ".gif" else 1e-6)
    assert scored("motion", cases)[0] == pytest.approx(motion(disc(12, 2)), rel=0.1)


def test_what_is_no_clip_is_told(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no clip")
    one = draw(tmp_path, "one", 1, ".webp")
    good = draw(tmp_path, "good", 3, ".webp")
    train = make_train(tmp_path, 6, Kind.VIDEO)
    cases = make_cases(train, [one, broken, Failure("no"), None, good], Kind.VIDEO)
    assert scored("decodes", cases) == [0, 0, 0, None, 1]
    assert scored("frames", cases) == [1, None, None, None, 3]
    assert scored("duration", cases) == [0, None, None, None, pytest.approx(0.375)]
    assert scored("consistency", cases)[:4] == scored("flicker", cases)[:4] == [None, 0, 0, None]
    assert scored("motion", cases)[:4] == [0, None, None, None]


def card(*scorers: str) -> Task:
    return Task("test/clips", Kind.VIDEO, Data("tasks.world.load:load"), scorers, scorers[0], "1", "", "made by tests")


@pytest.mark.parametrize("name", ["consistency", "flicker"])
def test_a_card_cannot_reward_stillness_alone(name: str) -> None:
    with pytest.raises(BenchError, match=f"{name} is perfect .* name motion"):
        cards.check_card(card("clip-i", name))
    cards.check_card(card("clip-i", name, "motion"))


def test_the_judge_says_which_medium_is_compared(tmp_path: Path) -> None:
    train = make_train(tmp_path, 6, Kind.VIDEO)
    cases = make_cases(train, [train.items["i02"].clip, Failure("no"), None], Kind.VIDEO)
    examples = tuple(case.example for case in cases.rows)
    answers = {case.example.query.id: case.answer for case in cases.rows}
    media = {case.example.query.id: case.media for case in cases.rows if case.media is not None}
    asked = card("clip-i", "motion", "clip-diversity")
    scores, statistics = judge(asked, Dataset(train, examples, "", {}), examples, answers, media, CLIP)
    assert scores.metrics["clip-i"][:2].tolist() == pytest.approx([1, 0], abs=1e-6)
    assert np.isnan(scores.metrics["clip-i"][2]) and np.isnan(scores.metrics["motion"][1:]).all()
    assert statistics == {"clip-diversity": None}
