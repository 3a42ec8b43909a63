"""Error rates by simulation: how often an unchanged system fails, how often a planted drop slips through.

300 users with about 600 correlated cases, 400 gates a rate, margin .07, seeds 0 to 4. Bounds are those that a true rate
at the limit would break once in a thousand.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from bench.gate.verdict import Outcome
from tests.gate.simulate import GATES, MARGIN, gates, share


def at_most(rate: float, trials: int = GATES) -> float:
    return float(binom.ppf(0.999, trials, rate)) / trials


def at_least(rate: float, trials: int = GATES) -> float:
    return float(binom.ppf(0.001, trials, rate)) / trials


def test_an_unchanged_system_fails_at_most_one_gate_in_twenty() -> None:
    found = gates(0, drop=0.0)
    failed = share([verdict.outcome is not Outcome.PASS for verdict in found])
    assert failed <= at_most(0.05)
    assert share([verdict.high < 0 for verdict in found]) <= at_most(0.05)
    assert abs(np.mean([verdict.gain for verdict in found])) < 0.005  # the simulation plants what it says


def test_a_drop_as_large_as_the_margin_is_caught() -> None:
    found = gates(1, drop=MARGIN)
    assert np.mean([verdict.gain for verdict in found]) == pytest.approx(-MARGIN, abs=0.005)
    caught = share([verdict.outcome is not Outcome.PASS for verdict in found])
    assert caught >= 0.8
    assert 1 - caught <= at_most(0.05)  # what alpha promises
    assert share([verdict.outcome is Outcome.REGRESSION for verdict in found]) >= 0.8


def test_the_smallest_detectable_drop_is_detected_as_often_as_stated() -> None:
    small = float(np.mean([verdict.detectable for verdict in gates(2, drop=0.04)]))
    seen = share([verdict.high < 0 for verdict in gates(2, drop=small)])
    assert at_least(0.8) - 0.02 <= seen <= at_most(0.8) + 0.02


def test_the_stated_chance_of_a_false_alarm_is_the_measured_one() -> None:
    margin = 0.04
    found = gates(3, drop=0.0, margin=margin)
    told = float(np.mean([verdict.alarm for verdict in found]))
    failed = share([verdict.outcome is not Outcome.PASS for verdict in found])
    assert 0.1 < told < 0.6
    assert at_least(told) - 0.02 <= failed <= at_most(told) + 0.02


def test_a_loss_in_either_of_two_metrics_is_caught_without_a_correction() -> None:
    lost, kept = gates(4, drop=MARGIN), gates(4, drop=0.0)
    both = [one.outcome is two.outcome is Outcome.PASS for one, two in zip(lost, kept, strict=True)]
    assert share(both) <= at_most(0.05)
