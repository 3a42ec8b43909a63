"""General text of the world: the same every time, nothing that cannot be, and nothing of the catalogue."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from itertools import combinations

import pytest

from bench.rng import stream
from tasks.world.passages import Passage, draw, held_out_pairs, passages
from tasks.world.shelf import stock
from tasks.world.strengths import strengths
from tasks.world.taxonomy import DOMAINS
from tasks.world.world import World

NUMBER = 400


@cache
def told(seed: int = 0) -> dict[str, list[Passage]]:
    found = list(passages(NUMBER, seed))
    return {name: found[place * NUMBER : (place + 1) * NUMBER] for place, name in enumerate(DOMAINS)}


def test_the_same_seed_says_the_same_and_more_begins_with_it() -> None:
    assert list(passages(20, 3)) == list(passages(20, 3)) != list(passages(20, 4))
    longer = list(passages(30, 3))
    for place in range(len(DOMAINS)):
        assert longer[place * 30 : place * 30 + 20] == list(passages(20, 3))[place * 20 : place * 20 + 20]
    assert list(passages(0)) == []


@pytest.mark.parametrize("seed", [0, 5])
def test_no_pair_of_values_that_no_item_joins(domain: str, seed: int) -> None:
    shelf = stock(DOMAINS[domain], strengths(domain, {}), seed)
    held = held_out_pairs(shelf)
    barred = {frozenset(pair) for pair in (*DOMAINS[domain].impossible, *shelf.absent, *held)}
    assert len(barred) > 20 and held
    for passage in told(seed)[domain]:
        assert len(passage.terms) == len(DOMAINS[domain].attributes)
        assert not {frozenset(pair) for pair in combinations(passage.terms, 2)} & barred


def test_a_barred_pair_is_never_drawn() -> None:
    domain = DOMAINS["product"]
    first, second = domain.attributes[:2]
    free = second.values[0]
    barred = {frozenset((one, other)) for one in first.values for other in second.values if other != free}
    rng = stream(0, "barred")
    assert {draw(domain, barred, rng)[second.name] for _ in range(50)} == {free}


def test_nothing_of_the_catalogue_is_in_it(domain: str, world: World) -> None:
    texts = [text for one in told()[domain] for text in (one.caption, one.image, one.video, *one.terms)]
    whole = "\n".join(texts).lower()
    said = set(re.findall(r"[\w-]+", whole))
    assert not said & {name.lower() for name in (*world.shelf.ids, *world.shelf.names)}
    assert f"{domain}-" not in whole and "passage" not in whole


def test_no_value_is_favoured_but_for_those_that_join_little(domain: str) -> None:
    counts = Counter(term for passage in told()[domain] for term in passage.terms)
    for attribute in DOMAINS[domain].attributes:
        share = NUMBER / len(attribute.values)
        assert {value for value in attribute.values if counts[value]} == set(attribute.values)
        assert max(counts[value] for value in attribute.values) < 3.5 * share


def test_instructions_say_all_terms_and_a_clip_s_says_more(domain: str) -> None:
    for passage in told()[domain]:
        assert passage.video.startswith(passage.image) and len(passage.video) > len(passage.image)
        assert passage.caption[0].isupper() and passage.caption.endswith(".")
        for term in passage.terms:
            assert term in passage.image
