"""The mismatch: a permutation across users, the same in any order of cases, or nothing where there is none."""

from __future__ import annotations

import random
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from bench.api import Case, Cases, Example, Failure, Query, Train
from bench.scorers.mismatch import mismatched

TRAIN = Train({}, {})
USERS = st.lists(st.sampled_from("abcdefg"), max_size=30)


def make(users: list[str]) -> Cases:
    rows = [Example(Query(f"q{number}", user, ()), ("t",)) for number, user in enumerate(users)]
    return Cases(tuple(Case(example, Failure("")) for example in rows), TRAIN)


@given(USERS)
def test_everybody_meets_somebody_else_exactly_where_it_can_be(users: list[str]) -> None:
    partners = mismatched(make(users))
    largest = max(Counter(users).values(), default=0)
    if 2 * largest > len(users) or not users:
        assert partners == [None] * len(users)
    else:
        assert sorted(place for place in partners if place is not None) == list(range(len(users)))
        assert all(users[place] != users[other] for place, other in enumerate(partners) if other is not None)


@given(USERS, st.randoms(use_true_random=False))
def test_order_of_cases_is_no_matter(users: list[str], chance: random.Random) -> None:
    made = make(users)
    places = chance.sample(range(len(users)), len(users))
    mixed = Cases(tuple(made.rows[place] for place in places), TRAIN)

    def named(cases: Cases) -> dict[str, str | None]:
        ids = [case.example.query.id for case in cases.rows]
        return {name: None if other is None else ids[other] for name, other in zip(ids, mismatched(cases), strict=True)}

    assert named(made) == named(mixed)


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=20))
def test_who_takes_no_part_meets_nobody_and_is_met_by_nobody(rows: list[tuple[str, bool]]) -> None:
    judged = [taking for _, taking in rows]
    partners = mismatched(make([user for user, _ in rows]), judged)
    assert all(partners[place] is None for place in range(len(rows)) if not judged[place])
    assert all(judged[place] for place in partners if place is not None)
