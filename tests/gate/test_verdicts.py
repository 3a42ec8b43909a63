"""The decision: three outcomes, against textbook intervals, mirrored where lower is better, failures counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from bench.errors import BenchError
from bench.gate.pins import margin_of
from bench.gate.verdict import Effort, Outcome, Verdict, filled, judge_metrics
from bench.gate.words import message
from bench.rng import stream

QUICK = Effort(resamples=2_000)


def verdict(low: float, high: float, margin: float = 0.1, **other: float) -> Verdict:
    gain = (low + high) / 2
    made = Verdict("m", 0.5 + gain, 0.5, gain, low, high, margin, 0.05, 100, 100, 0, True, 0.05)
    return replace(made, **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("low", "high", "expected", "words"),
    [
        (-0.05, 0.05, Outcome.PASS, "is excluded"),
        (-0.09, -0.01, Outcome.PASS, "is excluded"),  # surely worse, and surely by less than the margin
        (0.0, 0.0, Outcome.PASS, "is excluded"),
        (-0.1, 0.02, Outcome.UNCLEAR, "cannot be excluded"),  # the bound itself is not inside
        (-0.3, 0.3, Outcome.UNCLEAR, "not significantly worse"),
        (-0.3, 0.0, Outcome.UNCLEAR, "not significantly worse"),
        (-0.3, -0.01, Outcome.REGRESSION, "significantly worse"),
        (-0.3, -0.2, Outcome.REGRESSION, "significantly worse"),
    ],
)
def test_the_interval_decides_the_outcome(low: float, high: float, expected: Outcome, words: str) -> None:
    found = verdict(low, high)
    assert found.outcome is expected
    assert words in message(found)


def test_too_few_cases_are_told_with_how_many_it_takes() -> None:
    small = verdict(-0.3, 0.3, detectable=0.2)
    assert small.too_few and small.needed == 400
    assert "too few cases: 100 show a loss of .2000 with 80% power, the margin needs about 400" in message(small)
    assert "too few" not in message(verdict(-0.05, 0.05))
    assert "only 12 users" in message(verdict(-0.05, 0.05, users=12))


def test_the_bounds_are_those_of_a_paired_t_test_where_users_have_one_case() -> None:
    rng = stream(0, "oracle")
    b = rng.random(400)
    a = b - 0.02 + 0.2 * rng.standard_normal(400)
    (found,) = judge_metrics({"m": a}, {"m": b}, np.arange(400), {"m": 0.1}, {"m": True})
    textbook = stats.ttest_rel(a, b).confidence_interval(0.90)
    width = textbook.high - textbook.low
    assert found.low == pytest.approx(textbook.low, abs=0.03 * width)
    assert found.high == pytest.approx(textbook.high, abs=0.03 * width)
    spread = (a - b).std(ddof=1) / 20
    assert found.detectable == pytest.approx((stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) * spread)
    assert found.alarm == pytest.approx(stats.norm.cdf(stats.norm.ppf(0.95) - 0.1 / spread))


def test_cases_of_one_user_are_no_more_evidence_than_one() -> None:
    rng = stream(1, "clusters")
    b = rng.random(100)
    a = b + 0.2 * rng.standard_normal(100)
    (once,) = judge_metrics({"m": a}, {"m": b}, np.arange(100), {"m": 0.1}, {"m": True})
    users = np.repeat(np.arange(100), 5)
    (five,) = judge_metrics({"m": np.repeat(a, 5)}, {"m": np.repeat(b, 5)}, users, {"m": 0.1}, {"m": True})
    assert (five.low, five.high) == pytest.approx((once.low, once.high), abs=0.01)


@given(st.integers(0, 10_000), st.floats(-0.2, 0.2))
def test_lower_is_better_is_the_mirror_image(seed: int, drop: float) -> None:
    rng = stream(seed, "mirror")
    b = rng.random(40)
    a = b + drop + 0.1 * rng.standard_normal(40)
    users = np.arange(40) // 2
    up, down = (
        judge_metrics({"m": sign * a}, {"m": sign * b}, users, {"m": 0.1}, {"m": sign > 0}, effort=QUICK)[0]
        for sign in (1, -1)
    )
    assert (up.gain, up.low, up.high, up.outcome) == (down.gain, down.low, down.high, down.outcome)
    assert up.candidate == pytest.approx(-down.candidate)


def test_a_failure_counts_where_lower_is_better_too() -> None:
    reference = np.linspace(1.0, 3.0, 60)
    candidate = reference.copy()
    candidate[:20] = np.nan  # the best cases are gone: without them nothing would differ
    (found,) = judge_metrics({"m": candidate}, {"m": reference}, np.arange(60), {"m": 0.1}, {"m": False})
    assert found.lopsided == 20 and found.cases == 60
    assert found.outcome is Outcome.REGRESSION
    assert "20 cases judged in one only" in message(found)


def test_what_neither_could_judge_is_left_out_and_one_sided_gaps_are_filled_with_the_worst() -> None:
    a, b = np.array([np.nan, np.nan, 0.5, 0.9]), np.array([np.nan, 0.4, np.nan, 0.1])
    first, second, lopsided = filled(a, b, True)
    assert lopsided == 2
    assert np.array_equal(first, [np.nan, 0.1, 0.5, 0.9], equal_nan=True)
    assert np.array_equal(second, [np.nan, 0.4, 0.1, 0.1], equal_nan=True)
    assert filled(a, b, False)[0][1] == 0.9


def test_a_single_user_or_no_judged_case_is_an_error() -> None:
    for values in ([0.1, 0.2], [np.nan, np.nan]):
        with pytest.raises(BenchError, match="expected two users"):
            judge_metrics({"m": np.array(values)}, {"m": np.array(values)}, np.zeros(2, int), {"m": 1}, {"m": True})


def test_margins_are_in_the_unit_of_the_metric_or_shares_of_the_mean() -> None:
    assert margin_of(0.02, 0.5, "m") == 0.02
    assert margin_of("10%", 0.5, "m") == pytest.approx(0.05)
    assert margin_of(" 10 %", -0.5, "m") == pytest.approx(0.05)
    for bad in (0.0, -0.1, "ten", "%", "nan", "inf%", ""):
        with pytest.raises(BenchError, match="m: expected a"):
            margin_of(bad, 0.5, "m")
    with pytest.raises(BenchError, match="give an absolute margin"):
        margin_of("10%", 0.0, "m")
