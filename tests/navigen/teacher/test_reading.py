"""Replies: what is read, and that nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigen.teacher.distil import read_thought
from navigen.teacher.reading import read_drafts, read_scores, read_terms
from navigen.teacher.reason import read_reason
from tests.navigen.teacher.asks import ask

GOOD = {"consistency": 8, "novelty": 7.5, "aesthetic": 9, "executability": 6, "comment": "fine"}


@pytest.mark.parametrize(
    "text",
    [
        "I cannot help, sorry",
        "mug, kitchen, red",
        '["mug", "kitchen"]',
        '{"terms": "mug, kitchen"}',
        '{"terms": []}',
        '{"terms": ["夏天", "123"]}',
        '{"terms": ["I cannot help", "sorry"]}',
        '{"terms": ["mug", "I cannot help"]}',
        '{"terms": ["Sorry"]}',
        '{"terms": ["Sorry", "I can\'t", "help with that"]}',
        '{"terms": ["I\u2019m sorry", "but I can\u2019t assist"]}',
        '{"terms": ["As an AI language model", "I have no terms"]}',
        '{"terms": ["mug", "(I am unable to comply)"]}',
        '{"terms": [1, 2]}',
        '{"terms": ["mug"], "more": 1}',
        '{"terms": ["I am sorry but I cannot help you with that"]}',
        'Here you are: {"terms": ["mug"]}',
        '{"terms": ["mug"]',
        "[" * 100_000,
        "",
    ],
)
def test_prose_and_broken_objects_are_no_terms(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_terms(text)


def test_terms_are_normalised() -> None:
    told = json.dumps({"terms": ["Dress", "dress", " floral  print ", "夏天", "(cotton)", "café", "3D", "123"]})
    assert read_terms(told) == ("Dress", "floral print", "cotton", "3D")


@pytest.mark.parametrize(
    "terms",
    [
        ("Sorry", "board game"),
        ("board game", "family", "Sorry"),
        ("I Am Bread", "physics game"),
        ("simulation", "I Am Fish"),
        ("I Am Not a Monster", "strategy"),
        ("I Can't Escape", "dungeon"),
        ("I Do", "wedding sign"),
        ("Content Warning", "co-op horror"),
    ],
)
def test_terms_that_only_sound_like_a_refusal_are_read(terms: tuple[str, ...]) -> None:
    assert read_terms(json.dumps({"terms": terms})) == terms


DECLINED = [
    "I'm sorry, but I can't help with that.",
    "[I'm sorry, but I can't help with that.]",
    "I cannot comply with this request.",
    "As an AI language model, I cannot write instructions.",
    "抱歉，我无法回答这个问题。",
]


@pytest.mark.parametrize("text", DECLINED)
def test_refusals_inside_json_are_no_drafts_reasons_or_thoughts(text: str) -> None:
    drafts = {name: {"instruction": text, "why": "it is bold"} for name in ("balanced", "bold")}
    with pytest.raises(ValueError, match="balanced: instruction: a refusal"):
        read_drafts(json.dumps(drafts), list(drafts))
    one = ask("", target={"terms": []})
    with pytest.raises(ValueError, match="reason: a refusal"):
        read_reason(one, json.dumps({"reason": text}))
    with pytest.raises(ValueError, match="thought: a refusal"):
        read_thought(one, json.dumps({"thought": text}))


@pytest.mark.parametrize(
    "text", ["A poster that says: I'm sorry, I can't help it.", "[Close-up] A red mug on a shelf."]
)
def test_instructions_that_only_sound_like_a_refusal_are_read(text: str) -> None:
    told = {"balanced": {"instruction": text, "why": "I cannot make it bolder without naming it."}}
    assert read_drafts(json.dumps(told), ["balanced"])[0][0] == text


@pytest.mark.parametrize("frame", ["{}", "```json\n{}\n```", "```\n{}\n```", "<think>\nhm\n</think>\n\n{}", "\n {} \n"])
def test_a_thought_or_a_fence_around_an_answer_is_allowed(frame: str) -> None:
    assert read_terms(frame.replace("{}", '{"terms": ["mug"]}')) == ("mug",)


def test_scores_are_read_by_name() -> None:
    told = json.dumps({"b": GOOD, "a": {**GOOD, "novelty": 1}})
    assert [scores.novelty for scores, _ in read_scores(told, ["a", "b"])] == [1, 7.5]


@pytest.mark.parametrize("value", [-0.1, 10.1, "8", True, None, [8], float("nan"), float("inf")])
def test_scores_that_are_none_are_refused(value: object) -> None:
    with pytest.raises(ValueError, match="novelty"):
        read_scores(json.dumps({"a": {**GOOD, "novelty": value}}), ["a"])


def test_a_missing_or_further_candidate_is_refused() -> None:
    for told in ({"a": GOOD}, {"a": GOOD, "b": GOOD, "c": GOOD}, {"a": GOOD, "b": 8}):
        with pytest.raises(ValueError, match=r"."):
            read_scores(json.dumps(told), ["a", "b"])


@pytest.mark.parametrize(
    "one", [{}, {"instruction": ""}, {"instruction": "x"}, {"instruction": "x" * 1201, "why": "y"}, "x"]
)
def test_drafts_without_text_or_reason_are_refused(one: object) -> None:
    with pytest.raises(ValueError, match="balanced"):
        read_drafts(json.dumps({"balanced": one}), ["balanced"])


def test_half_a_character_is_refused() -> None:
    with pytest.raises(ValueError, match="half a character"):
        read_drafts('{"balanced": {"instruction": "\\ud800", "why": "y"}}', ["balanced"])


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (read_terms, lambda told: read_scores(told, ["a"]), lambda told: read_drafts(told, ["a"])):
        try:
            read(text)
        except ValueError:
            continue
