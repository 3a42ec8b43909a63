"""Words, stems, phrases, terms and tf-idf: golden vectors, properties, and scikit-learn as the oracle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Item
from bench.terms import clean, item_terms, key, keys, normalise
from bench.text import TfIdf, item_text
from bench.words import STOP, Phrases, contains, content, stems, tokens

WORDS = st.sampled_from(
    ["a", "red", "lamp", "lamps", "wall", "clock", "running", "shoe", "shoes", "striped", "the", "kitchen"]
)
TEXTS = st.lists(WORDS, max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A Red, striped LAMP!", ["a", "red", "striped", "lamp"]),
        ("side-scrolling top\u2011down", ["side", "scrolling", "top", "down"]),
        ("the bird's-eye view", ["the", "bird's", "eye", "view"]),
        ("\u2018tis the dogs\u2019 day \u2013 don\u2019t", ["tis", "the", "dogs", "day", "don't"]),
        ("3D at 4.5 k", ["3d", "at", "4", "5", "k"]),
        ("snake_case", ["snake", "case"]),
        ("\uff26\uff35\uff2c\uff2c caf\u0065\u0301", ["full", "caf\u00e9"]),
        ("कृष्ण 夏天", ["कृष्ण", "夏天"]),
        ("... -- '' !", []),
        ("", []),
    ],
)
def test_words_by_hand(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@given(st.text())
def test_words_are_words_of_themselves(text: str) -> None:
    words = tokens(text)
    assert all(words)
    assert tokens(" ".join(words)) == words or not text.isascii()
    assert tokens(f"  {text}\n") == words


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("stripes", "striped", True),
        ("colourful", "colorful", True),
        ("an armoured theatre", "an armored theater", True),
        ("chequered greyscale", "checkered grayscale", True),
        ("bird's", "birds", True),
        ("glasses", "Glass", True),
        ("zooming in", "zoom in", True),
        ("side-scrolling", "side scrolls", True),
        ("organ", "organic", False),  # equal in version 2 of the stemmer
        ("wood", "wooden", False),
        ("strip", "stripe", False),
        ("art", "party", False),
    ],
)
def test_which_words_are_the_same(one: str, other: str, same: bool) -> None:
    assert (stems(one) == stems(other)) is same


def test_content_leaves_out_what_says_nothing() -> None:
    assert content("A picture of the red lamps, in a kitchen") == ("red", "lamp", "kitchen")
    assert all(tokens(word) == [word] for word in STOP)


def test_the_longest_phrase_wins() -> None:
    phrases = Phrases(stems(text) for text in ("running", "running shoe", "clock", "wall clock", "art", "pan left"))

    def find(text: str) -> list[str]:
        return [" ".join(phrase) for phrase in phrases.find(stems(text))]

    assert find("a running shoe near a wall clock") == ["run shoe", "wall clock"]
    assert find("Running shoes; he runs; clocks") == ["run shoe", "run", "clock"]
    assert find("a party for the starter") == []
    assert find("panning left and then pan right") == ["pan left"]
    assert find("") == []
    # Longest over all, not the first to begin.
    assert Phrases([("a", "b"), ("b", "c", "d")]).find("abcd") == [("b", "c", "d")]
    assert Phrases([("a", "b"), ("b", "c")]).find("abc") == [("a", "b")]
    assert Phrases([(), ("a",)]).find("aa") == [("a",), ("a",)]


@given(st.lists(TEXTS.map(stems), max_size=6), TEXTS)
def test_phrases_found_stand_in_the_text_and_none_overlap(phrases: list[tuple[str, ...]], text: str) -> None:
    words = stems(text)
    found = Phrases(phrases).find(words)
    assert all(contains(words, phrase) for phrase in found)
    assert sum(map(len, found)) <= len(words)
    assert bool(found) == any(contains(words, phrase) for phrase in phrases)


def test_terms_golden() -> None:
    given_terms = ["Dress", "dress", " floral  print ", "夏天", "(cotton)", "café", "3D", "123"]
    assert normalise(given_terms) == ("Dress", "floral print", "cotton", "3D")


@pytest.mark.parametrize(
    ("term", "cleaned"),
    [
        ("  lamp ", "lamp"),
        ('"red lamp",', 'red lamp"'),  # each step once, in order: the comma goes after the quotes
        ("`[pan\t left]`", "pan left"),
        ("( cotton )", "cotton"),
        ("a | b;, ", "a | b"),
        (12, "12"),
    ],
)
def test_cleaning_by_hand(term: object, cleaned: str) -> None:
    assert clean(term) == cleaned


def test_terms_are_cut_after_duplicates_are_gone() -> None:
    many = [word for number in range(20) for word in (f"t{number}", f"T{number}")]
    assert normalise(many) == tuple(f"t{number}" for number in range(10))
    assert normalise(["R&B", "rock 'n' roll", "b/w", "-x", "a_b", "sci-fi (old)", "v1.0"]) == (
        "R&B",
        "rock 'n' roll",
        "b/w",
        "sci-fi (old",
        "v1.0",
    )


@given(st.lists(st.text() | WORDS))
def test_normalised_terms_are_few_english_and_distinct(terms: list[str]) -> None:
    kept = normalise(terms)
    assert len(kept) <= 10
    assert len({term.lower() for term in kept}) == len(kept)
    assert all(term.isascii() and any(map(str.isalpha, term)) for term in kept)


def test_terms_of_an_item() -> None:
    slots = {"colour": ("red", "crimson"), "kind": ("lamp",)}
    assert item_terms(Item("a", attributes=slots)) == ("red", "crimson", "lamp")
    assert item_terms(Item("a", attributes={**slots, "terms": ("lamp", "red")})) == ("lamp", "red")
    assert item_terms(Item("a")) == ()
    assert key("Striped Lamps") == key("stripe-lamp") == "stripe lamp"
    assert keys(["Lamps", "lamp", "夏天"]) == {"lamp"}


@given(st.lists(TEXTS, min_size=1, max_size=8), st.lists(TEXTS, max_size=4))
def test_tf_idf_is_scikit_learns(texts: list[str], others: list[str]) -> None:
    module = pytest.importorskip("sklearn.feature_extraction.text")
    theirs = module.TfidfVectorizer(analyzer=content)
    made = TfIdf.of(texts)
    if not made.words:
        assert made.vectors(others).shape == (len(others), 0)
        return
    theirs.fit(texts)
    assert made.words == theirs.vocabulary_
    np.testing.assert_allclose(made.idf, theirs.idf_, atol=1e-12)
    np.testing.assert_allclose(made.vectors(texts).toarray(), theirs.transform(texts).toarray(), atol=1e-12)
    if others:
        np.testing.assert_allclose(made.vectors(others).toarray(), theirs.transform(others).toarray(), atol=1e-12)


def test_rarity_runs_from_nought_to_one() -> None:
    made = TfIdf.of(["red lamp", "red chair", "red lamp"])
    assert made.rarity("red") == 0.0
    assert made.rarity("spaceship") == 1.0
    assert 0 < made.rarity("lamp") < made.rarity("chair") < 1
    assert item_text(Item("a", "Title", "caption", {"colour": ("red",)})) == "Title\ncaption"
    assert item_text(Item("a", attributes={"colour": ("red",)})) == ""
