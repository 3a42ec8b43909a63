"""The truth is true: exact against brute force, calibrated, and each cause can be switched off."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from bench.api import Query
from bench.errors import BenchError
from tasks.world.life import Life
from tasks.world.load import load
from tasks.world.observer import Observer
from tasks.world.society import Society, settled
from tasks.world.strengths import strengths
from tasks.world.truth import BayesOptimal, next_attributes, predict, signal
from tasks.world.world import World, make_world
from tests.world.conftest import small


def few(society: Society) -> Society:
    """A society of three tastes and two circles, in which every path can be written down."""
    near = np.array([[1, 2], [0, 2], [0, 1]])
    return replace(society, taste=society.taste[:3], circle=society.circle[:2], near=near, drift=0.3)


def brute(society: Society, items: list[int], periods: list[int]) -> np.ndarray:
    """P(next | items) by summing over every circle and every path of tastes."""
    joint = np.zeros(len(society.weight))
    tastes, circles = len(society.taste), len(society.circle)
    for circle in range(circles):
        for path in product(range(tastes), repeat=len(items) + 1):
            weight = 1 / (tastes * circles)
            for before, after in pairwise(path):
                moved = society.drift / society.near.shape[1] * (after in society.near[before])
                weight *= moved + (1 - society.drift) * (before == after)
            chances = np.zeros(0)
            for event, taste in enumerate(path):
                history = np.array(items[:event], dtype=np.int64)
                common, rest = settled(society, history)
                base = society.taste[taste] * society.circle[circle] * society.fashion[periods[event]] * society.weight
                base[history] = 0
                chances = common + rest * base / base.sum()
                if event < len(items):
                    weight *= chances[items[event]]
            joint += weight * chances
    return joint / joint.sum()


@pytest.mark.parametrize("repeats", [0.0, 0.2])
def test_filtering_equals_the_sum_over_all_paths(domain: str, repeats: float) -> None:
    world = make_world(domain, small(domain, repeat=repeats), 0)
    society = few(world.society)
    items, periods = [5, 17, 5, 40] if repeats else [5, 17, 3, 40], [0, 3, 3, 7, 11]
    found = Observer(society).predict(np.array(items), np.array(periods))
    np.testing.assert_allclose(found, brute(society, items, periods), rtol=1e-9, atol=1e-14)
    assert found.sum() == pytest.approx(1)


def test_predictions_keep_their_promise(world: World) -> None:
    """The top ten hold the next item as often as their probabilities say."""
    observer = Observer(world.society)
    promised, kept = [], []
    for life in list(world.lives.values())[:500]:
        chances = observer.predict(life.items[:-1], life.periods)
        top = np.argsort(-chances)[:10]
        promised.append(chances[top].sum())
        kept.append(life.items[-1] in top)
    gap = np.array(promised) - np.array(kept)
    assert abs(gap.mean()) < 4 * gap.std() / np.sqrt(len(gap))


def test_a_life_does_not_depend_on_who_else_lives(domain: str) -> None:
    few_people = make_world(domain, small(domain, users=20), 0)
    many = make_world(domain, small(domain, users=30), 0)
    for one, other in zip(few_people.lives.values(), many.lives.values(), strict=False):
        assert np.array_equal(one.items, other.items)
        assert np.array_equal(one.moments, other.moments)


def asked(world: World, changed: dict[str, float], limit: int = 150) -> tuple[list[Query], list[str]]:
    examples = load(None, domain=world.shelf.domain.name, **changed).examples[:limit]  # type: ignore[arg-type]
    return [one.query for one in examples], [one.targets[0] for one in examples]


@pytest.mark.parametrize(
    ("off", "blind"),
    [({"taste": 0.0, "complement": 0.0}, "visible"), ({"circle": 0.0, "chain": 0.0}, "hidden")],
    ids=["nothing visible matters", "nothing hidden matters"],
)
def test_each_cause_has_its_switch(domain: str, off: dict[str, float], blind: str) -> None:
    changed = {"items": 120, "users": 300, **off}
    world = make_world(domain, strengths(domain, changed), 0)
    found = signal(world, *asked(world, changed))
    other = "hidden" if blind == "visible" else "visible"
    assert found[blind][0] == pytest.approx(found["popularity"][0], abs=1e-9)
    assert found[other][0] == pytest.approx(found["everything"][0], abs=1e-9)
    assert found["everything"][0] > found["popularity"][0]


def test_without_causes_the_world_is_chance(domain: str) -> None:
    changed = dict.fromkeys(("taste", "circle", "popularity", "trend", "complement", "chain", "repeat"), 0.0)
    world = make_world(domain, small(domain, **changed), 0)
    life = next(iter(world.lives.values()))
    chances = Observer(world.society).predict(life.items[:3], life.periods[:4])
    fresh = np.delete(chances, life.items[:3])
    assert np.ptp(fresh) < 1e-12


def test_popularity_and_repeats_follow_their_switches(domain: str) -> None:
    def events(**changed: float) -> list[Life]:
        return list(make_world(domain, small(domain, **changed), 0).lives.values())

    def top_share(lives: list[Life]) -> float:
        counts = np.sort(np.bincount(np.concatenate([life.items for life in lives])))
        return float(counts[-10:].sum() / counts.sum())

    assert top_share(events(popularity=2.0)) > 1.5 * top_share(events(popularity=0.0))
    again = [1 - len(set(life.items.tolist())) / len(life.items) for life in events(repeat=0.3)]
    assert 0.1 < np.mean(again) < 0.35
    never = events(repeat=0.0)
    assert all(len(set(life.items.tolist())) == len(life.items) for life in never)


def test_the_optimum_speaks_of_the_right_world_only(domain: str) -> None:
    data = load(None, domain=domain, items=120, users=300)
    optimum = BayesOptimal.of(make_world(domain, small(domain), 0))
    optimum.fit(data.train)
    query = data.examples[0].query
    ranking = optimum.rank([query, replace(query, exclude=query.history)], 10)
    assert len(ranking[0].items) == 10  # type: ignore[union-attr]
    assert not set(ranking[1].items) & set(query.history)  # type: ignore[union-attr]
    with pytest.raises(BenchError, match="not a history of this world"):
        optimum.rank([replace(query, history=query.history[::-1])], 10)
    with pytest.raises(BenchError, match="not those of a world with seed 1"):
        BayesOptimal(seed=1).fit(data.train)


def test_next_attributes_are_the_shares_of_the_prediction(world: World) -> None:
    user, life = next(iter(world.lives.items()))
    past = tuple(world.shelf.ids[item] for item in life.items[:-1])
    query = Query(user, user, past)
    told = next_attributes(world, query)
    chances = predict(world, Observer(world.society), query)
    for place, attribute in enumerate(world.shelf.domain.attributes):
        assert sum(told[attribute.name].values()) == pytest.approx(1)
        value = attribute.values[1]
        assert told[attribute.name][value] == pytest.approx(chances[world.shelf.value[:, place] == 1].sum())
