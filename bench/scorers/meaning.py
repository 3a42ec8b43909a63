"""Instruction scorers by meaning: a sentence encoder's likeness of the text to the target and to the whole catalogue.

The encoder is that of the role "text": MiniLM (all-MiniLM-L6-v2, 384 numbers, the mean of its last states) unless
`scorer.text.name` says otherwise. An item's text is its title and caption. What has no text has no direction: its
cosine to everything is 0. Cosines are rounded to 5 digits, since what was computed beside a text moves the seventh.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from bench.api import Cases, Failure, Instruction
from bench.backbones import make_backbone
from bench.backbones.cache import Remembering
from bench.scorers.instruction_text import Retrieval, recalls, said
from bench.scorers.mismatch import mismatched
from bench.text import item_text

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]
DIGITS = 5
ROLE = "text"


class Similarity:
    """Cosine of the encoder's vectors of the instruction and of the target's title and caption.

    Of several targets the likest counts; targets without text, or outside the catalogue, are not judged.
    """

    higher_is_better: bool | None = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the cosine per case in [-1, 1]; a failure scores 0."""
        return similarities(cases, list(range(len(cases.rows))))


class SimilarityMismatched:
    """Similarity to another user's targets, who is drawn as `bench.scorers.mismatch` says: the control."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the cosine per case in [-1, 1]; None too where no partner can be found."""
        return similarities(cases, partners(cases))


class SimilarityEffect:
    """Similarity to the user's own targets minus that to another user's: what is personal in it.

    Its mean is 0 for an instruction that is the same for everybody; a failure has no effect.
    """

    higher_is_better: bool | None = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the difference per case in [-2, 2]; None where no partner can be found."""
        return differences(Similarity()(cases), SimilarityMismatched()(cases))


class RetrievalMinilm(Retrieval):
    """Instruction retrieval by meaning: rank all items by the encoder's cosine of their title and caption to the text.

    Recall at `k` of the targets, |top-k ∩ targets| / min(k, |targets|), as the expectation over random order of what
    ties: an empty text ties everything and gets k / N. A catalogue without text cannot judge.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None where an example has no target."""
        return found_by_meaning(cases, list(range(len(cases.rows))), self.k)


class RetrievalMinilmMismatched(Retrieval):
    """Retrieval by meaning of another user's targets, who is drawn as `bench.scorers.mismatch` says: the control."""

    @property
    def higher_is_better(self) -> bool | None:
        """Describes."""
        return None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None too where no partner can be found."""
        return found_by_meaning(cases, asked_partners(cases), self.k)


class RetrievalMinilmEffect(Retrieval):
    """Retrieval by meaning of the user's own targets minus that of another user's: what is personal in it."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the difference per case in [-1, 1]; None where no partner can be found."""
        own = found_by_meaning(cases, list(range(len(cases.rows))), self.k)
        return differences(own, found_by_meaning(cases, asked_partners(cases), self.k))


@dataclass(frozen=True, slots=True, eq=False)
class Meanings:
    """Unit vectors, 0 for what has no text: of `items` [items, d], by name in `column`, and of `texts` [cases, d]."""

    column: dict[str, int]
    worded: frozenset[str]
    items: Vectors
    texts: Vectors


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def meanings(cases: Cases) -> Meanings:
    """Return the vectors of a run, remembered while the same `Cases` object is judged; items' are kept on disk."""
    encoder = make_backbone(ROLE, {"name": "minilm", **cases.backbones.get(ROLE, {})})
    names = sorted(cases.train.items)
    worded = [item_text(cases.train.items[name]) for name in names]
    items = directions(worded, Remembering(encoder, "items").embed_texts, 1)
    return Meanings(
        {name: place for place, name in enumerate(names)},
        frozenset(name for name, text in zip(names, worded, strict=True) if text.strip()),
        items,
        directions([said(case) for case in cases.rows], encoder.embed_texts, items.shape[1]),
    )


def directions(texts: Sequence[str], embed: Embed, width: int) -> Vectors:
    """Return unit vectors [texts, d], 0 for blank texts; `width` is d where all are. Equal texts are embedded once."""
    distinct = sorted({text for text in texts if text.strip()})
    if not distinct:
        return np.zeros((len(texts), width), dtype=np.float32)
    found = np.asarray(embed(distinct), dtype=np.float32)
    place = {text: number for number, text in enumerate(distinct)}
    rows = np.zeros((len(texts), found.shape[1]), dtype=np.float32)
    for number, text in enumerate(texts):
        if text in place:
            rows[number] = found[place[text]]
    return rows


def similarities(cases: Cases, against: Sequence[int | None]) -> list[float | None]:
    """Return the best cosine, for every case, to the targets of the case at the place `against` names."""
    told = meanings(cases)
    scores: list[float | None] = []
    for place, (case, other) in enumerate(zip(cases.rows, against, strict=True)):
        targets = [] if other is None else worded_targets(cases, other)
        if not targets or not isinstance(case.answer, Instruction | Failure):
            scores.append(None)
        elif isinstance(case.answer, Failure):
            scores.append(0.0)
        else:
            rows = told.items[[told.column[name] for name in targets]]
            scores.append(round(float((rows @ told.texts[place]).max()), DIGITS))
    return scores


def found_by_meaning(cases: Cases, against: Sequence[int | None], k: int) -> list[float | None]:
    """Return the expected recall at `k`, for every case, of the targets of the case at the place `against` names."""
    told = meanings(cases)
    if not told.worded:
        return [None] * len(cases.rows)

    def likeness(places: Sequence[int]) -> NDArray[np.float64]:
        return np.asarray((told.texts[list(places)] @ told.items.T).astype(np.float64).round(DIGITS))

    return recalls(cases, against, k, likeness)


def worded_targets(cases: Cases, place: int) -> list[str]:
    """Return the targets of a case that have a text, each once."""
    return [name for name in dict.fromkeys(cases.rows[place].example.targets) if name in meanings(cases).worded]


def partners(cases: Cases) -> list[int | None]:
    """Return the mismatched case of every case whose targets have a text."""
    return mismatched(cases, [bool(worded_targets(cases, place)) for place in range(len(cases.rows))])


def asked_partners(cases: Cases) -> list[int | None]:
    """Return the mismatched case of every case that has targets."""
    return mismatched(cases, [bool(case.example.targets) for case in cases.rows])


def differences(own: Sequence[float | None], other: Sequence[float | None]) -> list[float | None]:
    """Return own minus other; None where one of them is."""
    return [None if one is None or two is None else one - two for one, two in zip(own, other, strict=True)]
