"""Texts as tf-idf vectors: what instruction retrieval and the text baseline compare items by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Item
from bench.words import content

Floats = NDArray[np.float64]

# Cosines of equal texts can differ in the last digit; rounding makes them tie.
DIGITS = 9


def item_text(item: Item) -> str:
    """Return an item's title and caption, without its attributes; "" where it has neither."""
    return "\n".join(part for part in (item.title, item.caption) if part)


@dataclass(frozen=True, eq=False)
class TfIdf:
    """The words of a collection of documents and how much each tells.

    A document is its content words (`bench.words.content`). tf is the raw count, idf = ln((1 + N) / (1 + df)) + 1,
    vectors have length 1: the defaults of scikit-learn's TfidfVectorizer, which is the oracle of the tests.
    """

    words: dict[str, int] = field(repr=False)  # stem -> column
    found: NDArray[np.int64] = field(repr=False)  # [words] in how many documents
    documents: int

    @classmethod
    def of(cls, texts: Iterable[str]) -> TfIdf:
        """Return the words of `texts`; the order of texts changes nothing."""
        found: Counter[str] = Counter()
        documents = 0
        for text in texts:
            found.update(set(content(text)))
            documents += 1
        words = sorted(found)
        counts = np.array([found[word] for word in words], dtype=np.int64)
        return cls({word: column for column, word in enumerate(words)}, counts, documents)

    @property
    def idf(self) -> Floats:
        """Smoothed inverse document frequency in nats, plus 1 [words]."""
        return np.asarray(np.log((1 + self.documents) / (1 + self.found)) + 1, dtype=np.float64)

    def rarity(self, word: str) -> float:
        """Return a stem's smoothed idf over its maximum: 1 for a word in no document, 0 for one in all."""
        column = self.words.get(word)
        count = 0 if column is None else int(self.found[column])
        top = np.log1p(self.documents)
        return float(np.log((1 + self.documents) / (1 + count)) / top) if self.documents else 1.0

    def vectors(self, texts: Sequence[str]) -> Any:
        """Return the sparse matrix [texts, words]; words outside the collection are skipped, empty rows are 0."""
        from scipy.sparse import csr_array

        offsets, columns, values = [0], [], []
        for text in texts:
            counted = Counter(self.words[word] for word in content(text) if word in self.words)
            row = sorted(counted.items())
            columns.extend([column for column, _ in row])
            values.extend([count for _, count in row])
            offsets.append(len(columns))
        at, starts = np.array(columns, dtype=np.int64), np.array(offsets, dtype=np.int64)
        data = np.array(values, dtype=np.float64) * self.idf[at]
        row_of = np.repeat(np.arange(len(texts)), np.diff(starts))
        length = np.sqrt(np.bincount(row_of, data**2, minlength=len(texts)))
        return csr_array((data / length[row_of], at, starts), shape=(len(texts), len(self.words)))
