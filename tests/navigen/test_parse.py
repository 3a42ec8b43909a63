"""Answers read strictly: what was asked for is an instruction, anything else a failure with its reason."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Failure, Instruction, Kind
from navigen.parse import read_instruction, split_thought
from navigen.prompt import Form, Renderer, Written

BOTH = ("target_tid", "target_ins")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is not JSON"),
        ('{"target_ins":"a lamp"', "is not JSON"),
        ('{"target_ins":"a lamp"}}', "is not JSON"),
        ('{"target_ins":"a lamp"} and more', "is not JSON"),
        ('Sure! {"target_ins":"a lamp"}', "is not JSON"),
        ('```json\n{"target_ins":"a lamp"}\n```', "is not JSON"),
        ("{'target_ins':'a lamp'}", "is not JSON"),
        ("<think>\nI like lamps", "is not JSON"),
        ("no thought\n</think>\n\n" + '{"target_ins":"a lamp"}', "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"target_ins":' + "1" * 5000 + "}", "is not JSON"),
        ('["a lamp"]', "is not a JSON object"),
        ('"a lamp"', "is not a JSON object"),
        ("null", "is not a JSON object"),
        ("{}", "has no target_ins"),
        ('{"target_tid":["lamp"]}', "has no target_ins"),
        ('{"target_ins":"  "}', "has no instruction"),
        ('{"target_ins":["a lamp"]}', "has no instruction"),
        ('{"target_ins":null}', "has no instruction"),
        ('{"target_ins":7}', "has no instruction"),
        ('{"target_ins":"half \\ud83d"}', "half a character"),
        ('{"target_ins":"a lamp","target_tid":"lamp"}', "not a list of texts"),
        ('{"target_ins":"a lamp","target_tid":{"a":"lamp"}}', "not a list of texts"),
        ('{"target_ins":"a lamp","target_tid":["lamp",["red"]]}', "not a list of texts"),
        ('{"target_ins":"a lamp","target_tid":[1]}', "not a list of texts"),
    ],
)
def test_what_was_not_asked_for_is_a_failure_with_its_reason(text: str, reason: str) -> None:
    found = read_instruction(text, True)
    assert isinstance(found, Failure) and reason in found.reason


def test_an_answer_that_was_cut_is_a_failure_however_it_reads() -> None:
    assert read_instruction('{"target_ins":"a lamp"}', False) == Failure("the answer was cut off before its end")


def test_every_field_that_was_asked_for_must_be_there() -> None:
    assert read_instruction('{"target_ins":"a lamp"}', True, BOTH) == Failure("the answer has no target_tid")
    assert read_instruction('{"target_ins":"a lamp"}', True) == Instruction("a lamp")
    found = read_instruction('{"target_tid":["Lamp"," lamp ","(red)","rouge é"],"target_ins":" a lamp "}', True, BOTH)
    assert found == Instruction("a lamp", ("Lamp", "red"))


@pytest.mark.parametrize(
    ("text", "thought", "answer"),
    [
        ("<think>\nI like lamps.\n</think>\n\n{}", "I like lamps.", "{}"),
        ("<think></think>{}", "", "{}"),
        ("  {} ", "", "{}"),
        ("<think>a</think>b</think>{}", "a", "b</think>{}"),
        ('{"a":"</think>"}', "", '{"a":"</think>"}'),
        ("<think>never closed", "", "<think>never closed"),
    ],
)
def test_a_thought_is_what_the_tags_at_the_beginning_hold(text: str, thought: str, answer: str) -> None:
    assert split_thought(text) == (thought, answer)


@given(
    st.sampled_from(list(Form)),
    st.text(min_size=1).filter(str.strip),
    st.text(st.characters(exclude_categories=["Cs"])).filter(lambda text: "</think>" not in text),
)
def test_what_the_renderer_writes_is_read_back(form: Form, instruction: str, thought: str) -> None:
    ask = Renderer(form, form, think=True)
    item = Written("code", ("lamp", "red"), "Lamp", "Lamp")
    found = read_instruction(ask.answer_instruction(item, instruction, thought), True, ask.fields())
    terms = ("lamp", "red") if form in {Form.TERMS, Form.BOTH} else ()
    assert found == Instruction(instruction.strip(), terms)
    assert json.loads(split_thought(ask.answer_next(item, thought))[1])
    assert ask.ask_instruction([item], Kind.IMAGE).messages[0][1].endswith(f"{', '.join(ask.fields())}.")
