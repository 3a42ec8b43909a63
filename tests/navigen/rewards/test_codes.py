"""Credit for shared levels of a code: properties of the three rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.rewards.hierarchy import RULES, credit, level_weights, read_code, text_credit
from tests.navigen.rewards.little import code

CODES = st.integers(1, 5).flatmap(lambda size: st.tuples(*[st.tuples(*[st.integers(0, 2)] * size)] * 3))


def shared(one: tuple[int, ...], two: tuple[int, ...]) -> int:
    """Return how many first levels are equal."""
    return next((place for place, pair in enumerate(zip(one, two, strict=True)) if pair[0] != pair[1]), len(one))


@given(CODES)
def test_a_deeper_shared_prefix_never_earns_less(codes: tuple[tuple[int, ...], ...]) -> None:
    one, two, target = codes
    if shared(one, target) >= shared(two, target):
        for rule in ("prefix", "off"):
            assert credit(one, target, rule) >= credit(two, target, rule)


@given(CODES)
def test_what_stands_behind_the_first_difference_is_worth_nothing(codes: tuple[tuple[int, ...], ...]) -> None:
    one, _, target = codes
    depth = shared(one, target)
    assert credit(one, target) == pytest.approx(sum(level_weights(len(target))[:depth]))


@given(CODES, st.sampled_from(RULES), st.booleans())
def test_the_code_that_was_meant_earns_most(codes: tuple[tuple[int, ...], ...], rule: str, known: bool) -> None:
    one, _, target = codes
    assert credit(target, target, rule) == pytest.approx(1.0)
    assert 0 <= credit(one, target, rule, known) <= credit(target, target, rule, True)
    assert (credit(one, target, rule, known) == pytest.approx(1.0)) == (one == target)


@pytest.mark.parametrize("levels", range(1, 9))
def test_weights_fall_and_sum_to_one(levels: int) -> None:
    weights = level_weights(levels)
    assert sum(weights) == pytest.approx(1.0)
    assert list(weights) == sorted(weights, reverse=True)
    assert len(weights) == levels


ADDITIVE = [
    ((1, 2, 3), False, 1.0),
    ((1, 0, 0), False, 0.5),
    ((0, 2, 0), False, 0.3),
    ((0, 0, 3), False, 0.2),
    ((0, 2, 3), True, 0.5),
    ((0, 0, 0), True, 0.15),
    ((0, 0, 0), False, 0.0),
    ((1, 2, None), False, 0.8),
]


@pytest.mark.parametrize(("found", "known", "earned"), ADDITIVE)
def test_the_additive_rule_pays_as_released(found: tuple[int | None, ...], known: bool, earned: float) -> None:
    assert credit(found, (1, 2, 3), "additive", known) == pytest.approx(earned)


def test_a_level_absent_on_both_sides_is_equal_in_the_additive_rule_only() -> None:
    assert credit((1, None, None), (1, None, None), "additive") == pytest.approx(1.0)
    assert credit((1, None, None), (1, None, None), "prefix") == pytest.approx(0.5)


def test_shorter_and_longer_codes_are_not_the_code() -> None:
    assert credit((1, 2), (1, 2, 3), "off") == 0
    assert credit((1, 2, 3, 4), (1, 2, 3), "off") == 0


def test_codes_are_read_from_their_text() -> None:
    assert text_credit(code(1, 2, 9), code(1, 2, 3)) == pytest.approx(0.8)
    assert text_credit(code(1, 2, 9) + " ", code(1, 2, 3)) == 0
    assert text_credit(code(1, 9), code(1, 3), levels=2) == pytest.approx(0.625)
    assert read_code(f"<|cid_begin|><s_a_{'9' * 5000}><|cid_end|>", 1) is None


def test_mistakes_are_told() -> None:
    with pytest.raises(BenchError, match="rule of codes"):
        credit((1,), (1,), "prefixes")
    with pytest.raises(BenchError, match="one a level"):
        credit((1,), (1,), weights=(0.5, 0.5))
    with pytest.raises(BenchError, match="expected one whole code"):
        text_credit(code(1, 2), "x")
