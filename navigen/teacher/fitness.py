"""How good a draft is: the judge's four scores weighed, and what it costs to name what is to be concealed.

Departures from the released code, which `conceal="released"` keeps:
1. Released: a draft names the target if any of its terms stands in it as letters, so "art" is found inside "party".
   Here whole words count, in all their forms (`bench.words`), and what is concealed can be chosen.
2. By default (`title`) only the title is concealed. An instruction from which a picture is made has to say what is to
   be seen, and the terms say that.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bench.api import Item
from bench.errors import unknown
from bench.terms import SLOT
from bench.words import STOP, contains, stems
from navigen.teacher.sample import CONCEAL

CRITERIA = ("consistency", "novelty", "aesthetic", "executability")
WEIGHTS = (0.35, 0.20, 0.25, 0.20)
LOW, LOW_COST = 5.0, 1.0  # consistency or executability below this costs that much
NAMED_CONSISTENCY, NAMED_EXECUTABILITY, NAMED_COST = 2.5, 2.0, 0.5
RUN = 4  # so many words of a title in a row quote it
SHORTEST = 2  # letters of a term that the released rule looks for


@dataclass(frozen=True, slots=True)
class Scores:
    """A judge's scores, each in [0, 10]."""

    consistency: float
    novelty: float
    aesthetic: float
    executability: float

    def values(self) -> tuple[float, float, float, float]:
        """Return the scores in the order of CRITERIA."""
        return (self.consistency, self.novelty, self.aesthetic, self.executability)


@dataclass(frozen=True, slots=True)
class Marks:
    """Scores after penalties, what was named (() if nothing was), and the fitness, which is not clamped."""

    scores: Scores
    named: tuple[str, ...]
    fitness: float


def average(scores: Sequence[Scores]) -> Scores:
    """Return the mean of some scores, criterion by criterion."""
    columns = zip(*(one.values() for one in scores), strict=True)
    return Scores(*(sum(column) / len(scores) for column in columns))


def overall(scores: Scores) -> float:
    """Return the weighed sum of the scores, less 1 where consistency or executability is low."""
    total = sum(weight * value for weight, value in zip(WEIGHTS, scores.values(), strict=True))
    return total - LOW_COST if min(scores.consistency, scores.executability) < LOW else total


def mark(scores: Scores, named: Sequence[str]) -> Marks:
    """Return the marks of a draft that names `named`: any name costs the same."""
    if not named:
        return Marks(scores, (), overall(scores))
    less = replace(
        scores,
        consistency=max(0.0, scores.consistency - NAMED_CONSISTENCY),
        executability=max(0.0, scores.executability - NAMED_EXECUTABILITY),
    )
    return Marks(less, tuple(named), overall(less) - NAMED_COST)


def find_named(text: str, target: Item, terms: Sequence[str], conceal: str) -> tuple[str, ...]:
    """Return what a text names of what is concealed.

    title: the whole title, four of its words in a row, or a proper name in it. terms: the same, and any term of the
    target. released: any term of two or more letters, wherever its letters stand. off: nothing.
    """
    if conceal not in CONCEAL:
        raise unknown("teaching.conceal", conceal, CONCEAL)
    if conceal == "released":
        low = text.lower()
        return tuple(term for term in terms if len(term) >= SHORTEST and term.lower() in low)
    if conceal == "off":
        return ()
    words = stems(text)
    found = _quoted(words, target, terms)
    if conceal == "terms":
        found += [term for term in terms if contains(words, stems(term))]
    return tuple(dict.fromkeys(found))


def find_terms(text: str, terms: Sequence[str]) -> tuple[str, ...]:
    """Return the terms that stand in a text as whole words, in any form."""
    words = stems(text)
    return tuple(term for term in terms if contains(words, stems(term)))


def _quoted(words: Sequence[str], target: Item, terms: Sequence[str]) -> list[str]:
    title = stems(target.title)
    if not title:
        return []
    size = min(RUN, len(title))
    runs = [title[place : place + size] for place in range(len(title) - size + 1)]
    if any(contains(words, run) for run in runs):
        return [target.title]
    large = [name for name in _large(target.title) if contains(words, stems(name))]
    return _names(large, target, terms) if large else []


def _large(title: str) -> list[str]:
    """Return the words of a title that are written large, if not all are: a title in capitals tells no names."""
    shown = [word for word in re.findall(r"\w+", title) if word.lower() not in STOP]
    large = [word for word in shown if word[0].isupper()]
    return large if len(large) < len(shown) else []


def _names(large: Sequence[str], target: Item, terms: Sequence[str]) -> list[str]:
    """Return the words that are proper names: nothing else that is said of the item uses them."""
    wordings = [word for slot, values in target.attributes.items() if slot != SLOT for word in values]
    common = set(stems(" ".join([target.caption, *terms, *wordings])))
    return [word for word in large if not common.intersection(stems(word))]
