"""The same seed gives the same interval: order, names of users, workers and global random state do not matter."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.rng import stream
from bench.stats import cluster_intervals
from bench.stats.totals import total_clusters


@pytest.mark.parametrize("kind", ["few distinct rows", "continuous"])
def test_workers_do_not_matter(kind: str) -> None:
    scores = stream(9, "workers").gamma(1.0, size=(3_000, 3))
    if kind == "few distinct rows":
        scores = np.floor(scores)
    users = np.arange(3_000) // 2
    one, two, four = (cluster_intervals(scores, users, seed=1, resamples=4_000, workers=w) for w in (1, 2, 4))
    assert one == two == four


def test_the_seed_alone_decides() -> None:
    """Rliable ignores the random state it is given: here the seed matters, and the global state does not."""
    scores, users = stream(10, "seed").gamma(1.0, size=(200, 1)), np.arange(200)
    np.random.seed(0)
    state = np.random.get_state()[1].copy()
    first = cluster_intervals(scores, users, seed=1)
    assert np.array_equal(np.random.get_state()[1], state)
    np.random.seed(1)
    assert cluster_intervals(scores, users, seed=1) == first
    assert cluster_intervals(scores, users, seed=2) != first


judged = st.one_of(st.just(math.nan), st.sampled_from([0.0, 0.5, 1.0]), st.floats(-1, 1, width=32))
tables = st.integers(1, 30).flatmap(
    lambda cases: st.tuples(
        st.lists(st.lists(judged, min_size=3, max_size=3), min_size=cases, max_size=cases),
        st.lists(st.integers(0, 8), min_size=cases, max_size=cases),
        st.permutations(range(cases)),
    )
)


@given(table=tables)
@settings(max_examples=60, deadline=None)
def test_order_of_cases_and_names_of_clusters_do_not_matter(table) -> None:
    scores, users, order = np.array(table[0]), np.array(table[1]), np.array(table[2])
    names = stream(11, "names").permutation(1_000) - 500
    found = cluster_intervals(scores, users, seed=1, resamples=50, fewest=1)
    assert found == cluster_intervals(scores[order], names[users[order]], seed=1, resamples=50, fewest=1)


def test_names_do_not_matter_where_only_the_judged_metrics_differ() -> None:
    scores = np.full((60, 3), np.nan)
    scores[:20, 0] = scores[20:40, 1] = np.tile([0.0, 0.5, 0.5, 1.0], 5)
    scores[:, 2] = np.tile([0.0, 1.0], 30)
    users, mirrored = np.arange(60), np.arange(60)[::-1]
    found = cluster_intervals(scores, users, seed=1, resamples=2_000)
    assert found == cluster_intervals(scores, mirrored, seed=1, resamples=2_000)


def test_order_does_not_matter_for_sums_that_round() -> None:
    rng = stream(12, "rounding")
    scores, users, order = rng.normal(size=(5_000, 2)) * 1e3, rng.integers(0, 40, 5_000), rng.permutation(5_000)
    found = cluster_intervals(scores, users, seed=1, resamples=2_000)
    assert found == cluster_intervals(scores[order], users[order], seed=1, resamples=2_000)


@pytest.mark.parametrize("redrawn", [True, False])
@given(
    bits=st.integers(-30, 30),
    offset=st.sampled_from([0.0, 1.0, 1e6]),
    users=st.integers(1, 60),
    seed=st.integers(0, 1_000),
)
@settings(max_examples=40, deadline=None)
def test_totals_are_exact_and_as_fine_as_that_allows(
    redrawn: bool, bits: int, offset: float, users: int, seed: int
) -> None:
    rng = stream(seed, "totals")
    values, ids = offset + 2.0**bits * rng.normal(size=(200, 1)), rng.integers(0, users, 200)
    centre = values.mean(axis=0)
    totals = total_clusters(values, ids, centre, redrawn=redrawn)
    largest = len(totals.units) * np.abs(totals.units).max() if redrawn else np.abs(totals.units).sum()
    assert largest <= 2**52
    assert (totals.units == np.rint(totals.units)).all()
    unit, most = 2.0 ** float(totals.exponents[0]), 200 * 200
    assert unit <= max(most * np.abs(values - centre).max() * 2.0**-50, np.abs(values).max() * 2.0**-47)
    sums = np.array([(values - centre)[ids == user].sum() for user in np.unique(ids)])
    assert np.abs(sums - totals.units[:, 0] * unit).max() <= unit * totals.counts.max()
