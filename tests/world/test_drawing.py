"""Pictures and clips: the same bytes however they are made, all values drawn, real motion, any size."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pixels import read_pixels, save_pixels
from tasks.world.draw.canvas import Canvas
from tasks.world.draw.make import FRAMES, PATHS, SIZE, clip, painter, stills
from tasks.world.draw.shot import Shot
from tasks.world.media import media_files
from tasks.world.strengths import DEFAULTS
from tasks.world.taxonomy import DOMAINS
from tasks.world.world import World, make_world
from tests.conftest import REPOSITORY
from tests.world.conftest import small

# What ten items of each domain look like: sha256 over two draws and the clip of each. Another machine, another number
# of workers, another version of numpy: the same bytes.
PINNED = {
    "product": "0f098d8711202a5c37be078f69080b7184d7c612429cc76a6853d7d1e17eedad",
    "game": "fd81ad2c1b5eb5e0649a8ae5d6cfcd7844fa42ad8ee4f841d8beb6892a6e9683",
    "short-video": "906123a7bdd39c83baab22f363a21589d3d65252c7a2fb375d5b86dca7c4be3d",
}


def shot_of(number: int) -> Shot:
    def plain(value: float) -> np.ndarray:
        return np.full(number, value, dtype=np.float32)

    luck = np.full((number, 12), 0.5, dtype=np.float32)
    return Shot(plain(0.25), plain(0), plain(0), plain(1), plain(1), luck)


def ten(domain: str) -> str:
    shelf = make_world(domain, DEFAULTS[domain], 0).shelf
    total = sha256()
    for item in range(0, 640, 64):
        total.update(stills(shelf, item, 0, (0, 1)).tobytes())
        total.update(clip(shelf, item, 0).tobytes())
    return total.hexdigest()


def test_pixels_are_pinned(domain: str) -> None:
    assert ten(domain) == PINNED[domain]


def test_another_process_draws_the_same_bytes() -> None:
    code = "from tests.world.test_drawing import ten; print(ten('product'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=REPOSITORY, check=True)
    assert done.stdout.strip() == ten("product")


def test_a_draw_does_not_depend_on_its_company(world: World) -> None:
    for item in range(0, 640, 23):
        together = stills(world.shelf, item, 0, (0, 1, 2, 3))
        assert np.array_equal(stills(world.shelf, item, 0, (2,))[0], together[2])
        assert together.shape == (4, SIZE, SIZE, 3) and together.dtype == np.uint8
        assert len({draw.tobytes() for draw in together}) == 4


def test_every_value_is_drawn_and_changes_the_picture(domain: str) -> None:
    attributes = DOMAINS[domain].attributes
    draw = painter(domain)
    usual = {attribute.name: attribute.values[0] for attribute in attributes}
    for attribute in attributes:
        if attribute.name == "camera":  # moves the shot, not the scene
            continue
        seen = {draw({**usual, attribute.name: value}, shot_of(1), 32).tobytes() for value in attribute.values}
        assert len(seen) == len(attribute.values), attribute.name
        with pytest.raises(KeyError):
            draw({**usual, attribute.name: "no such value"}, shot_of(1), 32)


def test_clips_move_smoothly_and_never_stand_still(world: World) -> None:
    for item in range(0, 640, 61):
        frames = clip(world.shelf, item, 0).astype(np.float64)
        assert frames.shape == (FRAMES, SIZE, SIZE, 3)
        steps = np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2, 3))
        far = np.abs(frames[:, None] - frames[None, :]).mean(axis=(2, 3, 4)).max()
        assert steps.min() > 0.3, f"item {item} stands still"
        assert steps.max() < 80 and far > 4


def test_a_larger_picture_shows_the_same(world: World) -> None:
    for item in (3, 333):
        small_one = stills(world.shelf, item, 0)[0].astype(np.float64)
        large = stills(world.shelf, item, 0, size=256)[0].astype(np.float64)
        averaged = large.reshape(SIZE, 4, SIZE, 4, 3).mean(axis=(1, 3))
        assert np.abs(averaged - small_one).mean() < 14


def test_the_camera_of_a_short_video_goes_its_way() -> None:
    shelf = make_world("short-video", DEFAULTS["short-video"], 0).shelf
    assert set(PATHS) == set(shelf.domain.attribute("camera").values)
    still = next(item for item in range(640) if shelf.look(item)["camera"] == "static camera")
    moving = next(item for item in range(640) if shelf.look(item)["camera"] == "pan left")
    edges = [np.abs(np.diff(clip(shelf, item, 0)[:, :, :6].astype(float), axis=0)).mean() for item in (still, moving)]
    assert edges[0] < edges[1]


def test_files_are_whole_named_by_content_and_drawn_once(
    domain: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NAVIBENCH_CACHE", str(tmp_path))
    shelf = make_world(domain, small(domain, items=50, most=25), 0).shelf
    told: list[int] = []
    files = media_files(shelf, "clip", 0, lambda stage, done, total: told.append(done))
    assert told == list(range(1, 51))
    name, path = next(iter(files.items()))
    pixels = read_pixels(path)
    assert np.array_equal(pixels, clip(shelf, 0, 0))
    assert path.name == f"{name}-{sha256(pixels.tobytes()).hexdigest()[:12]}.webp"
    path.unlink()
    again = media_files(shelf, "clip", 0, lambda stage, done, total: told.append(-done))
    assert again == files and told[-1] == -1 and told.count(-1) == 1
    index = path.parent / "index.json"
    index.write_text(index.read_text()[:40])  # a damaged index is made anew
    assert media_files(shelf, "clip", 0) == files
    assert len(json.loads(index.read_text())) == 50


def test_the_number_of_workers_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = make_world("game", small("game", items=50, most=25), 0).shelf
    found = []
    for workers in (1, 7):
        monkeypatch.setenv("NAVIBENCH_CACHE", str(tmp_path / str(workers)))
        monkeypatch.setattr("os.sched_getaffinity", lambda process, number=workers: set(range(number)))
        found.append({path.name for path in media_files(shelf, "image", 0).values()})
    assert found[0] == found[1]


def test_pictures_survive_their_files(world: World, tmp_path: Path) -> None:
    pictures = stills(world.shelf, 5, 0, (0, 1, 2))
    save_pixels(tmp_path / "one.png", pictures[:1])
    save_pixels(tmp_path / "all.webp", pictures)
    assert np.array_equal(read_pixels(tmp_path / "one.png"), pictures[:1])
    assert np.array_equal(read_pixels(tmp_path / "all.webp"), pictures)
    (tmp_path / "broken.png").write_bytes((tmp_path / "one.png").read_bytes()[:60])
    with pytest.raises(BenchError, match=r"broken\.png: not a picture"):
        read_pixels(tmp_path / "broken.png")


def test_shapes_are_where_they_say() -> None:
    canvas = Canvas(shot_of(1), 64)
    shapes = {
        "disc": canvas.scene.circle(0, 0, 0.5),
        "ellipse": canvas.scene.ellipse(0, 0, 0.5, 0.5),
        "box": canvas.scene.box(0, 0, 0.5, 0.5),
        "round box": canvas.scene.box(0, 0, 0.5, 0.5, 0.25),
        "polygon": canvas.scene.polygon((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)),
        "line": canvas.scene.line(-0.5, 0, 0.5, 0, 0.25),
    }
    areas = {name: float(canvas.cover(distance).mean() * 4) for name, distance in shapes.items()}
    expected = {
        "disc": np.pi / 4,
        "ellipse": np.pi / 4,
        "box": 1.0,
        "round box": 1 - (4 - np.pi) / 16,
        "polygon": 1.0,
        "line": 0.5 + np.pi / 16,
    }
    assert areas == pytest.approx(expected, abs=0.01)
    turned = canvas.scene.at(0.2, 0.1, 0.5, 0.125).box(0, 0, 1, 1)
    assert canvas.cover(turned).mean() * 4 == pytest.approx(1.0, abs=0.01)
