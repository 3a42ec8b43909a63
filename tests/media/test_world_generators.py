"""Small generators of the world: what they learn from, that a kill costs nothing, and that neighbours do not matter."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.api import Context
from bench.cli import app
from bench.errors import BenchError
from bench.generators.fidelity import Reader, make_reader, render
from bench.generators.learn import Learn
from bench.generators.pixel import PixelPipeline, tokenize
from bench.io import file_sha256
from bench.shipped import shipped
from tasks.world.draw.make import paint_stills
from tasks.world.pairs import Pair, draws, held_out, pairs, standpoint
from tasks.world.passages import held_out_pairs
from tasks.world.shelf import stock
from tasks.world.strengths import strengths
from tasks.world.taxonomy import DOMAINS
from tests.conftest import REPOSITORY
from tests.world.test_captions import meant

TINY: dict[str, Any] = {
    "number": 6,
    "size": 16,
    "patch": 4,
    "waves": 12,
    "channels": (32,),
    "width": 32,
    "layers": 1,
    "hidden": 32,
    "first": 20,
    "steps": 20,
    "vocabulary": 320,
    "batch": 8,
    "save_every": 5,
}
WEIGHTS = ("unet/diffusion_pytorch_model.safetensors", "text_encoder/model.safetensors", "tokenizer/tokenizer.json")


def learn(to: Path, **values: Any) -> tuple[PixelPipeline, list[float]]:
    losses = Learn(**{**TINY, **values}, context=Context(work=to)).run(to / "world-image")
    return loaded(to / "world-image"), losses


def loaded(folder: Path) -> PixelPipeline:
    pipeline: PixelPipeline = PixelPipeline.from_pretrained(folder)
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def told(values: dict[str, Any]) -> list[str]:
    texts = {name: ",".join(map(str, value)) if isinstance(value, tuple) else value for name, value in values.items()}
    return [part for name, value in texts.items() for part in ("--set", f"world-image.{name}={value}")]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PixelPipeline, list[float]]:
    folder = tmp_path_factory.mktemp("trained")
    return folder, *learn(folder)


@pytest.fixture(scope="module")
def usual() -> list[Pair]:
    return list(pairs(130, 3, 1, 16))


def test_pairs_join_nothing_that_is_kept_from_them(usual: list[Pair]) -> None:
    for source, may in ((usual, False), (list(draws(20, 3, 1, 16)), False), (list(held_out(30, 3, 1, 16)), True)):
        for name, domain in DOMAINS.items():
            shelf = stock(domain, strengths(name, {}), 0)
            kept = {frozenset(pair) for pair in held_out_pairs(shelf)}
            never = {frozenset(pair) for pair in (*shelf.absent, *domain.impossible)}
            looks = [list(one.labels.values()) for one in source if one.domain == name]
            joined = [{frozenset((a, b)) for a in look for b in look} for look in looks]
            assert kept and never and joined
            assert all(bool(found & kept) == may for found in joined)
            assert not any(found & never for found in joined)


def test_what_is_learnt_from_hardly_moves_and_draws_do() -> None:
    def moved(shown: list[Pair]) -> float:
        still = [paint_stills(o.domain, o.labels, standpoint(DOMAINS[o.domain])[None], 16).astype(float) for o in shown]
        return float(np.mean([np.abs(one.pixels - there).mean() for one, there in zip(shown, still, strict=True)]))

    assert moved(list(pairs(10, 3, 1, 16))) < 0.4 * moved(list(draws(10, 3, 1, 16)))


def test_every_text_says_what_is_shown_and_nothing_else() -> None:
    for one in pairs(20, 5, 8, 16):
        assert one.pixels.shape == (8, 16, 16, 3) and one.pixels.dtype == np.uint8
        assert len(set(one.texts)) >= 4
        for place, text in enumerate(one.texts):
            found = meant(DOMAINS[one.domain], text)
            assert all({one.labels[name]} == values for name, values in found.items()), text
            assert place in (1, 2) or set(found) == set(one.labels), text


def test_pairs_are_the_same_whenever_they_are_drawn() -> None:
    first, again, other = list(pairs(2, 7)), list(pairs(3, 7)), list(pairs(2, 8))
    assert [one.texts for one in first] == [one.texts for one in again[: len(first)]]
    assert all((a.pixels == b.pixels).all() for a, b in zip(first, again, strict=False))
    assert [one.texts for one in first] != [one.texts for one in other]


def test_the_loss_falls(trained: tuple[Path, PixelPipeline, list[float]]) -> None:
    losses = trained[2]
    assert len(losses) == 40
    for part in (losses[:20], losses[20:]):  # the painter's, and everybody's
        assert np.mean(part[-5:]) < 0.9 * np.mean(part[:5])


def test_a_killed_training_ends_at_the_same_bytes(
    trained: tuple[Path, PixelPipeline, list[float]], tmp_path: Path
) -> None:
    values = told(TINY)
    command = [sys.executable, "-m", "bench", "train", "world-image", "--to", str(tmp_path), *values]
    # Sums depend on how many threads share them, so the killed process has as many as this one.
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": str(torch.get_num_threads())}
    with subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and not (tmp_path / "checkpoint.safetensors").exists():
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "world-image").exists(), "it was to be killed in the middle"
    app(["train", "world-image", "--to", str(tmp_path), *values], standalone_mode=False)
    for name in WEIGHTS:
        assert (tmp_path / "world-image" / name).read_bytes() == (trained[0] / "world-image" / name).read_bytes()
    card = (tmp_path / "world-image" / "README.md").read_text()
    assert all(f"`{name}`" in card and file_sha256(tmp_path / "world-image" / name) in card for name in WEIGHTS)
    assert "navibench train world-image --seed 0 --set world-image." in card


def test_another_training_does_not_go_on_with_this_one(trained: tuple[Path, PixelPipeline, list[float]]) -> None:
    with pytest.raises(BenchError, match="another setting, pairs or seed"):
        learn(trained[0], rate=1e-3)


def sources(*seeds: int) -> list[torch.Generator]:
    return [torch.Generator().manual_seed(seed) for seed in seeds]


def test_saving_and_loading_keeps_every_pixel(trained: tuple[Path, PixelPipeline, list[float]], tmp_path: Path) -> None:
    pipeline, texts = trained[1], ["a red lamp", "a knight in the forest"]
    pipeline.save_pretrained(tmp_path, safe_serialization=True)
    again = loaded(tmp_path)
    first, second = (one(texts, 3, generator=sources(1, 2)).images for one in (pipeline, again))
    assert first.shape == (2, 16, 16, 3) and 0 <= first.min() < first.max() <= 1
    np.testing.assert_array_equal(first, second)
    names = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {".json", ".safetensors"}


def test_neighbours_do_not_matter(trained: tuple[Path, PixelPipeline, list[float]]) -> None:
    pipeline, text = trained[1], "a blue chair in the garden"
    others = ["a robot", "a cat jumping on the stage", "wood", "a calm racing with a dragon in the city, icy, top-down"]
    alone = pipeline([text] * 4, 4, generator=sources(5, 5, 5, 5)).images
    mixed = pipeline([others[0], text, *others[1:3]], 4, generator=sources(1, 5, 2, 3)).images
    last = pipeline([*others[1:4], text], 4, generator=sources(9, 8, 7, 5)).images
    for found in (*alone, mixed[1], last[3]):
        np.testing.assert_array_equal(found, alone[0])
    assert not np.array_equal(mixed[0], mixed[1])
    assert not np.array_equal(pipeline([text], 4, generator=sources(6)).images[0], alone[0])


def test_a_clip_has_frames_and_pil_is_the_same(tmp_path: Path) -> None:
    pipeline, _ = learn(tmp_path, frames=3, first=2, steps=2)
    asked = {"num_inference_steps": 2, "guidance_scale": 1.0}
    made = pipeline("a dog running", generator=sources(4), **asked).frames
    assert made.shape == (1, 3, 16, 16, 3)
    clips = pipeline(["a dog running"], generator=sources(4), output_type="pil", **asked).frames
    assert len(clips) == 1 and len(clips[0]) == 3
    np.testing.assert_array_equal(np.stack(clips[0]), np.rint(made[0] * 255).astype(np.uint8))
    with pytest.raises(BenchError, match="expected np or pil"):
        pipeline("a dog", output_type="latent")


def test_texts_are_cut_and_padded_to_one_length(trained: tuple[Path, PixelPipeline, list[float]]) -> None:
    tokenizer = trained[1].tokenizer
    ids = tokenize(tokenizer, ["", "A Lamp", "a lamp", "word " * 400])
    assert ids.shape == (4, 40)
    assert ids[0].tolist() == [tokenizer.eos_token_id] + [tokenizer.pad_token_id] * 39
    assert ids[1].tolist() == ids[2].tolist() and ids[3, -1] == tokenizer.eos_token_id


def test_a_reader_reads_what_is_drawn_and_not_what_is_not(usual: list[Pair]) -> None:
    shown = [one for one in usual if one.domain == "product"]
    reader: Reader = make_reader("product", shown, epochs=60)
    pixels, labels = np.stack([one.pixels for one in shown]), [one.labels for one in shown]
    right, wrong = reader.accuracy(pixels, labels), reader.accuracy(pixels, labels[::-1])
    assert set(right) == {attribute.name for attribute in DOMAINS["product"].attributes}
    assert right["colour"] > 0.6 and wrong["colour"] < 0.3


def test_rendering_by_parts_gives_the_same(trained: tuple[Path, PixelPipeline, list[float]]) -> None:
    texts = ["lamp", "chair", "mug", "vase"]
    whole = render(trained[1], texts, 2, 2.0, 2)
    assert whole.shape == (4, 1, 16, 16, 3) and whole.dtype == np.uint8
    np.testing.assert_array_equal(render(trained[1], texts[:2], 2, 2.0, 2), whole[:2])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"size": 18}, "multiple of patch"),
        ({"waves": 49}, "waves=49: a cell has 48"),
        ({"steps": 0}, "steps=0"),
        ({"batch": 0}, "batch=0"),
    ],
)
def test_a_mistake_is_told_before_anything_is_drawn(values: dict[str, Any], expected: str, tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=expected):
        learn(tmp_path, **values)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["world-image", "world-video"])
def test_what_is_shipped_is_whole_small_and_shows_what_it_is_told(name: str) -> None:
    folder = shipped(name, "model_index.json")
    card = (folder / "README.md").read_text()
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    listed = dict(re.findall(r"\| `(\S+)` \| [\d,]+ \| `([0-9a-f]{64})` \|", card))
    assert listed == {place: file_sha256(path) for place, path in files.items() if place != "README.md"}
    assert {path.suffix for path in files.values()} == {".json", ".safetensors", ".md"}
    assert sum(path.stat().st_size for path in files.values()) < 10 * 2**20
    assert (
        f"navibench train {name} --seed 0 --set device.dtype=bfloat16 --to FOLDER" in card
        and "generated, held out" in card
    )
    pipeline = loaded(folder)
    size = pipeline.unet.config.sample_size * pipeline.waves.patch
    shown = list(pairs(8, 4, pipeline.waves.frames, size))
    made = render(pipeline, [one.texts[0] for one in shown], 5, 2.0, 24).astype(float)
    drawn = np.stack([one.pixels for one in shown]).astype(float)
    apart = np.array([[np.abs(a - b).mean() for b in drawn] for a in made])
    nearer = (apart > apart.diagonal()[:, None]).mean()
    assert nearer > 0.8, "what was made is like what was asked for, more than like what others asked for"
