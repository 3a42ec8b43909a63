"""Fitness: values of the released code, and what counts as naming the target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Item
from bench.errors import BenchError
from navigen.teacher.fitness import Scores, average, find_named, mark, overall
from tests.navigen.teacher.world import MUG

POINTS = st.floats(0, 10)
SCORES = st.builds(Scores, POINTS, POINTS, POINTS, POINTS)
TERMS = ("mug", "kitchen", "red")


def test_released_values() -> None:
    clean = mark(Scores(8, 7, 9, 6), ())
    assert clean.fitness == pytest.approx(7.65)
    hit = mark(Scores(8, 7, 9, 6), find_named("a party", Item("x"), ("art",), "released"))
    assert (hit.scores.consistency, hit.scores.executability) == (5.5, 4.0)
    assert hit.fitness == pytest.approx(4.875)


def test_a_low_score_costs_one_point() -> None:
    assert overall(Scores(5, 5, 5, 5)) == pytest.approx(5.0)
    assert overall(Scores(4.99, 5, 5, 5)) == pytest.approx(5.0 - 0.0035 - 1)
    assert overall(Scores(5, 5, 5, 4.99)) == pytest.approx(5.0 - 0.002 - 1)
    assert overall(Scores(5, 0, 0, 5)) == pytest.approx(2.75)


@given(SCORES)
def test_naming_always_costs_at_least_its_own_price(scores: Scores) -> None:
    assert mark(scores, ("x",)).fitness <= mark(scores, ()).fitness - 0.5


@given(st.lists(SCORES, min_size=1, max_size=5))
def test_a_mean_lies_between_its_scores(scores: list[Scores]) -> None:
    for values, mean in zip(zip(*(one.values() for one in scores), strict=True), average(scores).values(), strict=True):
        assert min(values) - 1e-9 <= mean <= max(values) + 1e-9


@pytest.mark.parametrize(
    ("text", "conceal", "named"),
    [
        ("a red mug in the kitchen", "off", False),
        ("a Vleildo mug", "off", False),
        ("a red mug in the kitchen", "title", False),
        ("the VLEILDO-MUG, centred", "title", True),
        ("two Vleildo mugs", "title", True),
        ("a crimson cup by Vleildo", "title", True),
        ("a crimson cup", "terms", False),
        ("crimson mugs", "terms", True),
        ("a cup in kitchens", "terms", True),
        ("a Vleildo cup", "terms", True),
        ("smuggled goods", "terms", False),
        ("smuggled goods", "released", True),
        ("a Vleildo cup", "released", False),
        ("a hundred cups", "title", False),
        ("a hundred cups", "terms", False),
        ("a hundred cups", "released", True),
    ],
)
def test_what_counts_as_naming(text: str, conceal: str, named: bool) -> None:
    assert bool(find_named(text, MUG, TERMS, conceal)) is named


def test_art_is_in_party_only_by_the_released_rule() -> None:
    item = Item("x", "Art")
    assert [rule for rule in ("title", "terms", "released") if find_named("a party", item, ("art",), rule)] == [
        "released"
    ]


def test_four_words_of_a_title_in_a_row_quote_it() -> None:
    item = Item("x", "The Old Man And The Sea: A Story Of Whales")
    assert find_named("an old man and the tide", item, (), "title")
    assert not find_named("an old man looks at the sea", item, (), "title")


def test_words_of_a_title_in_capitals_are_no_names() -> None:
    assert not find_named("a red cup", Item("x", "Large Red Kitchen Mug"), ("mug",), "title")
    assert find_named("a large red kitchen mug", Item("x", "Large Red Kitchen Mug"), ("mug",), "title")


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(BenchError, match=r"teaching\.conceal"):
        find_named("text", MUG, (), "everything")
