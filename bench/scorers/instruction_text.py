"""Instruction scorers that read the text against the whole catalogue: retrieval, specificity, layers, leak, length."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.api import Case, Cases, Failure, Instruction, Item
from bench.errors import BenchError
from bench.scorers.layers import LEXICON, SLOTS
from bench.scorers.mismatch import mismatched
from bench.scorers.naming import each, known_targets, naming
from bench.text import DIGITS, TfIdf, item_text
from bench.words import STOP, Phrases, Stems, contains, content, stems, tokens

BLOCK = 256  # instructions scored at a time

Likeness = Callable[[Sequence[int]], NDArray[np.float64]]


@dataclass(frozen=True)
class Retrieval:
    """Instruction retrieval: rank all items by tf-idf cosine of their title and caption to the text.

    Recall at `k` of the targets, |top-k ∩ targets| / min(k, |targets|), as the expectation over random order of what
    ties: a text without a known word ties everything and gets k / N. Attributes are not read, and `Query.exclude` is
    no matter here. A catalogue without text cannot judge.
    """

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BenchError(f"{type(self).__name__}: k is {self.k}; expected at least 1")

    @property
    def higher_is_better(self) -> bool | None:
        """More is better."""
        return True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None where an example has no target."""
        return retrieved(cases, list(range(len(cases.rows))), self.k)


class RetrievalMismatched(Retrieval):
    """Instruction retrieval of another user's targets, who is drawn as `bench.scorers.mismatch` says: the control."""

    @property
    def higher_is_better(self) -> bool | None:
        """Describes."""
        return None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None too where no partner can be found."""
        return retrieved(cases, mismatched(cases, [bool(case.example.targets) for case in cases.rows]), self.k)


class Specificity:
    """Mean inverse document frequency of the distinct content words, ln((1 + N) / (1 + df)) / ln(1 + N), in [0, 1].

    Documents are the titles and captions of the catalogue's N items. A word that no item has scores 1, so strange
    words are specific too: the figure describes, and is no goal. A text without content words scores 0; a catalogue
    without text cannot judge.
    """

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return specificity per case in [0, 1]."""
        texts = catalogue_text(cases)

        def judge(_: Case, answer: Instruction) -> float | None:
            words = sorted(set(content(answer.text)))
            rarity = [texts.rarity(word) for word in words]
            return (sum(rarity) / len(rarity) if rarity else 0.0) if texts.words else None

        return each(cases, judge)


class Layers:
    """Share of the six layers (subject, scene, style, composition, light, motion) that the text has a word of.

    The words are those of `bench.scorers.layers`: general English ones and the wordings of the catalogue's slots that
    are named like a layer; a catalogue without such slots is judged by the general words alone.
    """

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the share per case in [0, 1]."""
        meaning: dict[Stems, set[str]] = {}
        for layer, words in LEXICON.items():
            for phrase in words.split(","):
                meaning.setdefault(stems(phrase), set()).add(layer)
        of_slot = {slot: layer for layer, slots in SLOTS.items() for slot in slots}
        for slot, wordings in naming(cases).lexicon.values:
            for wording in wordings if slot in of_slot else ():
                meaning.setdefault(stems(wording), set()).add(of_slot[slot])
        phrases = Phrases(meaning)

        def judge(_: Case, answer: Instruction) -> float:
            found = phrases.find(stems(answer.text))
            return len(set().union(*(meaning[phrase] for phrase in found))) / len(LEXICON)

        return each(cases, judge)


class Leak:
    """1 if the text names a target outright, else 0: its whole title, or a word that no other title has.

    Whole words only, by their stems. Stop words, numbers and words of any attribute's wording are in no title
    distinctive: they describe. None where no target has a title.
    """

    higher_is_better: bool | None = False

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return 0 or 1 per case."""
        items = cases.train.items
        titles = {name: stems(item.title) for name, item in items.items()}
        common = Counter(word for title in titles.values() for word in set(title))
        described = {word for phrase in naming(cases).lexicon.readings for word in phrase}
        plain = described | set(map(stop_stem, STOP))

        def names(text: Stems, item: Item) -> bool:
            own = {word for word in titles[item.id] if common[word] == 1 and not word.isdigit()} - plain
            return not own.isdisjoint(text) or contains(text, titles[item.id])

        def judge(case: Case, answer: Instruction) -> float | None:
            text = stems(answer.text)
            titled = [item for item in known_targets(case.example, items) if titles[item.id]]
            return float(any(names(text, item) for item in titled)) if titled else None

        return each(cases, judge)


class Words:
    """Length of the text in words."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the number of words per case."""
        return each(cases, lambda _, answer: float(len(tokens(answer.text))))


def stop_stem(word: str) -> str:
    """Return the stem of a stop word."""
    return stems(word)[0]


@lru_cache(maxsize=1)
def catalogue_text(cases: Cases) -> TfIdf:
    """Return the words of the catalogue's titles and captions, remembered while the same `Cases` object is judged."""
    items = cases.train.items
    return TfIdf.of(item_text(items[name]) for name in sorted(items))


def retrieved(cases: Cases, against: Sequence[int | None], k: int) -> list[float | None]:
    """Return the expected recall at `k`, for every case, of the targets of the case at the place `against` names."""
    texts = catalogue_text(cases)
    if not texts.words:
        return [None] * len(cases.rows)
    items = cases.train.items
    documents = texts.vectors([item_text(items[name]) for name in sorted(items)]).T.tocsr()

    def likeness(places: Sequence[int]) -> NDArray[np.float64]:
        found = texts.vectors([said(cases.rows[place]) for place in places]) @ documents
        return np.asarray(found.toarray().round(DIGITS), dtype=np.float64)

    return recalls(cases, against, k, likeness)


def recalls(cases: Cases, against: Sequence[int | None], k: int, likeness: Likeness) -> list[float | None]:
    """Return the expected recall at `k`, for every case, of the targets of the case at the place `against` names.

    `likeness` of the places of n cases is [n, items] with the items in the order of their names. A failure scores 0.
    """
    column = {name: place for place, name in enumerate(sorted(cases.train.items))}
    scores: list[float | None] = [None] * len(cases.rows)
    asked: list[tuple[int, list[str]]] = []  # place of the case, targets
    for place, (case, other) in enumerate(zip(cases.rows, against, strict=True)):
        targets = [] if other is None else list(dict.fromkeys(cases.rows[other].example.targets))
        if targets and isinstance(case.answer, Failure):
            scores[place] = 0.0
        elif targets and isinstance(case.answer, Instruction):
            asked.append((place, targets))
    for start in range(0, len(asked), BLOCK):
        block = asked[start : start + BLOCK]
        for row, (place, targets) in zip(likeness([place for place, _ in block]), block, strict=True):
            known = [column[name] for name in targets if name in column]
            scores[place] = expected_hits(row, known, k) / min(k, len(targets))
    return scores


def said(case: Case) -> str:
    """Return the text of a case's instruction; "" if it has none."""
    return case.answer.text if isinstance(case.answer, Instruction) else ""


def expected_hits(row: NDArray[np.float64], columns: Sequence[int], k: int) -> float:
    """Return how many of the columns are among the first k of a row of scores, in expectation over random ties."""
    total = 0.0
    for column in columns:
        ahead, tied = int((row > row[column]).sum()), int((row == row[column]).sum())
        total += min(max(k - ahead, 0), tied) / tied
    return total
