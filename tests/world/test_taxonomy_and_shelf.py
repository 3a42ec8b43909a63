"""What is visible: words that can be read back, combinations that are common, rare, absent and held out."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from bench.errors import BenchError
from bench.words import stems
from tasks.world.shelf import HELD_OUT, HELD_OUT_SHARE, affinities, stock
from tasks.world.strengths import DEFAULTS, Strengths, strengths
from tasks.world.taxonomy import DOMAINS
from tasks.world.world import World
from tests.world.conftest import small


def test_every_wording_means_one_value(domain: str) -> None:
    owners: dict[tuple[str, ...], str] = {}
    for attribute in DOMAINS[domain].attributes:
        for value, wordings in attribute.words.items():
            assert wordings[0] == value and len(wordings) >= 3
            for wording in wordings:
                # Singular and plural are one word to a reader, and to the scorers.
                assert owners.setdefault(stems(wording), value) == value, f"{wording}: {value} or {owners}"


def test_impossible_pairs_name_values(domain: str) -> None:
    values = {value for attribute in DOMAINS[domain].attributes for value in attribute.values}
    for pair in DOMAINS[domain].impossible:
        assert set(pair) <= values


def test_no_two_items_look_the_same_and_none_is_impossible(world: World) -> None:
    shelf = world.shelf
    assert len({tuple(row) for row in shelf.value.tolist()}) == len(shelf) == 640
    barred = shelf.domain.impossible | set(shelf.absent)
    for item in range(len(shelf)):
        look = list(shelf.look(item).values())
        for place, value in enumerate(look):
            assert not any((value, other) in barred for other in look[place + 1 :])


def test_every_value_occurs_and_pairs_are_common_rare_and_absent(world: World) -> None:
    domain = world.shelf.domain
    for place, attribute in enumerate(domain.attributes):
        assert set(world.shelf.value[:, place].tolist()) == set(range(len(attribute.values)))
    tables, absent = affinities(domain, 0)
    cells = np.concatenate([table.ravel() for table in tables.values()])
    assert set(cells.tolist()) == {0.0, 0.2, 1.0, 3.0}
    assert len(absent) == len(world.shelf.absent) > 5


def test_a_tenth_is_held_out_by_whole_pairs(world: World) -> None:
    shelf = world.shelf
    first, second = ([one.name for one in shelf.domain.attributes].index(name) for name in HELD_OUT[shelf.domain.name])
    assert HELD_OUT_SHARE <= shelf.held_out.mean() < 1.6 * HELD_OUT_SHARE
    marks: dict[tuple[int, int], set[bool]] = {}
    for row, held in zip(shelf.value.tolist(), shelf.held_out.tolist(), strict=True):
        marks.setdefault((row[first], row[second]), set()).add(held)
    assert all(len(found) == 1 for found in marks.values())


def test_what_nobody_sees_does_not_follow_from_what_is_seen(world: World) -> None:
    """Communities are spread over every value as chance would have it (chi-square, far above any accident)."""
    shelf = world.shelf
    for place, attribute in enumerate(shelf.domain.attributes):
        table = np.zeros((len(attribute.values), int(shelf.community.max()) + 1))
        np.add.at(table, (shelf.value[:, place], shelf.community), 1)
        expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
        freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
        assert ((table - expected) ** 2 / expected).sum() < freedom + 4 * np.sqrt(2 * freedom)


def test_names_are_made_up_and_unique(world: World) -> None:
    names = world.shelf.names
    assert len(set(names)) == len(names)
    words = {word for one in world.shelf.domain.attributes for said in one.words.values() for word in said}
    assert not {name.lower() for name in names} & words
    assert Counter(name[0].isupper() for name in names) == {True: len(names)}


def test_another_seed_is_another_shelf(domain: str) -> None:
    one, other = (stock(DOMAINS[domain], small(domain), seed) for seed in (0, 1))
    assert one.names != other.names
    assert not np.array_equal(one.value, other.value)


@pytest.mark.parametrize(
    "changed",
    [{"taste": -1.0}, {"complement": 0.7, "chain": 0.4}, {"items": 10}, {"drift": 1.5}, {"most": 400}],
    ids=str,
)
def test_a_world_that_cannot_be_is_refused(changed: dict[str, float]) -> None:
    with pytest.raises(BenchError, match="data"):
        strengths("game", changed)


def test_too_many_items_are_refused() -> None:
    game = DOMAINS["game"]
    plain = replace(game, attributes=game.attributes[:2])
    most = math.prod(len(attribute.values) for attribute in plain.attributes)
    with pytest.raises(BenchError, match=f"fewer than {most + 1} different items"):
        stock(plain, Strengths(**{**_fields("game"), "items": most + 1, "most": 10}), 0)


def _fields(domain: str) -> dict[str, float]:
    return {name: getattr(DEFAULTS[domain], name) for name in Strengths.__dataclass_fields__}
