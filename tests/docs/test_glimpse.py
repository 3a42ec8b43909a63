"""The picture in the README: every part is where its column is, the case is the typical one, and the file is drawn so.

Invariants: 1. pictures stand unchanged, their pixels enlarged, and words end inside their column; 2. of the cases that
can be shown the one nearest to NaviGen's mean is; 3. equal cases are equal pixels; 4. the stored picture is as large.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bench.pixels import Pixels
from bench.report.groups import grouped
from bench.report.html.cases import People
from bench.store import find_runs
from bench.tables import read_answers
from docs import glimpse
from docs.glimpse import HEADS, LEFT, NEXT, PICTURE, ROW, SHOWN, SIDE, SYSTEMS, TEXT, Case, cases, draw

LONG = "a cheerful extraordinarily detailed watercolour of an umbrella in the mountains, seen from above, soft light"


def flat(value: int, frames: int = 1) -> Pixels:
    """Return frames of 8 x 8 pixels that get lighter by one."""
    return np.stack([np.full((8, 8, 3), value + number, dtype=np.uint8) for number in range(frames)])


def made(words: str = LONG) -> Case:
    history = tuple(flat(10 * place) for place in range(SHOWN))
    return Case("game", history, flat(100, 3), tuple((name, words, flat(150, 5)) for name in SYSTEMS))


def test_every_part_is_where_its_column_is() -> None:
    pixels = np.asarray(draw([made(), made("short")]))
    assert np.array_equal(pixels, np.asarray(draw([made(), made("short")])))
    for row in range(2):
        top = HEADS + ROW * row + 20
        for place in range(SHOWN):
            left = LEFT + place * (SIDE + 8)
            assert (pixels[top : top + SIDE, left : left + SIDE] == 10 * place).all()
        after = LEFT + SHOWN * (SIDE + 8) + 16
        assert (pixels[top : top + SIDE, after : after + SIDE] == 101).all()
        for place in range(len(SYSTEMS)):
            left = after + NEXT + TEXT * place
            assert (pixels[top : top + SIDE, left : left + SIDE] == 152).all()
            words = pixels[top : top + SIDE, left + SIDE : left + TEXT]
            assert (words < 128).any() and (words[:, -4:] == 255).all()
    assert (pixels[HEADS + 2 * ROW - 4 :] == 255).all()


def test_the_case_is_the_one_nearest_to_the_mean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(glimpse, "TASKS", ("game/world/image",))
    (case,) = cases(tmp_path, 12)
    assert len(case.history) == SHOWN and [title for title, _, _ in case.answers] == list(SYSTEMS.values())
    ((asked, groups),) = grouped(find_runs([tmp_path])).items()
    group = next(group for group in groups if group.system == "navigen")
    data, said = People(None).of(group.runs[0], asked), read_answers(group.runs[0].answers)
    assert not isinstance(data, str)
    whole = {one.query.id for one in data.examples if len(one.query.history) >= SHOWN}
    scores = group.scores.metrics["attribute-f1"]
    away = {name: abs(score - scores.mean()) for name, score in zip(group.scores.cases, scores, strict=True)}
    own = {name for name, answer in said.items() if getattr(answer, "text", "") == case.answers[1][1]}
    assert min(away[name] for name in own & whole) == min(away[name] for name in away.keys() & whole)


def test_the_stored_picture_is_drawn_so() -> None:
    with Image.open(PICTURE) as stored:
        assert stored.size == draw([made()] * 3).size
