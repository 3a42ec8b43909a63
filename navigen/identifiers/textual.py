"""Textual codes: the ordered terms of every item, normalised; an item without terms is named by its words."""

from __future__ import annotations

import re
from collections.abc import Iterable

from bench.api import Item
from bench.terms import item_terms, normalise

PARTS = re.compile(r"[,;:|/()\[\]]|\s[-–]\s|#")
LONGEST = 40  # characters of a part that can pass as one term


def textual_code(item: Item) -> tuple[str, ...]:
    """Return at most ten terms: the item's own, or else the parts of its title, or else the words of its caption.

    A title that is one long part is cut into words: as one term it would say nothing that other items share.
    """
    if found := item_terms(item):
        return found
    for text in (item.title, item.caption):
        if found := normalise(_parts(text)):
            return found
    return ()


def _parts(text: str) -> Iterable[str]:
    for part in PARTS.split(text):
        if len(part) <= LONGEST and len(part.split()) <= 3:
            yield part
        else:
            yield from part.split()
