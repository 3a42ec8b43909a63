"""Every preset's class, tiny and random: saved, loaded from its folder as a user's is, and rendered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.api import Context, Kind, ignore_progress
from bench.catalogue import generator
from bench.config import build
from bench.media import Shot, fault, file_of
from bench.media import make as make_files
from bench.pixels import read_pixels
from bench.rendering import Rendering, make_generator

pytest.importorskip("diffusers")

SMALL = {
    "cogvideox": {"height": 16, "width": 16, "frames": 9},
    "ltx-video": {"height": 32, "width": 32, "frames": 9},
    "open-sora-like": {"height": 32, "width": 16, "frames": 9},
    "sd-1.5": {"height": 32, "width": 32},
    "sdxl-turbo": {"height": 32, "width": 32},
    "wan": {"height": 16, "width": 16, "frames": 9},
    "z-image-turbo": {"height": 32, "width": 32},
}
PROMPTS = ["a red cat sits on a chair", "fog", "two dogs run over the bridge at night " * 4]
SEEDS = [5, 6, 7]
Folder = Callable[[str], Path]


def make(name: str, pipelines: Folder, **more: Any) -> Any:
    kind = generator(name)
    folder = pipelines({"open-sora-like": "wan"}.get(name, name))
    steps = min(kind().steps, 2)
    values = {"pipeline": str(folder), "steps": steps, "batch": min(kind().batch, 2), **SMALL[name], **more}
    return build(kind, values, name)


def same(first: Sequence[Any], second: Sequence[Any]) -> bool:
    return all(np.array_equal(one, other) for one, other in zip(first, second, strict=True))


@pytest.mark.parametrize("name", SMALL)
def test_a_sample_depends_on_its_words_and_seed_only(name: str, pipelines: Folder) -> None:
    made = make(name, pipelines)
    shown = made.render(PROMPTS, SEEDS)
    shape = (SMALL[name].get("frames", 1), SMALL[name]["height"], SMALL[name]["width"], 3)
    assert [fault(pixels) for pixels in shown] == [None] * 3, shown
    assert {pixels.shape for pixels in shown} == {shape}
    again = make(name, pipelines)
    backwards = [again.render([prompt], [seed])[0] for prompt, seed in zip(PROMPTS[::-1], SEEDS[::-1], strict=True)]
    assert same(shown, backwards[::-1]), "a resumed run, or other neighbours, gave other pixels"
    other_seed, other_words = again.render([PROMPTS[0], PROMPTS[2]], [9, SEEDS[0]])
    assert fault(other_seed) is None and fault(other_words) is None
    assert not np.array_equal(shown[0], other_seed)
    assert not np.array_equal(shown[0], other_words)


@pytest.mark.parametrize(
    "name", ["cogvideox", "diffusers-image", "diffusers-video", *SMALL, "world-image", "world-video"]
)
def test_presets_can_be_listed_and_asked_without_weights(name: str) -> None:
    made = make_generator(Rendering(name))
    assert made.kind in (Kind.IMAGE, Kind.VIDEO)
    assert made.suffix == {Kind.IMAGE: ".png", Kind.VIDEO: ".webp" if name == "world-video" else ".mp4"}[made.kind]


def test_the_settings_of_the_paper() -> None:
    picture: Any = make_generator(Rendering("z-image-turbo"))
    assert (picture.height, picture.width, picture.steps, picture.guidance) == (512, 512, 20, 3.5)
    assert (picture.dtype, picture.extra) == ("bfloat16", ("cfg_normalization=false",))
    clip: Any = make_generator(Rendering("open-sora-like"))
    assert (clip.width, clip.height, clip.frames, clip.fps, clip.steps, clip.guidance) == (720, 1280, 81, 24, 30, 4.0)


def test_a_general_generator_reads_the_class_from_the_folder(pipelines: Folder) -> None:
    preset = make("sd-1.5", pipelines)
    values = {
        name: getattr(preset, name) for name in ("pipeline", "steps", "batch", "height", "width", "guidance", "dtype")
    }
    general = build(generator("diffusers-image"), values, "diffusers-image")
    assert same(general.render(PROMPTS, SEEDS), preset.render(PROMPTS, SEEDS))


def test_guidance_negative_words_and_scheduler_reach_the_pipeline(pipelines: Folder) -> None:
    usual = make("sd-1.5", pipelines).render(PROMPTS[:1], SEEDS[:1])[0]
    for change in (
        {"guidance": 1.0},
        {"negative": "ugly"},
        {"scheduler": "class=DDIMScheduler"},
        {"extra": "guidance_rescale=0.7"},
    ):
        changed = make("sd-1.5", pipelines, **change).render(PROMPTS[:1], SEEDS[:1])[0]
        assert fault(changed) is None, changed
        assert not np.array_equal(usual, changed), change


def test_the_safety_checker_of_a_folder_is_not_loaded(pipelines: Folder) -> None:
    pipe = make("sd-1.5", pipelines)._painter.pipe
    assert pipe.safety_checker is None
    assert pipe.config.requires_safety_checker is False


def test_progress_is_told(pipelines: Folder) -> None:
    told: list[tuple[str, int, int]] = []
    context = Context(progress=lambda stage, done, total: told.append((stage, done, total)))
    values = {"pipeline": str(pipelines("sdxl-turbo")), "batch": 2, **SMALL["sdxl-turbo"]}
    build(generator("sdxl-turbo"), values, "sdxl-turbo", context=context).render(PROMPTS, SEEDS)
    assert told == [("images made", 2, 3), ("images made", 3, 3)]


def test_a_class_from_outside_diffusers_renders_clips(tmp_path: Path) -> None:
    from tests.media import custom

    custom.write(str(tmp_path / "noise"))
    kind = generator("diffusers-video")
    made = kind(str(tmp_path / "noise"), pipeline_class="tests.media.custom:Noise", dtype="float32", batch=2)
    shown = made.render(PROMPTS, SEEDS)
    assert {pixels.shape for pixels in shown} == {(3, 8, 8, 3)}
    assert same(shown[::-1], made.render(PROMPTS[::-1], SEEDS[::-1]))


def test_rendered_clips_are_kept_as_files_and_not_made_again(pipelines: Folder, tmp_path: Path) -> None:
    pytest.importorskip("av")
    made = make("wan", pipelines)
    shots = [Shot(prompt, seed) for prompt, seed in zip(PROMPTS, SEEDS, strict=True)]
    assert make_files(made, shots, tmp_path, ignore_progress) == {}
    written = {shot: file_of(shot, tmp_path, made).read_bytes() for shot in shots}
    assert all(read_pixels(file_of(shot, tmp_path, made)).shape == (9, 16, 16, 3) for shot in shots)
    file_of(shots[1], tmp_path, made).unlink()
    assert make_files(make("wan", pipelines), shots, tmp_path, ignore_progress) == {}
    assert {shot: file_of(shot, tmp_path, made).read_bytes() for shot in shots} == written
