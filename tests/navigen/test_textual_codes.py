"""Textual codes: the golden vector of term cleaning, items without terms, and what an item is read as."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Item
from bench.terms import MOST, normalise
from navigen.identifiers.catalogue import LONGEST, read_as
from navigen.identifiers.textual import textual_code

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
