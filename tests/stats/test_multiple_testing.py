"""Adjusted p-values against worked examples and scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.errors import BenchError
from bench.rng import stream
from bench.stats import benjamini_hochberg, holm

probabilities = st.one_of(st.floats(0, 1), st.sampled_from([0.0, 0.01, 0.02, 0.5, 1.0]))
families = st.lists(probabilities, min_size=1, max_size=20)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),  # 4 x .005, 3 x .01, 2 x .03, then .04 held at .06
        ([0.2, 0.01, 0.01], [0.2, 0.03, 0.03]),  # ties stay ties
        ([0.5, 0.6], [1.0, 1.0]),  # 2 x .5 = 1, and .6 may not fall below it
        ([0.04], [0.04]),
        ([], []),
    ],
)
def test_holm_worked_by_hand(p: list[float], expected: list[float]) -> None:
    assert holm(p) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize(
    ("p", "expected"),
    [
        ([0.01, 0.04, 0.03, 0.005], [0.02, 0.04, 0.04, 0.02]),  # .04, .03 x 4/3 = .04; .01 x 2, .005 x 4
        ([0.2, 0.01, 0.01], [0.2, 0.015, 0.015]),
        ([], []),
    ],
)
def test_benjamini_hochberg_worked_by_hand(p: list[float], expected: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(expected, abs=1e-15)


@given(p=families)
def test_benjamini_hochberg_agrees_with_scipy(p: list[float]) -> None:
    assert benjamini_hochberg(p) == pytest.approx(stats.false_discovery_control(p, method="bh"), abs=1e-14)


@given(p=families, data=st.data())
def test_properties(p: list[float], data: st.DataObject) -> None:
    by_holm, by_bh = holm(p), benjamini_hochberg(p)
    for raw, strict, lenient in zip(p, by_holm, by_bh, strict=True):
        assert raw - 1e-15 <= lenient <= strict + 1e-15
        assert strict <= min(1.0, len(p) * raw) + 1e-15  # never worse than Bonferroni
    order = data.draw(st.permutations(range(len(p))))
    shuffled = [p[index] for index in order]
    assert holm(shuffled) == [by_holm[index] for index in order]
    assert benjamini_hochberg(shuffled) == [by_bh[index] for index in order]
    for adjusted in (by_holm, by_bh):
        ranked = [value for _, value in sorted(zip(p, adjusted, strict=True))]
        assert ranked == sorted(ranked)


def test_the_input_is_left_alone() -> None:
    p = [0.04, 0.01]
    holm(p), benjamini_hochberg(p)
    assert p == [0.04, 0.01]


def test_holm_bounds_the_chance_of_any_error() -> None:
    p = stream(1, "holm").random(size=(4_000, 6))
    p[:, 0] = 1e-9  # one true effect: Bonferroni would be too strict, no correction far too lax
    wrong = np.mean([min(holm(list(row))[1:]) <= 0.05 for row in p])
    assert 0.04 < wrong < 0.06


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
@pytest.mark.parametrize("bad", [math.nan, None, -0.01, 1.01])
def test_refuses(adjust, bad) -> None:
    with pytest.raises(BenchError, match=r"p\[1\]: expected a number in \[0, 1\]"):
        adjust([0.5, bad])
