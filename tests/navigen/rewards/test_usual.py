"""What would suit just anybody: the mean over all targets as they were chosen, and what `contrast` does with it.

Invariants: 1. both means equal those of asking the judge about every target one by one (oracle); 2. an answer that is
the same for everybody earns nothing at contrast 1, on average over whom it is for; 3. contrast 0 changes nothing;
4. how often items were chosen counts, and is part of what fingerprints the reward; 5. other judges refuse it.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.words import stems
from navigen.prompt import Written
from navigen.rewards.consistency import Told, agreement, named_share
from navigen.rewards.lexical import Lexical, by_words, term_keys
from navigen.rewards.mix import NaviGenReward
from navigen.rewards.settings import Rewarding
from navigen.rewards.usual import Usual

WORDS = ("red", "kite", "sea", "old map", "quiet night", "stone bridge", "lamp")
lists = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4, unique=True).map(tuple)
shelves = st.lists(st.tuples(lists, st.integers(0, 5)), min_size=1, max_size=6).filter(
    lambda shelf: any(often for _, often in shelf)
)


def mean(values: list[float], chosen: list[float]) -> float:
    return float(np.average(values, weights=chosen))


@given(shelves, lists, st.lists(st.sampled_from([*WORDS, "and", "over the"]), max_size=8))
def test_means_are_those_of_every_target(shelf: Any, own: tuple[str, ...], said: list[str]) -> None:
    targets, chosen = [term_keys(terms) for terms, _ in shelf], [float(often) for _, often in shelf]
    usual, text, mine = Usual.of(targets, chosen), stems(" ".join(said)), term_keys(own)
    assert usual.named_share(text) == pytest.approx(mean([named_share(text, one) for one in targets], chosen))
    assert usual.agreement(mine) == pytest.approx(mean([agreement(mine, one) for one in targets], chosen))


@given(shelves, lists)
def test_what_is_said_to_everybody_earns_nothing(shelf: Any, own: tuple[str, ...]) -> None:
    chosen = [float(often) for _, often in shelf]
    judge = Lexical(usual=Usual.of([term_keys(terms) for terms, _ in shelf], chosen))
    found = judge.judge([Told(" ".join(own), own, terms) for terms, _ in shelf])
    edges = [verdict.edges for verdict in found if verdict is not None]
    assert mean([edge.instruction_target for edge in edges], chosen) == pytest.approx(0, abs=1e-9)
    assert mean([edge.own_target or 0.0 for edge in edges], chosen) == pytest.approx(0, abs=1e-9)
    assert {edge.instruction_own for edge in edges} == {1.0}


def test_nothing_is_taken_off_without_contrast() -> None:
    none, half = (Usual.of([term_keys(("red",))], [1.0], share) for share in (0.0, 0.5))
    told = Told("a red kite", ("kite",), ("red",))
    assert by_words(told, none) == by_words(told)
    assert by_words(told, half).edges.instruction_target == pytest.approx(0.5)


def catalogue() -> list[Written]:
    return [Written("<a_1>", ("red", "kite"), "one"), Written("<a_2>", ("sea",), "two")]


def test_the_reward_prefers_what_few_would_like() -> None:
    texts = [json.dumps({"target_tid": [term], "target_ins": f"paint {term}"}) for term in ("red", "sea")]
    columns = {"task": ["cid2ins"] * 2, "target_terms": [["red"], ["sea"]], "target_title": ["", ""]}
    columns |= {"target_code": ["", ""], "finished": [True, True]}
    often = NaviGenReward(Rewarding(contrast=1.0), catalogue(), 1, chosen=[9.0, 1.0])
    plain, rare = NaviGenReward(Rewarding(), catalogue(), 1), often(texts, **columns)
    one, two = rare
    assert one is not None and two is not None and one < two
    assert plain(texts, **columns)[0] == plain(texts, **columns)[1]
    assert often.fingerprint != NaviGenReward(Rewarding(contrast=1.0), catalogue(), 1, chosen=[1.0, 1.0]).fingerprint
    assert plain.fingerprint == NaviGenReward(Rewarding(), catalogue(), 1, chosen=[9.0, 1.0]).fingerprint


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"contrast": 2.0}, "from 0 to 1"),
        ({"contrast": 0.5, "lexical": "released"}, "judge=lexical, lexical=words only"),
        ({"contrast": 0.5, "judge": "embedding"}, "judge=lexical, lexical=words only"),
    ],
)
def test_what_cannot_be_contrasted_is_refused(values: dict[str, Any], match: str) -> None:
    with pytest.raises(BenchError, match=match):
        Rewarding(**values)


def test_a_catalogue_that_nobody_chose_from_is_refused() -> None:
    with pytest.raises(BenchError, match="nobody chose"):
        Usual.of([term_keys(("red",))], [0.0])
