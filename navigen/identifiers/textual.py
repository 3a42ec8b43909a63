"""Textual codes: the ordered terms of every item, normalised; an item without terms is named by its words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from bench.api import Item
from bench.errors import BenchError
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


def check_terms(label: str, terms: Sequence[Sequence[str]]) -> None:
    """Warn of items that have no terms, for a system that names items by terms alone: those are named alike.

    BenchError if no item has any, since then nothing could be ranked.
    """
    bare = sum(not own for own in terms)
    if bare and bare == len(terms):
        raise BenchError(
            f"{label} names items by terms alone, and none of the {len(terms)} items has any: neither attributes nor "
            "titles and captions hold English words; give the items an attribute 'terms', or take a system that names "
            "them by codes (sft-only, code-ids)"
        )
    if bare:
        logging.getLogger("navibench").warning(
            "%s: %.1f%% of the items have no terms, so they are named alike and tie", label, 100 * bare / len(terms)
        )


def _parts(text: str) -> Iterable[str]:
    for part in PARTS.split(text):
        if len(part) <= LONGEST and len(part.split()) <= 3:
            yield part
        else:
            yield from part.split()
