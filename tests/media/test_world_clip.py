"""Small CLIPs of the world: what they learn from, that training resumes exactly, and what the shipped ones know."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bench.api import Context
from bench.backbones import make_backbone
from bench.backbones.examine import Figure, examine, ranks, tell
from bench.backbones.settings import CLIP_CONFIG, CLIP_WEIGHTS, WORLD_CLIPS
from bench.cli.clip import examine as examine_verb
from bench.cli.train import train
from bench.errors import BenchError
from bench.io import file_sha256
from bench.rng import stream
from bench.shipped import shipped
from tasks.world.contrast import UNSEEN, Batch, Contrast, barred_pairs, draw_groups, is_barred, shelve, world_shelf
from tasks.world.exam import sheet
from tasks.world.passages import draw, held_out_pairs
from tasks.world.taxonomy import DOMAINS

LEAST = {"world-clip": (0.85, 0.75), "world-clip-reward": (0.72, 0.62)}
"""Mean share of rightly named values on ordinary and held-out looks; guessing reaches 0.17."""
SMALL = Contrast(groups=2, group=3, seed=3)


def test_looks_of_a_group_differ_in_one_value_and_none_is_barred() -> None:
    for name, domain in DOMAINS.items():
        barred = barred_pairs(name, 0)
        assert {frozenset(pair) for pair in held_out_pairs(world_shelf(name, 0))} <= barred
        looks = draw_groups(domain, barred, 20, 6, stream(1, name))
        shown = [tuple(value for key, value in look.items() if key not in UNSEEN) for look in looks]
        assert len(set(shown)) == len(looks) == 120
        assert not any(is_barred(look, barred) for look in looks)
        for start in range(0, 120, 6):
            base = looks[start]
            assert all(sum(base[key] != look[key] for key in base) == 1 for look in looks[start + 1 : start + 6])


def test_a_batch_depends_on_its_number_alone_and_answers_are_what_is_told() -> None:
    one, again, other = SMALL.batch(4), SMALL.batch(4), SMALL.batch(5)
    assert one.texts == again.texts != other.texts
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert one.pixels.shape == (18, 64, 64, 3)
    assert len(set(one.texts)) == 18
    for text, answers in zip(one.texts, one.answers, strict=True):
        for question, answer in zip(SMALL.questions, answers, strict=True):
            assert answer < 0 or any(wording in text for wording in question[answer])


def test_every_item_with_a_held_out_pair_is_kept_out() -> None:
    for name in DOMAINS:
        shelf = world_shelf(name, 0)
        held = [dict(shelf.look(int(item))) for item in np.flatnonzero(shelf.held_out)]
        assert held
        assert all(is_barred(look, barred_pairs(name, 0)) for look in held)


def test_ties_count_half_against_the_right_picture() -> None:
    seen = np.array([[1, 0], [0, 1], [0, 1]], dtype=np.float32)
    np.testing.assert_array_equal(ranks(seen, seen), [0, 1, 1])
    np.testing.assert_array_equal(ranks(np.ones((4, 2), np.float32), np.ones((4, 2), np.float32)), [2, 2, 2, 2])


@dataclass
class Reader:
    """Knows which text goes with which picture, for it has seen the answers."""

    places: dict[str, int]
    fingerprint: str = ""

    def embed_texts(self, texts: Any) -> Any:
        return np.eye(len(self.places) + 1, dtype=np.float32)[
            [self.places.get(text, len(self.places)) for text in texts]
        ]

    def embed_pictures(self, pictures: Any) -> Any:
        return np.eye(len(self.places) + 1, dtype=np.float32)[: len(pictures)]


def test_who_knows_the_instructions_passes_and_the_table_says_so() -> None:
    domain = DOMAINS["game"]
    looks = draw_groups(domain, barred_pairs("game", 0), 1, 5, stream(2, "exam"))
    paper = sheet(domain, "ordinary", shelve(domain, looks, "t", 0), 0)
    knows = Reader({text: at for at, text in enumerate(paper.texts)})
    figures = list(
        examine(knows, [paper, replace(paper, looks="held-out"), replace(paper, looks="items", questions=())])
    )
    told = [one for one in figures if one.form == "instruction"]
    assert len(told) == 14
    assert all(one.share == 1 for one in told)
    assert figures[0] == Figure("game", "ordinary", "genre", "instruction", 1.0, 1 / 8, 5)
    assert "| game | 5 | 100 | 100 |" in tell(figures)


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path, list[float]]:
    """A training of four steps, at one go."""
    learn = pytest.importorskip("bench.backbones.learn", exc_type=ImportError)
    folder = tmp_path_factory.mktemp("learnt")
    made = learn.Learner(
        layers=(1, 1, 1, 1), width=4, words=32, depth=1, embed=8, vocabulary=400, steps=4, draws=3, every=2, warmup=1
    )
    made.context = Context(3, folder / "work")
    return made, folder, made.run(SMALL, folder / "model")


def test_moved_pictures_are_windows_of_wider_ones_or_their_mirrors() -> None:
    small = pytest.importorskip("bench.backbones.small", exc_type=ImportError)
    seen = stream(0, "moved").integers(0, 256, (40, 8, 8, 3), dtype=np.uint8)
    assert small.moved(seen, 0, stream(1, "moved")) is seen
    for before, after in zip(seen, small.moved(seen, 2, stream(1, "moved")), strict=True):
        wide = np.pad(before, ((2, 2), (2, 2), (0, 0)), mode="edge")
        windows = [wide[y : y + 8, x : x + 8] for y in range(5) for x in range(5)]
        assert any(np.array_equal(after, one) or np.array_equal(after, one[:, ::-1]) for one in windows)


def test_an_interrupted_training_ends_where_it_would_have(learnt: Any, tmp_path: Path) -> None:
    made, folder, history = learnt

    @dataclass
    class Killed:
        """A source that dies at a batch."""

        questions: Any = SMALL.questions
        fatal: int = 2

        def texts(self, number: int) -> list[str]:
            return SMALL.texts(number)

        def batch(self, number: int) -> Batch:
            if number == self.fatal:
                raise KeyboardInterrupt
            return SMALL.batch(number)

    again = replace(made, context=Context(3, tmp_path))
    with pytest.raises(KeyboardInterrupt):
        again.run(Killed(), tmp_path / "model")
    assert again.run(SMALL, tmp_path / "model") == history
    for file in ("open_clip_model.safetensors", "open_clip_config.json", "tokenizer.json"):
        assert (tmp_path / "model" / file).read_bytes() == (folder / "model" / file).read_bytes()
    with pytest.raises(BenchError, match="another setting"):
        replace(again, rate=1.0).run(SMALL, tmp_path / "model")


def test_a_trained_model_loads_as_any_of_open_clip(learnt: Any) -> None:
    open_clip = pytest.importorskip("open_clip")
    import torch

    _, folder, history = learnt
    assert len(history) == 2
    assert history[1] < history[0]
    place = f"local-dir:{folder / 'model'}"
    model, _, _ = open_clip.create_model_and_transforms(place)
    texts = ["A Red lamp,  in the kitchen", "ÿ 漢字"]
    with torch.inference_mode():
        rows = model.eval().encode_text(open_clip.get_tokenizer(place)(texts), normalize=True).numpy()
    clip = make_backbone("clip", {"name": str(folder / "model")})
    np.testing.assert_allclose(clip.embed_texts(texts), rows, atol=1e-5)
    assert clip.embed_pictures(SMALL.batch(0).pixels).shape == (18, 8)
    assert clip.longest == 48
    assert clip.cut_share(["a lamp", "a lamp " * 60]) == 0.5


@pytest.mark.parametrize("name", WORLD_CLIPS)
def test_the_shipped_models_know_the_world(name: str) -> None:
    pytest.importorskip("open_clip")
    clip = make_backbone("clip", {"name": name, "batch": 256})
    shares: dict[str, list[float]] = {"ordinary": [], "held-out": []}
    for title, domain in DOMAINS.items():
        rng, shelf = stream(7, "fresh", title), world_shelf(title, 0)
        fresh = [draw(domain, barred_pairs(title, 0), rng) for _ in range(16)]
        held = [dict(shelf.look(int(item))) for item in np.flatnonzero(shelf.held_out)[:12]]
        for looks, drawn in (("ordinary", fresh), ("held-out", held)):
            figures = list(examine(clip, [sheet(domain, looks, shelve(domain, drawn, "fresh", 0), 7)]))
            shares[looks] += [one.share for one in figures if one.what not in UNSEEN]
    ordinary, held_out = LEAST[name]
    assert np.mean(shares["ordinary"]) > ordinary
    assert np.mean(shares["held-out"]) > held_out


@pytest.mark.parametrize("name", WORLD_CLIPS)
def test_a_card_tells_the_command_and_every_file_and_no_model_is_large(name: str) -> None:
    folder = shipped(name, CLIP_CONFIG)
    text = (folder / "README.md").read_text()
    assert f"navibench train {name} --seed 0" in text
    told = dict(re.findall(r"\| `(\S+)` \| [\d,]+ \| `([0-9a-f]{64})` \|", text))
    assert told == {path.name: file_sha256(path) for path in folder.iterdir() if path.name != "README.md"}
    assert (folder / CLIP_WEIGHTS).stat().st_size <= 5_000_000


def test_a_command_that_cannot_be_meant_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="learns from no task"):
        train("world-clip", to=tmp_path, task="world/product/image")
    with pytest.raises(BenchError, match="section of --set"):
        train("world-clip", to=tmp_path, assign=["world-image.steps=3"])
    with pytest.raises(BenchError, match=r"world-clip\.stops"):
        train("world-clip", to=tmp_path, assign=["world-clip.stops=3"])
    with pytest.raises(BenchError, match="resnet or vit"):
        train("world-clip", to=tmp_path, assign=["world-clip.vision=eye"])
    with pytest.raises(BenchError, match="section of --set"):
        examine_verb("world-clip", assign=["scorer.lpips.size=3"])


def test_the_two_shipped_models_are_not_the_same() -> None:
    pytest.importorskip("open_clip")
    first, second = (make_backbone("clip", {"name": name}) for name in WORLD_CLIPS)
    assert first.fingerprint != second.fingerprint
    assert first.embed_texts(["a red lamp"]).shape != second.embed_texts(["a red lamp"]).shape
