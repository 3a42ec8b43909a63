"""Instruction scorers that read the catalogue: retrieval against two oracles, leaks, layers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.api import Case, Cases, Example, Instruction, Item, Query, Train
from bench.catalogue import scorer
from bench.errors import BenchError
from bench.scorers.instruction_text import Layers, Leak, Retrieval, RetrievalMismatched, Specificity, Words
from bench.scorers.layers import LEXICON, SLOTS
from bench.scorers.ranking import Recall
from bench.text import item_text
from bench.topk import top_rankings
from bench.words import content

WORDS = ["lamp", "chair", "mug", "red", "blue", "green", "wood", "metal", "kitchen", "garden", "striped", "plain"]


def make_items(number: int = 40) -> dict[str, Item]:
    rng = np.random.default_rng(3)
    captions = [" ".join(rng.choice(WORDS, size=rng.integers(0, 6))) for _ in range(number)]
    return {f"i{place:02}": Item(f"i{place:02}", caption=caption) for place, caption in enumerate(captions)}


def make_cases(items: dict[str, Item], texts: list[str], targets: list[tuple[str, ...]] | None = None) -> Cases:
    names = list(items)
    wanted = targets or [(names[place % len(names)],) for place in range(len(texts))]
    rows = [
        Case(Example(Query(f"q{place}", f"u{place}", ()), own), Instruction(text))
        for place, (text, own) in enumerate(zip(texts, wanted, strict=True))
    ]
    return Cases(tuple(rows), Train(items, {}))


@pytest.mark.parametrize("k", [1, 3, 10])
def test_retrieval_is_scikit_learns_cosine_and_the_ranking_scorers_recall(k: int) -> None:
    module = pytest.importorskip("sklearn.feature_extraction.text")
    items, rng = make_items(), np.random.default_rng(4)
    texts = [f"a picture of {' '.join(rng.choice(WORDS, size=rng.integers(0, 5)))} unheardof" for _ in range(60)]
    targets = [tuple(rng.choice([*items, "nowhere"], size=rng.integers(1, 4), replace=False)) for _ in texts]
    made = make_cases(items, texts, targets)
    vectors = module.TfidfVectorizer(analyzer=content)
    documents = vectors.fit_transform([item_text(item) for item in items.values()])
    cosine = (vectors.transform(texts) @ documents.T).toarray().round(9)
    rankings = top_rankings(cosine, list(items), k)
    ranked = Cases(
        tuple(Case(case.example, ranking) for case, ranking in zip(made.rows, rankings, strict=True)), made.train
    )
    assert Retrieval(k)(made) == pytest.approx(Recall(k)(ranked), abs=1e-12)


def test_retrieval_of_the_own_caption_and_of_nothing() -> None:
    items = {name: Item(name, caption=f"thing {name}x") for name in "abcdefgh"}
    assert set(Retrieval(1)(make_cases(items, [item.caption for item in items.values()]))) == {1.0}
    for k in (1, 3, 100):
        assert set(Retrieval(k)(make_cases(items, ["", "unheardof", "the of"] * 2))) == {min(1.0, k / 8)}
    assert Retrieval(1)(make_cases({"a": Item("a")}, ["lamp"])) == [None]
    with pytest.raises(BenchError, match="k is 0"):
        Retrieval(0)


def test_the_same_text_finds_others_targets_as_well() -> None:
    made = make_cases(make_items(), ["a red lamp in the kitchen"] * 40)
    own, other = Retrieval(5)(made), RetrievalMismatched(5)(made)
    assert np.mean(np.array(own, float)) == pytest.approx(np.mean(np.array(other, float)), abs=1e-12)
    captions = make_cases(make_items(), [item.caption for item in make_items().values()])
    assert np.mean(np.array(Retrieval(5)(captions), float)) > 2 * np.mean(
        np.array(RetrievalMismatched(5)(captions), float)
    )


def test_specificity_by_hand() -> None:
    items = {
        "a": Item("a", caption="a red lamp"),
        "b": Item("b", caption="red lamps"),
        "c": Item("c", "red chair"),
    }
    texts = ["red", "a lamp", "the red lamp, red", "spaceship", "", "a picture of the"]
    lamp = math.log(4 / 3) / math.log(4)
    assert Specificity()(make_cases(items, texts)) == pytest.approx([0, lamp, lamp / 2, 1, 0, 0])
    assert Specificity()(make_cases({"a": Item("a")}, ["red"])) == [None]


def test_layers_by_hand() -> None:
    texts = ["", "qwerty", "a cat", "a cat on a beach", "A dog runs on the beach at sunset, wide shot, watercolour"]
    items = {"a": Item("a", attributes={"setting": ("by the oven",), "brand": ("qwerty",)})}
    assert Layers()(make_cases(items, texts)) == pytest.approx([0, 0, 1 / 6, 2 / 6, 1])
    assert Layers()(make_cases(items, ["by the ovens"])) == pytest.approx([1 / 6])
    assert Layers()(make_cases({"a": Item("a")}, ["by the ovens"])) == [0.0]
    assert set(SLOTS) == set(LEXICON)


@pytest.mark.parametrize(
    ("text", "leaks"),
    [
        ("the Red Zogglers lamp", 1.0),  # no other title has it
        ("a zoggler", 1.0),
        ("zogglerish things, a redzoggler", 0.0),
        ("a red lamp", 0.0),
        ("a lamp", 0.0),
        ("an art deco lamp", 0.0),  # "art" is in no title
        ("a striped thing", 0.0),  # no other title has it, but it is an attribute's wording
        ("number 7 of the", 0.0),
        ("", 0.0),
    ],
)
def test_leaks(text: str, leaks: float) -> None:
    items = {
        "a": Item("a", "The Zoggler Lamp, striped 7", attributes={"pattern": ("striped",)}),
        "b": Item("b", "Red Lamp Party"),
        "c": Item("c", "Red party"),
        "d": Item("d"),
    }
    targets: list[tuple[str, ...]] = [("a",)]
    assert Leak()(make_cases(items, [text], targets)) == [leaks]
    assert Leak()(make_cases(items, [text], [("d",)])) == [None]
    assert Leak()(make_cases(items, ["see the red lamps party", "red lamp"], [("b",), ("b",)])) == [1.0, 0.0]
    assert Leak()(make_cases(items, ["a zoggler"], [("d", "c", "a")])) == [1.0]


def test_words_are_counted() -> None:
    assert Words()(make_cases({"a": Item("a")}, ["", "a bird's-eye view"])) == [0.0, 4.0]
    assert scorer("words").higher_is_better is None
