"""Replies: what is read, and that nothing else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from navigen.teacher.reading import read_drafts, read_scores, read_terms

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
        '{"terms": ["mug", "Sorry"]}',
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
