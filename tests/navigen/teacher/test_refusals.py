"""What is a refusal, and what only sounds like one."""

from __future__ import annotations

import pytest

from navigen.teacher.refusals import refusal

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, I can\u2019t assist with that request.",
    "Sorry, I cannot provide this information.",
    "I cannot help, sorry",
    "I can't help with this one.",
    "I am unable to determine the terms of this item.",
    "I'm not able to see images.",
    "I'm really not comfortable with this.",
    "As an AI language model, I do not have access to images.",
    "As an artificial intelligence, I have no preferences.",
    "I am just an AI assistant and have no eyes.",
    "Unfortunately, I cannot generate that.",
    "Apologies, but I am unable to comply.",
    "I apologize, but I will not produce this content.",
    "I must decline this request.",
    "I must respectfully decline.",
    "We are unable to process your request.",
    "This request violates our policy.",
    "Your request goes against the guidelines.",
    "It would be inappropriate for me to answer.",
    "It is not possible for me to say.",
    "**I'm sorry**, but I can't do that.",
    '"I cannot comply with this."',
    "<think>\nhmm, {not mine}\n</think>\n\nI'm sorry, but I can't help.",
    "<think>\nI never stop thinking",
    "Sorry.",
    "I'm very sorry!",
    "I don't have enough information to answer.",
    "I won't be able to help.",
    "抱歉，我无法回答这个问题。",
    "很抱歉，我不能提供帮助。",
    "作为一个人工智能语言模型，我没有个人喜好。",
    "Request declined.",
    "Content warning: this is not something I can describe.",
    "I can't help creating such content.",
]
ANSWERS = [
    '{"terms": ["I cannot help"]}',
    '```json\n{"terms": ["sorry"]}\n```',
    '["sorry", "as an AI"]',
    "Sorry! board game, family, dice",
    "A poster that says: I'm sorry, I can't help falling in love",
    "I can see a red lamp on a wooden table.",
    "I think this user likes what cannot be found in shops.",
    "The user cannot help buying lamps.",
    "I can't help noticing that every lamp so far is blue.",
    "Content Warning, co-op horror, videos",
    "We do see a pattern: lamps, chairs, tables.",
    "As an avid reader, the user wants more novels.",
    "As an assistant coach would, the user picks whistles.",
    "lamp, red, wooden",
    "Unfortunately named, the Titanic model kit is what comes next.",
    "It is against the wall that the lamp should stand.",
    "No sugar, no salt: a healthy snack.",
    '<think>I cannot help</think>\n{"terms": []}',
    "",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_recognised(text: str) -> None:
    if text.startswith("<think>\nI never"):
        assert refusal(text) is None, "an endless thought says nothing; its reader finds no answer"
    else:
        assert refusal(text)
        assert refusal("  \n" + text)


@pytest.mark.parametrize("text", ANSWERS)
def test_answers_are_no_refusals(text: str) -> None:
    assert refusal(text) is None


def test_a_reply_is_looked_at_with_what_it_was_begun_with() -> None:
    assert refusal("I cannot help with that", prefix='{"terms":["') is None
    assert refusal("n't help with that", prefix="I ca") is not None
    assert len(refusal("I cannot help " * 99) or "") <= 120
