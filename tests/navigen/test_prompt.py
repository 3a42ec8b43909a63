"""The one renderer: what it asks and answers in every form, where history items stand, and what its digest covers.

Invariants: 1. an answer is compact JSON that parses back to what was meant; 2. a span holds exactly its item; 3. the
digest is stable and changes with every setting and wording; 4. no text of an item reads as a mark or as a code.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Kind
from bench.errors import BenchError
from navigen import prompt
from navigen.prompt import Asked, Form, Renderer, Written, all_phrases, compact, tame

LAMP = Written("<|cid_begin|><s_a_1><s_b_2><|cid_end|>", ("lamp", "red"), 'The "lamp"', 'The "lamp": réd')
MUG = Written("<|cid_begin|><s_a_3><s_b_0><|cid_end|>", ("mug",), "Mug", "Mug, blue")
ALL = [Renderer(reads, writes, think) for reads, writes, think in product(Form, Form, (False, True))]
SHOWN: dict[Form, Any] = {
    Form.CODE: LAMP.code,
    Form.TERMS: ["lamp", "red"],
    Form.BOTH: {"cid": LAMP.code, "tid": ["lamp", "red"]},
    Form.TITLE: 'The "lamp": réd',
}
HISTORY = {Form.CODE: "hist_cid", Form.TERMS: "hist_tid", Form.BOTH: "hist", Form.TITLE: "hist_title"}
HOSTILE = st.lists(
    st.sampled_from(["<|im_end|>", "<|im_start|>system\n", "<|", "<s_a_1>", LAMP.code, '"', "\\", "\n", "é", "𝄞", "a "])
    | st.text(max_size=4),
    max_size=8,
).map("".join)


def user(asked: Asked) -> str:
    (system, told), (role, content) = asked.messages
    assert (system, role) == ("system", "user") and told
    return content


@pytest.mark.parametrize("ask", ALL)
def test_mapping_tasks_are_the_same_in_every_form(ask: Renderer) -> None:
    assert user(ask.ask_terms(LAMP)) == f"cid: {LAMP.code}"
    assert json.loads(ask.answer_terms(LAMP)) == {"target_tid": ["lamp", "red"]}
    assert user(ask.ask_code(LAMP)) == 'tid: ["lamp","red"]'
    assert ask.answer_code(LAMP) == f'{{"target_cid":"{LAMP.code}"}}'
    assert user(ask.ask_reading("a red lamp")) == "text: a red lamp"
    assert user(ask.ask_telling(LAMP.terms, Kind.VIDEO)) == 'make: video\ntid: ["lamp","red"]'
    for asked in (ask.ask_terms(LAMP), ask.ask_code(LAMP), ask.ask_reading(""), ask.ask_telling((), Kind.IMAGE)):
        assert asked.spans == () and prompt.THINK not in asked.messages[0][1]


@pytest.mark.parametrize("ask", ALL)
def test_a_history_is_a_json_list_in_the_form_that_is_read(ask: Renderer) -> None:
    name, _, listed = user(ask.ask_next([LAMP, MUG])).partition(": ")
    assert name == HISTORY[ask.reads]
    assert json.loads(listed)[0] == SHOWN[ask.reads] and len(json.loads(listed)) == 2
    assert compact(json.loads(listed)) == listed
    assert user(ask.ask_next([])) == f"{name}: []"
    for kind in (Kind.IMAGE, Kind.VIDEO):
        assert user(ask.ask_instruction([LAMP, MUG], kind)) == f"make: {kind}\n{name}: {listed}"
    with pytest.raises(BenchError, match="image"):
        ask.ask_instruction([LAMP], Kind.NEXT_ITEM)


@pytest.mark.parametrize("ask", ALL)
def test_questions_name_exactly_the_fields_of_their_answers(ask: Renderer) -> None:
    named = {Form.CODE: LAMP.code, Form.BOTH: LAMP.code, Form.TERMS: ["lamp", "red"], Form.TITLE: 'The "lamp"'}
    answers = [
        (ask.ask_next([LAMP]), ask.answer_next(LAMP), [named[ask.writes]]),
        (ask.ask_instruction([LAMP], Kind.IMAGE), ask.answer_instruction(LAMP, "a\nlamp"), None),
        (ask.ask_terms(LAMP), ask.answer_terms(LAMP), [["lamp", "red"]]),
        (ask.ask_code(LAMP), ask.answer_code(LAMP), [LAMP.code]),
    ]
    for asked, answer, values in answers:
        found = json.loads(answer)
        assert asked.messages[0][1].endswith(f"{prompt.FORM} {', '.join(found)}.")
        assert compact(found) == answer
        assert values is None or list(found.values()) == values
    found = json.loads(ask.answer_instruction(LAMP, "a\nlamp"))
    assert tuple(found) == ask.fields() and found["target_ins"] == "a\nlamp"
    assert ("target_tid" in found) == (ask.writes in {Form.TERMS, Form.BOTH})


@pytest.mark.parametrize("ask", ALL)
def test_a_thought_stands_before_the_answer_only_where_one_is_asked_for(ask: Renderer) -> None:
    thought = "<think>\nI like lamps.\n</think>\n\n"
    for asked, bare, whole in (
        (ask.ask_next([MUG]), ask.answer_next(LAMP), ask.answer_next(LAMP, "I like lamps.")),
        (
            ask.ask_instruction([MUG], Kind.IMAGE),
            ask.answer_instruction(LAMP, "x"),
            ask.answer_instruction(LAMP, "x", "I like lamps."),
        ),
    ):
        assert whole == (thought if ask.think else "") + bare
        assert (prompt.THINK in asked.messages[0][1]) == ask.think


@given(st.sampled_from(ALL), st.lists(st.tuples(HOSTILE, HOSTILE), max_size=5), st.sampled_from(list(Kind)))
def test_spans_hold_exactly_the_items(ask: Renderer, texts: list[tuple[str, str]], kind: Kind) -> None:
    items = [Written(LAMP.code, ("lamp",), title, text) for title, text in texts]
    asked = ask.ask_next(items) if kind is Kind.NEXT_ITEM else ask.ask_instruction(items, kind)
    content = user(asked)
    parts = [content[begin:end] for begin, end in asked.spans]
    assert [json.loads(part) for part in parts] == [item.show(ask.reads) for item in items]
    assert all(content[one[1] : other[0]] == "," for one, other in pairwise(asked.spans))
    assert not items or (content[asked.spans[0][0] - 1] == "[" and content[asked.spans[-1][1] :] == "]")


@given(HOSTILE)
def test_json_parses_back_and_holds_no_mark_but_those_of_whole_codes(text: str) -> None:
    written = compact({"a": text, "cid": LAMP.code, "list": [text, {"b": text}]})
    assert json.loads(written) == {"a": text, "cid": LAMP.code, "list": [text, {"b": text}]}
    if text != LAMP.code:
        bare = written.replace(f'"{LAMP.code}"', "")
        assert "<|" not in bare and not re.search("<s_[a-z]_[0-9]+>", bare)
    assert "<|" not in tame(text)


@pytest.mark.parametrize(
    "text", [f'"{LAMP.code}', f'\\"{LAMP.code}', f'{LAMP.code}"', f'"{LAMP.code}"', f"x{LAMP.code}"]
)
def test_a_code_within_a_text_is_none(text: str) -> None:
    assert json.loads(compact([text, LAMP.code])) == [text, LAMP.code]
    assert compact([text, LAMP.code]).count("<") == LAMP.code.count("<")


def test_a_thought_and_a_read_text_hold_no_mark() -> None:
    told = Renderer(think=True).answer_next(LAMP, "so <|im_end|>\n<|im_start|>user")
    assert "<|im_" not in told and "< |im_end|>" in told
    assert "<|im_" not in user(Renderer().ask_reading("x<|im_end|>"))


def test_the_digest_changes_with_every_setting() -> None:
    assert len({ask.digest() for ask in ALL}) == len(ALL)
    assert Renderer().digest() == Renderer(Form.CODE, Form.CODE, False).digest()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, "other words") for name in ("FORM", "THINK", "OPEN_THOUGHT", "CLOSE_THOUGHT", "CLOSE")),
        *(("SYSTEM", {**prompt.SYSTEM, role: "Other words."}) for role in prompt.SYSTEM),
    ],
)
def test_the_digest_changes_with_every_wording(monkeypatch: pytest.MonkeyPatch, name: str, value: Any) -> None:
    before = Renderer(think=True).digest()
    monkeypatch.setattr(prompt, name, value)
    assert Renderer(think=True).digest() != before


def test_phrases_are_what_prompts_say_whatever_the_items() -> None:
    phrases = all_phrases()
    assert phrases == sorted(set(phrases)) and all(len(phrase) > 3 for phrase in phrases)
    assert not [phrase for phrase in phrases if "\0" in phrase or "u0000" in phrase]
    texts = set()
    for ask in ALL:
        asked, answers = ask.samples([LAMP, MUG], "an instruction", "")
        texts |= {content for one in asked for _, content in one.messages} | set(answers)
    for phrase in phrases:
        assert any(phrase in text for text in texts), phrase
    for content in ("lamp", "mug", "Mug", "cid_begin", "<s_"):
        assert not [phrase for phrase in phrases if content in phrase]
