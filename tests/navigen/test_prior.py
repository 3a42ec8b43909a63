"""A counted prior in the rankings of a policy: the mixture, its ends, its weight from validation, its neighbours."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from baselines.ease import Ease
from baselines.language import RawHistory, TextIds
from baselines.transitions import Transitions
from bench.api import Case, Cases, Context, Query, Ranking, Train
from bench.errors import BenchError
from bench.scorers.ranking import NDCG
from navigen.checkpoint import read_told
from navigen.prior.ease import EaseWeights
from navigen.prior.guide import GRID, Guide
from navigen.prior.kinds import PRIORS
from navigen.recipe import Speaking
from navigen.system import Tuned
from tests.navigen.little import TINY, make_item, make_queries, make_system, make_train, trained

ALONE = {"transitions": Transitions(window=8, backward=0.3), "ease": Ease()}


def make_doubled() -> Train:
    """Return the little shop with twelve items more that share their terms with others."""
    train = make_train()
    more = {name: make_item(name) for name in (f"i{number}" for number in range(20, 32))}
    walks = {f"x{user}": (f"i{20 + user}", "i03", f"i{23 + user}", "i05") for user in range(8)}
    return replace(train, items={**train.items, **more}, sequences={**train.sequences, **walks})


@cache
def fitted(kind: str, **values: Any) -> tuple[Any, Train]:
    """Return a system whose beams are as wide as the catalogue, and its training part."""
    if kind == "codes":
        train = make_train()
        system: Any = Tuned(**{**TINY, "checkpoint": str(trained()[1]), **values}, context=Context(1))
    else:
        train = make_doubled()
        system = {"terms": TextIds, "titles": RawHistory}[kind](
            **{**TINY, "beams": 64, **({"stage": "base"} if kind == "terms" else {}), **values}, context=Context(1)
        )
    system.fit(train)
    return system, train


def ranked(system: Any, queries: list[Query]) -> np.ndarray:
    return np.concatenate(list(system.policy.rank(queries))).astype(np.float64)


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("kind", ["codes", "terms", "titles"])
def test_wide_beams_give_the_mixture_of_both(kind: str, name: str) -> None:
    (free, train), (mixed, _) = fitted(kind), fitted(kind, prior=name, prior_weight=0.3)
    queries = make_queries()
    share = Guide.of(name, train).prior(queries).share
    known = share.sum(axis=1) > 0
    assert 0 < known.sum() < len(known)
    wanted = np.exp(ranked(free, queries))
    wanted[known] = 0.7 * wanted[known] + 0.3 * share[known]
    np.testing.assert_allclose(np.exp(ranked(mixed, queries)), wanted, rtol=1e-4, atol=1e-7)
    np.testing.assert_allclose(wanted.sum(axis=1), 1, atol=1e-5)


def test_items_that_share_their_terms_get_their_own_shares() -> None:
    (free, train), (mixed, _) = fitted("terms"), fitted("terms", prior="transitions", prior_weight=0.3)
    names = sorted(train.items)
    pair = [names.index("i05"), names.index("i25")]
    query = [Query("q", "u", ("i03",))]
    assert np.ptp(ranked(free, query)[0, pair]) == 0
    share = Guide.of("transitions", train).prior(query).share[0, pair]
    found = np.exp(ranked(mixed, query)[0, pair])
    assert share[0] != share[1]
    np.testing.assert_allclose(found[0] - found[1], 0.3 * (share[0] - share[1]), rtol=1e-4)


@pytest.mark.parametrize("kind", ["codes", "terms"])
@pytest.mark.parametrize("name", ALONE)
def test_the_ends_are_the_parts(kind: str, name: str) -> None:
    (system, train), queries = fitted(kind, prior=name, prior_weight=0.5), make_queries()
    guide = system.policy.guide
    try:
        system.policy.guide = replace(guide, weight=0.0)
        assert (ranked(system, queries) == ranked(fitted(kind)[0], queries)).all()
        system.policy.guide = replace(guide, weight=1.0)
        found = system.rank(queries, 8)
    finally:
        system.policy.guide = guide
    ALONE[name].fit(train)
    share = guide.prior(queries).share
    names = sorted(train.items)
    for query, mine, theirs, row in zip(queries, found, ALONE[name].rank(queries, 8), share, strict=True):
        assert isinstance(mine, Ranking) and isinstance(theirs, Ranking)
        depth = sum(row[names.index(item)] > 0 for item in theirs.items if item not in query.exclude)
        assert mine.items[:depth] == theirs.items[:depth]


@pytest.mark.parametrize("kind", ["codes", "terms"])
def test_neighbours_change_nothing_and_few_beams_score_what_they_reach(kind: str) -> None:
    queries = make_queries()
    wide, _ = fitted(kind, prior="transitions", prior_weight=0.4)
    few, _ = fitted(kind, prior="transitions", prior_weight=0.4, beams=2)
    together = ranked(few, queries)
    assert (together == ranked(few, queries[::-1])[::-1]).all()
    assert (together == np.concatenate([ranked(few, [query]) for query in queries])).all()
    reached = np.isfinite(together)
    assert not reached.all() and reached.any(axis=1).all()
    np.testing.assert_allclose(together[reached], ranked(wide, queries)[reached], atol=1e-4)


@pytest.mark.parametrize("name", ALONE)
def test_the_weight_is_the_best_on_validation_and_told(name: str, tmp_path: Path, caplog: Any) -> None:
    train = make_train()
    asked = [replace(one, query=replace(one.query, exclude=one.query.history[:2])) for one in train.validation]
    train = replace(train, validation=tuple(asked))
    values = {**TINY, "checkpoint": str(trained()[1]), "prior": name}
    system = Tuned(**values, context=Context(1, tmp_path))
    with caplog.at_level("INFO", "navibench"):
        system.fit(train)
    told = json.loads((tmp_path / "prior.json").read_text())
    means = told["ndcg@10"]
    assert set(means) == {str(weight) for weight in GRID} and told["examples"] == len(asked)
    assert told["weight"] == max(GRID, key=lambda weight: (round(means[str(weight)], 9), -weight))
    assert f"prior={name} has weight {told['weight']}" in caplog.text
    assert system.policy is not None
    found = 0.0 if system.policy.guide is None else system.policy.guide.weight
    assert found == told["weight"]
    for weight in (0.0, 0.1, 0.6):
        one = Tuned(**({**values, "prior_weight": weight} if weight else {**values, "prior": "none"}))
        one.fit(train)
        answers = one.rank([example.query for example in asked], 20)
        scores = NDCG(10)(Cases(tuple(map(Case, asked, answers)), train))
        assert means[str(weight)] == pytest.approx(np.mean([score or 0.0 for score in scores]), abs=1e-6)


def test_a_prior_is_of_answering_and_not_of_training() -> None:
    train, (_, folder) = make_train(), trained()
    assert {"prior", "prior_weight"} <= set(Speaking.answering)
    assert read_told(folder)["recipe"]["prior"] == "none"
    assert make_system(prior="ease", prior_weight=0.2).made_of(train) == make_system().made_of(train)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"prior": "oracle"}, "transitions"),
        ({"prior": "ease", "prior_weight": 0.0}, "below 1"),
        ({"prior": "ease", "prior_weight": 1.0}, "below 1"),
        ({"prior": "ease", "prior_weight": "best"}, "expected auto"),
        ({"prior": "ease", "constrained": False}, "constrained=true"),
    ],
)
def test_settings_that_mean_nothing_are_refused(values: dict[str, Any], reason: str) -> None:
    with pytest.raises(BenchError, match=reason):
        make_system(**values)


def test_a_catalogue_too_large_for_ease_is_told_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PRIORS, "ease", lambda: EaseWeights(largest=19))
    with pytest.raises(BenchError, match=r"20 items need about .* GB; take prior=transitions$"):
        Tuned(**TINY, checkpoint=str(trained()[1]), prior="ease", prior_weight=0.5).fit(make_train())
    with pytest.raises(BenchError, match=r"set largest=20 to allow it, or use item-knn$"):
        Ease(largest=19).fit(make_train())


def test_without_validation_a_weight_has_to_be_said() -> None:
    blind = replace(make_train(), validation=())
    with pytest.raises(BenchError, match="set prior_weight"):
        Tuned(**TINY, checkpoint=str(trained()[1]), prior="ease").fit(blind)
    Tuned(**TINY, checkpoint=str(trained()[1]), prior="ease", prior_weight=0.5).fit(blind)
