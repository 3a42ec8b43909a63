"""The one normaliser of terms (textual identifiers), and the terms of an item.

`Item.attributes` maps a slot ("colour") to the accepted wordings of its value ("red", "crimson", "scarlet"), the usual
one first, or to several values (tags). The key "terms" is no slot: it holds the item's ordered textual terms ("lamp",
"kitchen", "red"), most essential first. Where it is absent, the terms are the attribute values flattened in order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from bench.api import Item
from bench.words import stems

SLOT = "terms"  # the key of `Item.attributes` that holds ordered terms
MOST = 10

_WRAPPING = "()[]{}<>\"'`\u2018\u2019\u201c\u201d\u00ab\u00bb\u2039\u203a\u300c\u300d\u300e\u300f\u3010\u3011"
_ENGLISH = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9][A-Za-z0-9\s&+/\-,'().]*")


def clean(term: object) -> str:
    """Return one term without what wraps it, in this order, each step once.

    Blanks at the ends; brackets, quotes and backticks at the ends; whitespace runs become one blank; blanks, commas,
    semicolons and pipes at the ends.
    """
    bare = str(term).strip().strip(_WRAPPING)
    return " ".join(bare.split()).strip(" ,;|")


def is_english(term: str) -> bool:
    """Return whether a cleaned term starts with an ASCII letter or digit, holds a letter, and no other signs.

    Allowed are ASCII letters, digits, whitespace and & + / - , ' ( ) . : "3D" passes, "123" and "café" do not.
    """
    return _ENGLISH.fullmatch(term) is not None


def normalise(terms: Iterable[object], most: int = MOST) -> tuple[str, ...]:
    """Return the first `most` terms: cleaned, English, and each once whatever its case, in its first spelling."""
    kept: dict[str, str] = {}
    for term in map(clean, terms):
        if is_english(term):
            kept.setdefault(term.lower(), term)
    return tuple(kept.values())[:most]


def item_terms(item: Item) -> tuple[str, ...]:
    """Return the normalised terms of an item: its attribute "terms", or else all attribute values in order."""
    if SLOT in item.attributes:
        return normalise(item.attributes[SLOT])
    return normalise(value for values in item.attributes.values() for value in values)


@lru_cache(maxsize=2**17)
def key(term: str) -> str:
    """Return what two terms share if they are the same: their stems, joined ("Striped Lamp" is "stripe lamp")."""
    return " ".join(stems(term))


def keys(terms: Iterable[object]) -> frozenset[str]:
    """Return normalised terms as a set to compare."""
    return frozenset(map(key, normalise(terms)))
