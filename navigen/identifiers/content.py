"""Item vectors from what is written about the items: tf-idf of their words and attributes, reduced by SVD."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from bench.api import Item
from bench.errors import BenchError
from navigen.identifiers.reduce import Floats, normalise, truncated_svd

WORD = re.compile(r"[^\W_]+", re.UNICODE)


def words_of(item: Item) -> Iterator[str]:
    """Yield the lower-cased words of title and caption, and every attribute as one word of its own."""
    for text in (item.title, item.caption):
        yield from WORD.findall(text.lower())
    for name, values in sorted(item.attributes.items()):
        yield from (f"{name}={value}".lower() for value in values)


def text_of(item: Item) -> str:
    """Return what a sentence encoder reads about an item."""
    values = [", ".join(values) for _, values in sorted(item.attributes.items())]
    return ". ".join(part for part in (item.title, item.caption, *values) if part)


def content_vectors(items: Sequence[Item], width: int, rng: np.random.Generator) -> Floats:
    """Return item vectors [items, width] of length 1 from tf-idf, (1 + log tf) * log(items / df).

    Words of a single item say nothing about likeness and are left out; an item without any other has the vector 0.
    """
    from scipy.sparse import csr_array

    counts = [Counter(words_of(item)) for item in items]
    frequency = Counter(word for row in counts for word in row)
    column = {word: place for place, word in enumerate(sorted(word for word, n in frequency.items() if n > 1))}
    if not column:
        raise BenchError("content: no two items share a word or attribute; use behaviour or random codes")
    cells = [
        (row, column[word], (1 + np.log(n)) * np.log(len(items) / frequency[word]))
        for row, words in enumerate(counts)
        for word, n in sorted(words.items())
        if word in column
    ]
    rows, columns, values = (np.array(part) for part in zip(*cells, strict=True))
    matrix = csr_array((values, (rows, columns)), shape=(len(items), len(column)))
    lengths = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    matrix = matrix.multiply(1 / np.where(lengths > 0, lengths, 1.0)[:, None]).tocsr()
    vectors, scale = truncated_svd(matrix, width, rng)
    return normalise(vectors * scale)
