"""Form of instructions: parse rate over every reason there is, CLIP's tokens, named values, given terms."""

from __future__ import annotations

import json

import pytest

from bench.api import Answer, Case, Cases, Example, Failure, Instruction, Item, Query, Ranking, Train
from bench.scorers.form import UNREAD, Concrete, Parsed, TermsGiven, Truncated, clip_tokenizer
from navigen.parse import read_instruction

ITEMS = {
    "a": Item("a", attributes={"colour": ("red", "crimson"), "kind": ("lamp",), "terms": ("lamp", "red")}),
    "b": Item("b", attributes={"colour": ("blue",), "mood": ("blue",)}),
}
BROKEN = [
    "",
    "{",
    "[]",
    "1" * 5000,
    "{}",
    '{"target_ins": 3}',
    '{"target_ins": " "}',
    '{"target_ins": "a", "target_tid": "b"}',
    '{"target_ins": "a", "target_tid": [1]}',
    json.dumps({"target_ins": "\ud800"}),
]


def ask(*answers: Answer, items: dict[str, Item] | None = None) -> Cases:
    rows = [Case(Example(Query(f"q{place}", "u", ()), ("a",)), answer) for place, answer in enumerate(answers)]
    return Cases(tuple(rows), Train(ITEMS if items is None else items, {}))


@pytest.mark.parametrize("text", BROKEN)
def test_every_way_of_not_parsing_counts_as_one(text: str) -> None:
    answer = read_instruction(text, True)
    assert isinstance(answer, Failure) and answer.reason.startswith(UNREAD)
    assert Parsed().measure(ask(answer, Instruction("a"), Instruction("b"), Instruction("c"))) == 0.75


def test_what_was_never_written_is_not_counted() -> None:
    cut = read_instruction('{"target_ins": "a"}', False)
    good = read_instruction('{"target_ins": "a"}', True)
    other = [
        Failure("a prompt of 900 tokens and 256 more do not fit into 512"),
        Failure("HTTP 500: busy (5 tries)"),
        Failure("the server's answer is empty (finish_reason None)"),
        Failure("expected a ranking, got instruction"),
    ]
    assert Parsed().measure(ask(cut, good, *other)) == 0.5
    assert Parsed().measure(ask(Failure("the server's answer is not JSON (cut)"), good)) == 0.5
    assert Parsed().measure(ask(*other)) is None and Parsed().measure(ask()) is None


def test_truncated_is_beyond_75_tokens_between_two_marks() -> None:
    pytest.importorskip("open_clip")
    made = ask(*(Instruction(" ".join(["lamp"] * number)) for number in (0, 1, 75, 76, 200)), Failure("x"), Ranking(()))
    assert Truncated()(made) == [0, 0, 0, 1, 1, None, None]
    for text in ("unbelievably " * 20, "Größe 42, naïve café " * 9, "a red lamp, &amp; more " * 30):
        whole = clip_tokenizer()(text, context_length=1000)[0].count_nonzero()
        assert Truncated()(ask(Instruction(text))) == [float(whole > 77)]


def test_concrete_counts_values_not_words() -> None:
    texts = ["", "a red lamp", "red, red, crimson", "blue", "a blue crimson lamp", "a chair"]
    made = ask(*map(Instruction, texts), Failure("x"))
    assert Concrete()(made) == [0, 2, 1, 1, 3, 0, None]
    assert Concrete()(ask(Instruction("red"), items={"a": Item("a")})) == [None]


def test_terms_are_counted_as_the_normaliser_sees_them() -> None:
    terms = [(), ("lamp", "Lamps", " lamp "), ("striped lamp", "red")]
    assert TermsGiven()(ask(*(Instruction("a", given) for given in terms), Failure("x"))) == [0, 1, 2, None]
