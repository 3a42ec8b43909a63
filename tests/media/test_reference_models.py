"""Real pictures through the real libraries: as they say one by one, whatever the batches."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.api import Case, Cases, Example, Instruction, Item, Kind, Query, Train
from bench.pixels import read_pixels
from bench.scorers.image import ClipAlignment, ClipI, TargetRetrieval
from bench.scorers.perceptual import SIDE, Lpips, distances
from bench.scorers.video import Consistency
from bench.scorers.views import look
from tests.conftest import data_root
from tests.media.lookers import Colours, ForTorchmetrics, TinyClip, TinyLpips, draw

pytest.importorskip("open_clip")
pytest.importorskip("lpips")
NUMBER = 6
REAL = {"clip": {"name": "tests.media.lookers:TinyClip"}, "lpips": {"name": "tests.media.lookers:TinyLpips"}}


@pytest.fixture(scope="module", params=["games", "products"])
def pictures(request: pytest.FixtureRequest) -> list[tuple[Path, str]]:
    folder = data_root() / "images" / request.param
    if not folder.is_dir():
        pytest.skip("the real pictures are not on this machine; set NAVIBENCH_DATA to the folder above them")
    lines = [json.loads(line) for line in (folder / "items.jsonl").read_text().splitlines()]
    found = [(folder / "images" / Path(line["file"]).relative_to(Path(line["file"]).parts[0]), line) for line in lines]
    texts = ("productDisplayName", "title")
    return [(path, next(line[key] for key in texts if key in line)) for path, line in found[:: len(found) // NUMBER]]


@pytest.fixture
def cases(pictures: list[tuple[Path, str]]) -> Cases:
    """Each picture is made for a user who wanted the next."""
    items = {
        f"i{place:02}": Item(f"i{place:02}", text, text, image=path) for place, (path, text) in enumerate(pictures)
    }
    names = [*list(items)[1:], "i00"]
    rows = [
        Case(Example(Query(f"q{place}", f"u{place}", ()), (name,)), Instruction(text), path)
        for place, (name, (path, text)) in enumerate(zip(names, pictures, strict=True))
    ]
    return Cases(tuple(rows), Train(items, {}), REAL)


def test_alignment_is_torchmetrics_clip_score_of_each_pair(cases: Cases) -> None:
    import torch
    from torchmetrics.functional.multimodal import clip_score

    found = ClipAlignment()(cases)
    model = ForTorchmetrics(TinyClip())
    for case, value in zip(cases.rows, found, strict=True):
        assert isinstance(case.media, Path) and isinstance(case.answer, Instruction)
        picture = torch.from_numpy(read_pixels(case.media)[0].copy()).permute(2, 0, 1)
        with torch.inference_mode():
            theirs = float(clip_score(picture, case.answer.text, model_name_or_path=model))
        assert value == pytest.approx(max(theirs, 0.0), abs=1e-4)


def test_lpips_is_that_of_its_authors_on_each_pair(cases: Cases) -> None:
    import torch
    from PIL import Image

    model = TinyLpips().model
    found = Lpips()(cases)
    for case, value in zip(cases.rows, found, strict=True):
        sides = []
        for path in (cases.train.items[case.example.targets[0]].image, case.media):
            assert isinstance(path, Path)
            with Image.open(path) as opened:
                small = np.asarray(opened.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC))
            sides.append(torch.from_numpy(small.copy()).permute(2, 0, 1)[None].float() / 255)
        with torch.inference_mode():
            assert value == pytest.approx(float(model(*sides, normalize=True)), abs=1e-4)
    assert min(value for value in found if value is not None) > 0


def test_the_pictures_find_themselves(cases: Cases) -> None:
    own = [
        Case(Example(row.example.query, (name,)), row.answer, row.media)
        for row, name in zip(cases.rows, cases.train.items, strict=True)
    ]
    same = Cases(tuple(own), cases.train, REAL)
    assert ClipI()(same) == pytest.approx([1.0] * len(own), abs=1e-6)
    assert TargetRetrieval(1)(same) == [1.0] * len(own)
    assert Lpips()(same) == pytest.approx([0.0] * len(own), abs=1e-6)


def test_batches_change_nothing(pictures: list[tuple[Path, str]]) -> None:
    paths = [path for path, _ in pictures]
    whole = look(TinyClip(), paths)
    for batch, own in ((1, 64), (5, 2), (64, 3)):
        again = look(TinyClip(own), paths, batch)
        assert np.array_equal(again.start, whole.start)
        np.testing.assert_allclose(again.frames, whole.frames, atol=1e-5)
    pairs = list(zip(paths, reversed(paths), strict=True))[:6]
    np.testing.assert_allclose(distances(TinyLpips(), pairs, 1), distances(TinyLpips(), pairs, 4), atol=1e-5)


def test_clips_of_many_sizes_are_looked_at_in_any_batches(tmp_path: Path) -> None:
    paths = [draw(tmp_path, f"clip{place}", 1 + place % 4, ".webp") for place in range(11)]
    (tmp_path / "broken.webp").write_bytes(b"")
    paths.insert(4, tmp_path / "broken.webp")
    whole = look(Colours(), paths)
    assert whole.counts.tolist() == [0 if path.name == "broken.webp" else len(read_pixels(path)) for path in paths]
    for place, path in enumerate(paths):
        if place != 4:
            np.testing.assert_allclose(whole.of(place), Colours().embed_pictures(read_pixels(path)), atol=1e-6)
    for batch in (1, 3, 1000):
        np.testing.assert_allclose(look(Colours(), paths, batch).frames, whole.frames, atol=1e-6)
    assert not whole.pooled()[4].any()


def test_a_file_that_changes_is_looked_at_again(tmp_path: Path) -> None:
    first, second = draw(tmp_path, "first"), draw(tmp_path, "second", size=(30, 30))
    path = tmp_path / "item.png"
    shutil.copy(first, path)
    row = Case(Example(Query("q", "u", ()), ("i",)), Instruction("paint"), first)

    def score() -> float | None:
        train = Train({"i": Item("i", image=path)}, {})
        return ClipI()(Cases((row,), train, {"clip": {"name": "tests.media.lookers:Colours"}}))[0]

    assert score() == pytest.approx(1, abs=1e-6)
    shutil.copy(second, path)
    os.utime(path, (1, 1))
    changed = score()
    assert changed is not None and changed < 0.99


def test_frames_seen_by_a_real_model_hold_together(tmp_path: Path) -> None:
    path = draw(tmp_path, "clip", 5, ".webp", size=(40, 40))
    row = Case(Example(Query("q", "u", ()), ()), Instruction("paint"), path)
    (value,) = Consistency()(Cases((row,), Train({}, {}), REAL, Kind.VIDEO))
    assert value is not None and 0 < value < 1
