"""Diversity of a run's instructions: by hand, and self-BLEU against torchmetrics and its plain definition."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from bench.api import Case, Cases, Example, Failure, Instruction, Query, Train
from bench.scorers.diversity import Distinct2, SelfBleu, grams

WORDS = ["red", "blue", "lamp", "chair", "a", "the", "on", "kitchen", "table", "striped"]


def make_cases(texts: list[str], users: list[str] | None = None) -> Cases:
    names = users or [f"u{place}" for place in range(len(texts))]
    rows = [
        Case(Example(Query(f"q{place}", user, ()), ()), Instruction(text))
        for place, (text, user) in enumerate(zip(texts, names, strict=True))
    ]
    failed = Case(Example(Query("failed", "u failed", ()), ()), Failure("no"))
    return Cases((*rows, failed), Train({}, {}))


def random_texts(number: int, shortest: int = 1, vocabulary: int = 10) -> list[str]:
    rng = np.random.default_rng(number)
    return [" ".join(rng.choice(WORDS[:vocabulary], size=rng.integers(shortest, 16))) for _ in range(number)]


def plain_bleu(words: list[str], references: list[list[str]]) -> float:
    """BLEU-4 as its definition reads."""
    total = 0.0
    for order in (1, 2, 3, 4):
        own = Counter(grams(words, order))
        counted = [Counter(grams(reference, order)) for reference in references]
        matched = sum(min(number, max(one[gram] for one in counted)) for gram, number in own.items())
        total += math.log((matched or 0.1) / max(1, sum(own.values()))) / 4
    nearest = min((abs(len(reference) - len(words)), len(reference)) for reference in references)[1]
    return math.exp(total) * (1.0 if len(words) >= nearest else math.exp(1 - nearest / len(words)))


def test_distinct_by_hand() -> None:
    assert Distinct2().measure(make_cases(["a red lamp", "A red, lamp"])) == 0.5
    assert Distinct2().measure(make_cases(["a red lamp", "the blue chair"])) == 1.0
    assert Distinct2().measure(make_cases(["lamp", ""])) == 0.0


def test_self_bleu_is_its_definition() -> None:
    for number in (2, 3, 25):
        texts = random_texts(number)
        words = [text.split() for text in texts]
        wanted = [plain_bleu(own, words[:place] + words[place + 1 :]) for place, own in enumerate(words)]
        assert SelfBleu().measure(make_cases(texts)) == pytest.approx(np.mean(wanted), abs=1e-12)


def test_self_bleu_agrees_with_torchmetrics_where_every_order_matches() -> None:
    text = pytest.importorskip("torchmetrics.functional.text")
    texts = random_texts(40, shortest=8, vocabulary=3)
    theirs = [
        float(text.bleu_score([own], [texts[:place] + texts[place + 1 :]], n_gram=4)) for place, own in enumerate(texts)
    ]
    assert min(theirs) > 0
    assert SelfBleu().measure(make_cases(texts)) == pytest.approx(np.mean(theirs), abs=1e-6)


def test_self_bleu_is_one_for_the_same_text_and_low_for_different_ones() -> None:
    assert SelfBleu().measure(make_cases(["a red lamp on the table"] * 5)) == pytest.approx(1.0)
    apart = [" ".join(f"w{place}x{number}" for number in range(8)) for place in range(5)]
    assert SelfBleu().measure(make_cases(apart)) < 0.1
    assert SelfBleu().measure(make_cases(["a red lamp"])) == 0.0


def test_a_user_is_not_compared_with_themselves_and_many_are_sampled() -> None:
    assert SelfBleu().measure(make_cases(["a red lamp on it"] * 3, ["u"] * 3)) == 0.0
    texts = random_texts(600)
    straight = make_cases(texts)
    assert SelfBleu().measure(straight) == SelfBleu().measure(Cases(straight.rows[::-1], straight.train))
