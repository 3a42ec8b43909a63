"""Scorers of pictures: the target itself is best, each figure is its formula, and what is not there is not judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.api import Case, Cases, Failure, Item, Kind, Media, Train
from bench.catalogue import scorer
from bench.errors import BenchError
from bench.pixels import read_pixels, save_pixels
from bench.scorers import SCORERS
from tests.media.lookers import CLIP, Colours, draw, make_cases, make_train, normal, target

STATISTICS = ("clip-diversity", "clip-kid", "clip-fid", "consistency")
PER_CASE = [
    name.replace("@k", "@3")
    for name, entry in SCORERS.items()
    if entry.needs == "see" and name not in STATISTICS and getattr(scorer(name.replace("@k", "@3")), "of_media", False)
]
RISING = [name for name in PER_CASE if scorer(name).higher_is_better]


def scored(name: str, cases: Cases) -> list[float | None]:
    judge = scorer(name)
    assert callable(judge)
    return list(judge(cases))


def values(name: str, cases: Cases) -> list[float]:
    found = scored(name, cases)
    assert all(value is not None for value in found)
    return [value for value in found if value is not None]


@pytest.fixture(params=[Kind.IMAGE, Kind.VIDEO])
def kind(request: pytest.FixtureRequest) -> Kind:
    made: Kind = request.param
    return made


def own_media(train: Train, number: int, kind: Kind) -> list[Path]:
    items = [target(train, place) for place in range(number)]
    return [path for item in items if (path := item.clip if kind is Kind.VIDEO else item.image) is not None]


def test_the_target_itself_has_the_best_score(tmp_path: Path, kind: Kind) -> None:
    train = make_train(tmp_path, kind=kind)
    cases = make_cases(train, own_media(train, 12, kind), kind)
    assert values("clip-i", cases) == pytest.approx([1.0] * 12, abs=1e-6)
    assert values("target-retrieval@1", cases) == [1.0] * 12
    assert values("lpips", cases) == [0.0] * 12
    assert min(values("clip-i-effect", cases)) > 0
    assert max(values("clip-i-mismatched", cases)) < 1
    assert values("target-retrieval-mismatched@1", cases) == [0.0] * 12


def test_scores_fall_as_the_picture_fades_into_another(tmp_path: Path) -> None:
    train = make_train(tmp_path)
    means: dict[str, list[float]] = {"clip-i": [], "target-retrieval@1": [], "clip-i-effect": [], "lpips": []}
    for share in (0.0, 0.5, 1.0):
        media = []
        for place in range(12):
            item, other = target(train, place), target(train, place + 1)
            assert item.image and other.image
            right = read_pixels(item.image).astype(float)
            wrong = np.resize(read_pixels(other.image), right.shape)
            media.append(tmp_path / f"faded-{share}-{place}.png")
            save_pixels(media[-1], ((1 - share) * right + share * wrong).astype(np.uint8))
        for name, line in means.items():
            line.append(float(np.mean(values(name, make_cases(train, media)))))
    for name in ("clip-i", "target-retrieval@1", "clip-i-effect"):
        assert means[name][0] > means[name][1] > means[name][2], name
    assert means["lpips"][0] < means["lpips"][1] < means["lpips"][2]


def vector(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    frames = Colours().embed_pictures(read_pixels(path)).astype(np.float64)
    return np.asarray(normal(frames.mean(axis=0, keepdims=True))[0], dtype=np.float64)


def test_figures_are_their_formulas(tmp_path: Path, kind: Kind) -> None:
    train = make_train(tmp_path, kind=kind)
    frames, suffix = (4, ".webp") if kind is Kind.VIDEO else (1, ".png")
    media = [draw(tmp_path, f"made{place}", frames, suffix) for place in range(8)]
    cases = make_cases(train, media, kind)
    eyes = Colours()
    for place, path in enumerate(media):
        item = target(train, place)
        near = eyes.embed_pictures(read_pixels(path)).astype(np.float64)
        words = eyes.embed_texts([f"paint thing {place}", f"A photo depicts paint thing {place}", item.caption])
        cosines = near @ words.astype(np.float64).T
        assert scored("clip-alignment", cases)[place] == pytest.approx(np.maximum(100 * cosines[:, 0], 0).mean())
        assert scored("clip-s", cases)[place] == pytest.approx(2.5 * np.maximum(cosines[:, 1], 0).mean())
        assert scored("clip-caption", cases)[place] == pytest.approx(np.maximum(100 * cosines[:, 2], 0).mean())
        own = item.clip if kind is Kind.VIDEO else item.image
        assert own is not None
        assert scored("clip-i", cases)[place] == pytest.approx(vector(path) @ vector(own), abs=1e-6)
        before = [train.items[name] for name in dict.fromkeys(cases.rows[place].example.query.history[:2])]
        seen = [one.clip if kind is Kind.VIDEO else one.image for one in before]
        mean = np.mean([vector(path) @ vector(one) for one in seen if one is not None])
        assert scored("clip-i-history", cases)[place] == pytest.approx(mean, abs=1e-6)
        shelf = {one.id: found for one in train.items.values() if (found := one.clip or one.image) is not None}
        likeness = {name: vector(path) @ vector(found) for name, found in shelf.items()}
        ahead = sum(value > likeness[item.id] + 1e-6 for value in likeness.values())
        assert scored("target-retrieval@3", cases)[place] == float(ahead < 3)


def test_clamping_comes_before_the_mean_over_frames(tmp_path: Path) -> None:
    train = make_train(tmp_path, kind=Kind.VIDEO)
    path = draw(tmp_path, "turning", 6, ".webp")
    frames = Colours().embed_pictures(read_pixels(path)).astype(np.float64)
    texts = [f"paint thing {place}" for place in range(30)]
    cosines = 100 * frames @ Colours().embed_texts(texts).astype(np.float64).T
    mixed = [place for place in range(30) if cosines[:, place].min() < 0 < cosines[:, place].max()]
    found = scored("clip-alignment", make_cases(train, [path] * 30, Kind.VIDEO))
    assert mixed
    for place in mixed:
        assert found[place] == pytest.approx(np.maximum(cosines[:, place], 0).mean())
        assert found[place] != pytest.approx(max(cosines[:, place].mean(), 0))


@pytest.mark.parametrize("name", PER_CASE)
def test_what_failed_is_0_where_more_is_better_and_what_was_not_made_is_not_judged(name: str, tmp_path: Path) -> None:
    train = make_train(tmp_path)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    good = [draw(tmp_path, f"made{place}") for place in range(6)]
    cases = make_cases(train, [Failure("no"), None, broken, *good])
    bad = 0.0 if name in RISING else None
    found = scored(name, cases)
    assert found[:3] == [bad, None, bad]
    assert all(value is not None for value in found[3:])


@pytest.mark.parametrize("name", [name for name in PER_CASE if name not in ("clip-alignment", "clip-s")])
def test_an_item_without_picture_or_words_is_no_target(name: str, tmp_path: Path) -> None:
    train = make_train(tmp_path)
    cases = make_cases(train, [draw(tmp_path, f"made{place}") for place in range(4)])
    bare = Item("bare")
    with_bare = Train({**train.items, "bare": bare}, {})
    first = cases.rows[0].example
    alone = replace(first, query=replace(first.query, history=("bare",)), targets=("bare", "unheard of"))
    both = replace(first, targets=("bare", *first.targets))

    def run(example: object) -> Sequence[float | None]:
        row = replace(cases.rows[0], example=example)
        return scored(name, replace(cases, rows=(row, *cases.rows[1:]), train=with_bare))

    assert run(alone)[0] is None
    if "mismatched" not in name and "effect" not in name:
        assert run(both)[0] == scored(name, cases)[0]


def test_an_answer_without_words_is_not_aligned_with_any(tmp_path: Path) -> None:
    train = make_train(tmp_path)
    path = draw(tmp_path, "made")
    cases = make_cases(train, [path], answers=[Media(path)])
    assert scored("clip-alignment", cases) == scored("clip-s", cases) == [None]
    assert scored("clip-i", cases) != [None]


def test_of_several_targets_the_best_counts(tmp_path: Path) -> None:
    train = make_train(tmp_path)
    path = draw(tmp_path, "made")
    single = {}
    for name in ("i05", "i06"):
        row = make_cases(train, [path]).rows[0]
        single[name] = Cases((Case(replace(row.example, targets=(name,)), row.answer, path),), train, CLIP)
    row = single["i05"].rows[0]
    both = Cases((Case(replace(row.example, targets=("i05", "i06")), row.answer, path),), train, CLIP)
    for name, best in (("clip-i", max), ("clip-caption", max), ("lpips", min)):
        assert values(name, both) == pytest.approx([best(values(name, one)[0] for one in single.values())])
    hits = sum(values("target-retrieval@3", one)[0] for one in single.values())
    assert scored("target-retrieval@3", both) == [hits / 2]


def test_equal_pictures_tie(tmp_path: Path) -> None:
    path = draw(tmp_path, "same")
    other = tmp_path / "copy.png"
    other.write_bytes(path.read_bytes())
    items = {f"i{number}": Item(f"i{number}", image=path if number < 3 else other) for number in range(4)}
    cases = make_cases(Train(items, {}), [path])
    assert scored("target-retrieval@1", cases) == [0.25]
    assert scored("target-retrieval@3", cases) == [0.75]
    assert scored("target-retrieval@4", cases) == [1.0]


def test_a_picture_that_is_the_same_for_everybody_has_no_personal_effect(tmp_path: Path) -> None:
    train = make_train(tmp_path)
    path = draw(tmp_path, "same")
    for media in ([path] * 9, [path, None, path, None, *[path] * 5]):
        effects = [value for value in scored("clip-i-effect", make_cases(train, media)) if value is not None]
        assert len(effects) == sum(one is not None for one in media)
        assert np.mean(effects) == pytest.approx(0, abs=1e-12)


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.permutations(range(9)))
def test_order_of_cases_is_no_matter(tmp_path: Path, order: list[int]) -> None:
    train = make_train(tmp_path, 8)
    media: list[Path | Failure | None] = [draw(tmp_path, f"made{place}") for place in range(7)]
    cases = make_cases(train, [*media, Failure("no"), None])
    mixed = replace(cases, rows=tuple(cases.rows[place] for place in order))
    for name in PER_CASE:
        straight = scored(name, cases)
        for place, value in zip(order, scored(name, mixed), strict=True):
            assert value == (None if straight[place] is None else pytest.approx(straight[place], abs=1e-6)), name


@pytest.mark.parametrize("name", PER_CASE)
def test_nothing_rendered_asks_for_no_model(name: str, tmp_path: Path) -> None:
    train = make_train(tmp_path, 4)
    made = replace(make_cases(train, [None, Failure("no")]), backbones={})
    assert scored(name, made) == [None, 0.0 if name in RISING else None]
    role = "lpips" if name == "lpips" else "clip"
    with pytest.raises(BenchError, match=f"scorer.{role}.name"):
        scored(name, replace(made, rows=(replace(made.rows[0], media=draw(tmp_path, "one")),)))
