"""Terms of items that have none, written by a teacher from title and caption.

Departure from the released code: what is no JSON object of terms is asked for again and then is a failure. Released:
prose is cut at commas, so that a refusal becomes terms, and a caption stands in for terms that could not be had.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bench.api import Failure, Item
from bench.terms import item_terms
from bench.text import item_text
from navigen.prompt import compact
from navigen.teacher.asking import face, make_ask, seen
from navigen.teacher.protocol import Desk
from navigen.teacher.reading import read_terms

Terms = tuple[str, ...]


def lacking(items: Sequence[Item]) -> list[Item]:
    """Return the items that have a text and no terms, each once, by id."""
    found = {item.id: item for item in items if not item_terms(item) and item_text(item)}
    return [found[name] for name in sorted(found)]


def teach_terms(items: Sequence[Item], desk: Desk, seed: int = 0) -> Mapping[str, Terms | Failure]:
    """Return item id -> terms: its own, or a teacher's; an item without any text is a Failure, unasked."""
    asked = lacking(items)
    asks = []
    for item in asked:
        facts = {"item": face(item)}
        asks.append(make_ask("terms", item.id, seed, facts, {"item": compact(seen(facts["item"]))}))
    replies = desk.ask(asks, lambda _, text: read_terms(text)) if asks else []
    written = {item.id: reply for item, reply in zip(asked, replies, strict=True)}
    nothing = Failure("the item has neither terms nor a text to read them from")
    return {item.id: item_terms(item) or written.get(item.id, nothing) for item in items}
