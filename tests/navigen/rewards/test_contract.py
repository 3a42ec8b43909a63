"""What holds for the reward whatever its settings: gold is best, neighbours change nothing, columns are checked."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.rewards.mix import Parts
from navigen.rewards.settings import RELEASED, Rewarding
from tests.navigen.rewards.little import GOLD, THOUGHT, TOLD, answer, answer_code, columns, reward

WORSE_CODES = [
    answer_code(1, 2, 4),
    answer_code(1, 0, 3),
    answer_code(7, 2, 3),
    answer_code(7, 8, 9),
    answer_code(1, 2),
    answer_code(1, 2, 3) + ".",
    answer_code(1, 2, 3)[:-1],
    "",
    "{}",
    "[1]",
    "<think>",
    '{"target_cid":7}',
]
WORSE_INSTRUCTIONS = [
    answer("A thing."),
    answer("A blue lamp with dots for the hall."),
    answer(terms=("chair", "green")),
    answer(terms=()),
    answer("A mood of a vibe."),
    answer()[:-1],
    answer() + "\n" + answer(),
    "",
    '{"target_tid":["x"]}',
]
NAMING = answer(TOLD + f" It is the {GOLD.title}.")  # worse where the title is to be concealed
PADDED = answer(TOLD + " " + TOLD)  # not worse by the released heuristic, which pays for length
SETTINGS = [
    Rewarding(hierarchy=rule, consistency=edges, quality=quality, judge=judge, conceal=conceal, think=think)
    for rule, (edges, quality), judge, conceal, think in product(
        ("prefix", "additive", "off"),
        ((True, True), (True, False), (False, True)),
        ("lexical", "embedding"),
        ("title", "off"),
        (False, True),
    )
]
RELEASES = [RELEASED, replace(RELEASED, consistency=False), replace(RELEASED, lexical="words")]


@pytest.mark.parametrize("own", [*SETTINGS, *RELEASES])
def test_the_gold_answer_earns_most(own: Rewarding) -> None:
    thought = THOUGHT if own.think or own.form == "released" else ""
    best = reward(own)
    codes = [answer_code(1, 2, 3, thought=thought), *(thought + text for text in WORSE_CODES), *WORSE_CODES]
    worse = [*WORSE_INSTRUCTIONS, *[NAMING] * (own.conceal == "title"), *[PADDED] * (own.lexical == "words")]
    told = [answer(thought=thought), *(thought + text for text in worse), *worse]
    earned = best(codes + told, **columns(["cid2cid"] * len(codes) + ["cid2ins"] * len(told)))
    assert all(value is not None for value in earned)
    first, second = earned[: len(codes)], earned[len(codes) :]
    assert first[0] == pytest.approx(1.0) == max(value or 0 for value in first)
    assert (second[0] or 0) >= max(value or 0 for value in second) - 1e-9
    if own.judge == "lexical" and own.lexical == "words":
        assert second[0] == pytest.approx(1.0)
    assert all(0 <= (value or 0) <= 1 + 1e-9 for value in earned)


def test_the_released_heuristic_pays_for_length() -> None:
    texts = [THOUGHT + answer(), THOUGHT + PADDED]
    plain, padded = reward(RELEASED)(texts, **columns(["cid2ins"] * 2))
    assert plain is not None
    assert padded is not None
    assert padded > plain
    plain, padded = reward(replace(RELEASED, lexical="words"))(texts, **columns(["cid2ins"] * 2))
    assert plain is not None
    assert padded is not None
    assert padded < plain


def test_a_longer_shared_prefix_never_earns_less() -> None:
    texts = [
        answer_code(9, 9, 9),
        answer_code(9, 2, 3),
        answer_code(1, 9, 3),
        answer_code(1, 2, 9),
        answer_code(1, 2, 3),
    ]
    assert reward()(texts, **columns(["cid2cid"] * 5)) == pytest.approx([0.1, 0.1, 0.55, 0.82, 1.0])
    assert reward(Rewarding(hierarchy="off"))(texts, **columns(["cid2cid"] * 5)) == pytest.approx([0.1] * 4 + [1.0])


POOL = [answer_code(1, 2, 3), answer(), *WORSE_CODES, *WORSE_INSTRUCTIONS]
ROW = st.tuples(st.sampled_from(POOL), st.sampled_from(["cid2cid", "cid2ins"]), st.booleans())


@settings(max_examples=30, deadline=None)
@given(st.lists(ROW, min_size=1, max_size=12), st.sampled_from([Rewarding(), Rewarding(judge="embedding"), RELEASED]))
def test_neighbours_and_order_change_nothing(rows: list[tuple[str, str, bool]], own: Rewarding) -> None:
    best = reward(own)

    def judge(part: list[tuple[str, str, bool]]) -> list[Parts | None]:
        return best.judge([row[0] for row in part], **columns([row[1] for row in part], [row[2] for row in part]))

    together = judge(rows)
    assert together == [judge([row])[0] for row in rows]
    assert together == judge(rows[::-1])[::-1]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60), st.sampled_from(["cid2cid", "cid2ins"]), st.sampled_from([Rewarding(), RELEASED]))
def test_no_text_breaks_it(text: str, task: str, own: Rewarding) -> None:
    for written in (text, "<think>" + text + "</think>{" + text, answer_code(1, 2, 3) + text, answer(text or "x")):
        parts = reward(own).judge([written], **columns([task]))[0]
        assert parts is not None
        assert 0 <= parts.total <= 1 + 1e-9


def test_an_answer_that_was_cut_off_earns_nothing() -> None:
    earned = reward().judge([answer_code(1, 2, 3), answer()], **columns(["cid2cid", "cid2ins"], [False, False]))
    assert [parts and (parts.total, parts.fault) for parts in earned] == [
        (0.0, "the answer was cut off before its end")
    ] * 2


def test_a_thought_is_asked_of_who_thinks_only() -> None:
    asked = columns(["cid2cid"] * 2)
    texts = [answer_code(1, 2, 3), answer_code(1, 2, 3, thought=THOUGHT)]
    assert reward()(texts, **asked) == pytest.approx([1.0, 1.0])
    assert reward(Rewarding(think=True))(texts, **asked) == pytest.approx([0.28, 1.0])


def test_an_answer_without_terms_has_one_edge() -> None:
    parts = reward(Rewarding(terms=False)).judge([answer(terms=None)], **columns(["cid2ins"]))[0]
    assert parts is not None
    assert parts.edges is not None
    assert parts.edges.own_target is None
    assert parts.total == pytest.approx(1.0)


def test_a_target_without_terms_is_not_judged_but_form_is() -> None:
    asked = {**columns(["cid2ins"] * 2), "target_terms": [[], []]}
    assert reward()([answer(), "x"], **asked) == [None, 0.0]


def test_columns_are_checked() -> None:
    with pytest.raises(BenchError, match="no column target_title"):
        reward()([answer()], task=["cid2ins"], target_terms=[["x"]], finished=[True])
    with pytest.raises(BenchError, match="column finished has 1 values for 2"):
        reward()([answer_code(1, 2, 3)] * 2, **columns(["cid2cid"] * 2, [True]))
    with pytest.raises(BenchError, match="unknown task"):
        reward()([""], **columns(["cid2tid"]))
    with pytest.raises(BenchError, match="expected one whole code"):
        reward()([""], task=["cid2cid"], target_code=["x"], finished=[True])
    assert reward()([], **columns([])) == []
    with pytest.raises(BenchError, match="give the catalogue"):
        type(reward())(Rewarding(hierarchy="additive"))
