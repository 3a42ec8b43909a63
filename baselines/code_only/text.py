"""What is written about every item as a bag of terms or words, weighted by how rare they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from baselines.code_only.chances import Floats
from bench.api import Item
from bench.errors import BenchError, unknown
from bench.terms import SLOT, key
from bench.words import content
from navigen.identifiers.textual import textual_code

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Bags:
    """The bags of all items, one after another.

    `terms`: what the numbers stand for; `numbers` [entries]; `weights` [entries], idf, of length 1 an item; `starts`
    [items], where each bag begins.
    """

    terms: tuple[str, ...]
    numbers: Ints
    weights: Floats
    starts: Ints

    def told(self) -> list[object]:
        """Return the bags, JSON-able, for the key of what is learnt from them."""
        return [self.terms, self.numbers.tolist(), self.starts.tolist()]

    def mean(self, vectors: Floats) -> Floats:
        """Return for every term the weighted mean of the `vectors` [items, width] of the items that have it."""
        sizes = np.diff(np.r_[self.starts, len(self.numbers)])
        total = np.zeros((len(self.terms), vectors.shape[1]))
        np.add.at(total, self.numbers, self.weights[:, None] * np.repeat(vectors, sizes, axis=0))
        return total / np.bincount(self.numbers, self.weights, len(self.terms))[:, None]


def terms_of(item: Item) -> Iterator[str]:
    """Yield the stems of each term of the item's textual code, joined: equal terms are one."""
    yield from map(key, textual_code(item))


def words_of(item: Item) -> Iterator[str]:
    """Yield the stems of the content words of title, caption and terms, and each other attribute as "slot=value"."""
    for text in (item.title, item.caption, *item.attributes.get(SLOT, ())):
        yield from content(text)
    for name, values in sorted(item.attributes.items()):
        if name != SLOT:
            yield from (f"{name}={value}".lower() for value in values)


TEXTS: Mapping[str, Callable[[Item], Iterator[str]]] = {"terms": terms_of, "words": words_of}


def make_bags(items: Sequence[Item], text: str) -> Bags | None:
    """Return the bags of `items`, each term once, by `text`: "terms" or "words"; None for "none".

    A term of a single item tells nothing that its own embedding could not, and is left out.
    """
    if text == "none":
        return None
    if text not in TEXTS:
        raise unknown("text", text, ["none", *TEXTS])
    found = [sorted(set(TEXTS[text](item))) for item in items]
    frequency = Counter(term for row in found for term in row)
    terms = sorted(term for term, count in frequency.items() if count > 1)
    if not terms:
        raise BenchError(f"text={text}: no two items share any; use text=none")
    number = {term: place for place, term in enumerate(terms)}
    rows = [[number[term] for term in row if term in number] for row in found]
    sizes = np.array([len(row) for row in rows])
    numbers = np.array([place for row in rows for place in row], dtype=np.int64)
    weights = np.log(len(items) / np.array([frequency[term] for term in terms]) + 1)[numbers]
    owner = np.repeat(np.arange(len(rows)), sizes)
    lengths = np.sqrt(np.bincount(owner, weights**2, len(rows)))
    return Bags(tuple(terms), numbers, weights / lengths[owner], np.r_[0, sizes.cumsum()[:-1]].astype(np.int64))
