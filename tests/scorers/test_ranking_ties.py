"""Expected credit under ties equals the mean over all orders, enumerated: several targets, rest, exclusions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import permutations, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Case, Cases, Example, Item, Query, Ranking, Scorer, Train
from bench.scorers.ranking import MRR, NDCG, Coverage, PopularityBias, Recall

CATALOGUE = ("a", "b", "c", "d", "e", "f")
TRAIN = Train({name: Item(name) for name in CATALOGUE}, {"u": ("a", "a", "b", "c", "c", "c", "d")})
HEAT = {name: math.log1p(TRAIN.sequences["u"].count(name)) for name in CATALOGUE}


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Draw a case: listed items in tied groups, perhaps a rest group, an unknown item, exclusions, 1-3 targets."""
    pool = draw(st.permutations((*CATALOGUE, "stranger")))
    items = tuple(pool[: draw(st.integers(0, 5))])
    exclude = tuple(draw(st.lists(st.sampled_from(CATALOGUE), max_size=2)))
    ties: list[int] = []
    while sum(ties) < len(items):
        ties.append(draw(st.integers(1, len(items) - sum(ties))))
    unlisted = len(set(CATALOGUE) - set(items) - set(exclude))
    rest = draw(st.sampled_from([0, unlisted]))
    targets = tuple(draw(st.lists(st.sampled_from(CATALOGUE), min_size=1, max_size=3, unique=True)))
    return Case(Example(Query("q", "u", (), exclude), targets), Ranking(items, tuple(ties), rest))


def orders(case: Case) -> Iterator[tuple[str, ...]]:
    """Yield every strict order that the ranking stands for."""
    answer = case.answer
    assert isinstance(answer, Ranking)
    exclude = set(case.example.query.exclude)
    groups, start = [], 0
    for size in answer.ties:
        groups.append(answer.items[start : start + size])
        start += size
    if answer.rest:
        groups.append(tuple(sorted(set(CATALOGUE) - set(answer.items) - exclude)))
    for parts in product(*(permutations(group) for group in groups)):
        yield tuple(item for part in parts for item in part)


def mean_over_orders(case: Case, k: int) -> tuple[float, float, float, float | None]:
    """Return recall, NDCG, MRR and popularity bias as means over all orders."""
    targets = set(case.example.targets)
    due = targets - set(case.example.query.exclude)
    m = min(k, len(targets))
    ideal = sum(1 / math.log2(place + 1) for place in range(1, m + 1))
    recall, ndcg, mrr, heat = [], [], [], []
    for order in orders(case):
        places = [place for place, item in enumerate(order[:k], 1) if item in due]
        recall.append(len(places) / m)
        ndcg.append(sum(1 / math.log2(place + 1) for place in places) / ideal)
        mrr.append(1 / places[0] if places else 0.0)
        if order:
            top = [HEAT.get(item, 0.0) for item in order[:k]]
            heat.append(sum(top) / len(top))
    n = len(recall)
    bias = sum(heat) / n - sum(HEAT[target] for target in targets) / len(targets) if heat else None
    return sum(recall) / n, sum(ndcg) / n, sum(mrr) / n, bias


@given(st.lists(cases(), min_size=1, max_size=3), st.integers(1, 7))
@settings(max_examples=150, deadline=None)
def test_credit_is_the_mean_over_all_orders(rows: list[Case], k: int) -> None:
    made = Cases(tuple(rows), TRAIN)
    wanted = [mean_over_orders(case, k) for case in rows]
    scorers: tuple[Scorer, ...] = (Recall(k), NDCG(k), MRR(k), PopularityBias(k))
    for place, scorer in enumerate(scorers):
        for got, row in zip(scorer(made), wanted, strict=True):
            assert got == (None if row[place] is None else pytest.approx(row[place], abs=1e-12))


@given(st.lists(cases(), min_size=1, max_size=3), st.integers(1, 7))
@settings(max_examples=60, deadline=None)
def test_coverage_is_the_expectation_over_independent_orders(rows: list[Case], k: int) -> None:
    missed = dict.fromkeys(CATALOGUE, 1.0)
    for case in rows:
        tops = [set(order[:k]) for order in orders(case)]
        for item in CATALOGUE:
            missed[item] *= sum(item not in top for top in tops) / len(tops)
    wanted = sum(1 - chance for chance in missed.values()) / len(CATALOGUE)
    assert Coverage(k).measure(Cases(tuple(rows), TRAIN)) == pytest.approx(wanted, abs=1e-12)
