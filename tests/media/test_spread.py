"""Figures of a whole run: against plain definitions and torchmetrics, and not judged where they mean nothing."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import sqrtm

from bench.api import Case, Cases, Example, Failure, Instruction, Item, Query, Train
from bench.pixels import read_pixels, save_pixels
from bench.rng import stream
from bench.scorers import spread
from bench.scorers.spread import ClipDiversity, ClipFid, ClipKid, features
from tests.media.lookers import CLIP, Colours, draw, make_cases, make_train


def drawn(folder: Path, number: int, salt: str, shift: int = 0) -> list[Path]:
    """Write little pictures of four colours each."""
    rng = stream(0, salt)
    folder.mkdir(exist_ok=True)
    paths = []
    for place in range(number):
        pixels = rng.integers(0, 200, (1, 2, 2, 3)) + shift
        paths.append(folder / f"{salt}-{place:04}.png")
        save_pixels(paths[-1], np.repeat(np.repeat(pixels, 2, axis=1), 2, axis=2).astype(np.uint8))
    return paths


def pairs(tmp_path: Path, number: int, shift: int = 0) -> Cases:
    """Return cases that each have a target of their own."""
    real, made = drawn(tmp_path, number, "real"), drawn(tmp_path, number, f"made{shift}", shift)
    items = {f"i{place}": Item(f"i{place}", image=path) for place, path in enumerate(real)}
    rows = [
        Case(Example(Query(f"q{place}", f"u{place}", ()), (f"i{place}",)), Instruction("paint"), path)
        for place, path in enumerate(made)
    ]
    return Cases(tuple(rows), Train(items, {}), CLIP)


def test_diversity_is_the_mean_over_pairs_of_users(tmp_path: Path) -> None:
    train = make_train(tmp_path, 4)
    media = [draw(tmp_path, f"made{place}") for place in range(9)]
    cases = make_cases(train, [*media, Failure("no"), None])
    vectors = [Colours().embed_pictures(read_pixels(path))[0].astype(float) for path in media]
    wanted = 1 - np.mean([one @ two for one, two in combinations(vectors, 2)])
    assert ClipDiversity().measure(cases) == pytest.approx(wanted, abs=1e-6)
    assert ClipDiversity().measure(replace(cases, rows=cases.rows[::-1])) == pytest.approx(wanted, abs=1e-6)
    assert ClipDiversity().measure(make_cases(train, [media[0]] * 5)) == pytest.approx(0, abs=1e-6)


def test_one_user_is_not_diverse(tmp_path: Path) -> None:
    train = make_train(tmp_path, 4)
    cases = make_cases(train, [draw(tmp_path, f"made{place}") for place in range(3)])
    rows = [
        replace(row, example=replace(row.example, query=Query(f"q{place}", "u", ())))
        for place, row in enumerate(cases.rows)
    ]
    assert ClipDiversity().measure(replace(cases, rows=tuple(rows))) is None
    assert ClipDiversity().measure(make_cases(train, [None, Failure("no")])) is None


def test_distances_are_not_judged_of_a_few(tmp_path: Path) -> None:
    cases = pairs(tmp_path, 99)
    assert ClipKid().measure(cases) is None and ClipFid().measure(cases) is None
    assert ClipKid().measure(replace(cases, rows=())) is None


def test_the_kernel_distance_is_its_definition_and_grows(tmp_path: Path) -> None:
    cases = pairs(tmp_path, 120)
    made, real = (side.astype(np.float64) / np.sqrt(12) for side in features(cases, "clip-kid"))
    number = len(made)

    def inside(kernel: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        return float((kernel.sum() - np.trace(kernel)) / (number * (number - 1)))

    within = inside((made @ made.T + 1) ** 3) + inside((real @ real.T + 1) ** 3)
    wanted = within - 2 * ((made @ real.T + 1) ** 3).mean()
    found = ClipKid().measure(cases)
    assert found == pytest.approx(wanted, abs=1e-6)
    assert ClipKid().measure(replace(cases, rows=cases.rows[::-1])) == found
    shifted = ClipKid().measure(pairs(tmp_path, 120, shift=50))
    assert found is not None and shifted is not None
    assert abs(found) < 0.1 < shifted


def test_the_frechet_distance_is_its_definition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "FEWEST_FRECHET", 300)
    cases = pairs(tmp_path, 300, shift=30)
    made, real = (side.astype(np.float64) for side in features(cases, "clip-fid"))
    one, two = np.cov(made, rowvar=False), np.cov(real, rowvar=False)
    wanted = ((made.mean(0) - real.mean(0)) ** 2).sum() + np.trace(one + two - 2 * sqrtm(one @ two).real)
    assert ClipFid().measure(cases) == pytest.approx(wanted, rel=1e-5)


def test_only_so_many_pairs_are_compared(tmp_path: Path) -> None:
    cases = pairs(tmp_path, 30)
    some, all_of_them = features(cases, "salt", 10)[0], features(cases, "salt")[0]
    assert np.array_equal(some, all_of_them[:10]) and len(all_of_them) == 30
