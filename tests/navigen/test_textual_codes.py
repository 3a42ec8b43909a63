"""Textual codes: the golden vector of term cleaning, items without terms, and what an item is read as."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.language import SftOnly, TextIds
from bench.api import Context, Item, Train
from bench.errors import BenchError
from bench.terms import MOST, normalise
from navigen.identifiers.catalogue import LONGEST, read_as
from navigen.identifiers.textual import check_terms, textual_code
from navigen.pipeline import Making
from tests.navigen.little import TINY

GOLDEN = ("Dress", "dress", " floral  print ", "夏天", "(cotton)", "café", "3D", "123")


def test_the_golden_vector() -> None:
    assert textual_code(Item("x", "A title", "a caption", {"terms": GOLDEN})) == (
        "Dress",
        "floral print",
        "cotton",
        "3D",
    )


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (Item("x"), ()),
        (Item("x", "", "", {"terms": ("夏天",)}), ()),
        (Item("x", "Lamp", "", {"terms": ("夏天",)}), ("Lamp",)),
        (Item("x", "", "", {"colour": ("red", "crimson"), "thing": ("lamp",)}), ("red", "crimson", "lamp")),
        (Item("x", "Red lamp, kitchen; 2nd floor"), ("Red lamp", "kitchen", "2nd floor")),
        (Item("x", "Lego Star Wars X-Wing - 474 pieces"), ("Lego", "Star", "Wars", "X-Wing", "474 pieces")),
        (Item("x", "夏天", "a warm lamp"), ("a warm lamp",)),
        (Item("x", "a b c d a B"), ("a", "b", "c", "d")),
        (Item("x", " ".join(f"w{number}" for number in range(30))), tuple(f"w{number}" for number in range(10))),
    ],
)
def test_terms_or_else_parts_of_the_title_or_else_of_the_caption(item: Item, code: tuple[str, ...]) -> None:
    assert textual_code(item) == code


@given(st.builds(Item, st.just("x"), st.text(), st.text()))
def test_a_code_is_clean_whatever_the_title(item: Item) -> None:
    code = textual_code(item)
    assert len(code) <= MOST and normalise(code) == code
    assert not any(sign in term for term in code for sign in '<>|"\\')


@given(st.text(), st.text())
def test_an_item_is_read_as_the_beginning_of_its_text(title: str, caption: str) -> None:
    text = read_as(Item("x", title, caption))
    assert len(text) <= LONGEST
    whole = ": ".join(dict.fromkeys(part for part in (title, caption) if part))
    assert whole.startswith(text)
    assert bool(text.strip()) or not whole[:LONGEST].strip()


def test_texts_are_cut_between_words_and_long_words_within() -> None:
    assert read_as(Item("x", "word " * 100)) == ("word " * 32).strip()
    assert read_as(Item("x", "書" * 500)) == "書" * LONGEST
    assert read_as(Item("x", "same", "same")) == "same"
    assert read_as(Item("x", "Lamp", "a lamp")) == "Lamp: a lamp"


def test_items_without_terms_are_warned_of_where_terms_alone_name_them(caplog: Any) -> None:
    with caplog.at_level("WARNING", "navibench"):
        check_terms("text-ids", [("lamp",), ("red",)])
        assert not caplog.records
        check_terms("text-ids", [("lamp",), (), ("red",), ()])
    assert [record.getMessage() for record in caplog.records] == [
        "text-ids: 50.0% of the items have no terms, so they are named alike and tie"
    ]


def test_a_catalogue_without_terms_is_refused_where_terms_alone_name_items() -> None:
    train = Train({name: Item(name, "夏天的裙子", "一件裙子") for name in ("a", "b", "c")}, {"u": ("a", "b", "c")})
    with pytest.raises(BenchError, match=r"text-ids names items by terms alone, and none of the 3 items has.*'terms'"):
        TextIds(**TINY, context=Context(1)).fit(train)
    assert Making(SftOnly(**TINY), train, Context(1)).identify().written[0].code  # whose items have codes too
    told = Train({**train.items, "a": Item("a", "夏天", "", {"terms": ("dress",)})}, train.sequences)
    assert Making(TextIds(**TINY), told, Context(1)).identify().written[0].terms == ("dress",)
