"""Instruction scorers against the target: its terms, the attribute values the text names, and whose target they fit.

Of several targets the one that scores highest counts, for every figure by itself, here and against mismatched targets.
Targets outside the catalogue are not judged; an answer that is no instruction is not either, and a failure scores 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bench.api import Case, Cases, Failure, Instruction, Item
from bench.scorers.mismatch import mismatched
from bench.scorers.naming import Lexicon, each, known_targets, naming
from bench.terms import item_terms, keys
from bench.words import Stems

Figure = Callable[[float, float], float]


def precision(exact: float, _: float) -> float:
    """Return the first of precision and recall."""
    return exact


def recall(_: float, complete: float) -> float:
    """Return the second of precision and recall."""
    return complete


def f1(exact: float, complete: float) -> float:
    """Return the harmonic mean of precision and recall; 0 if both are."""
    return 2 * exact * complete / (exact + complete) if exact + complete else 0.0


class TermF1:
    """Harmonic mean of term precision and recall, as sets after the one normaliser (`bench.terms`).

    Terms are equal if their stems are. An instruction without terms scores 0; a target without terms is not judged.
    """

    higher_is_better: bool | None = True
    figure: Figure = staticmethod(f1)

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the figure per case in [0, 1]."""
        wanted: dict[str, frozenset[str]] = {}

        def terms(item: Item) -> frozenset[str]:
            if item.id not in wanted:
                wanted[item.id] = keys(item_terms(item))
            return wanted[item.id]

        def judge(case: Case, answer: Instruction) -> float | None:
            given = keys(answer.terms)
            targets = [own for item in known_targets(case.example, cases.train.items) if (own := terms(item))]
            shares = [(len(given & own) / max(1, len(given)), len(given & own) / len(own)) for own in targets]
            return max((self.figure(*share) for share in shares), default=None)

        return each(cases, judge, failure=0.0)


class TermPrecision(TermF1):
    """Share of the instruction's terms that are the target's."""

    figure = staticmethod(precision)


class TermRecall(TermF1):
    """Share of the target's terms that the instruction gives."""

    figure = staticmethod(recall)


class AttributeF1:
    """Harmonic mean of attribute precision and recall of what the text names (`bench.scorers.naming`).

    Precision is over the distinct values the text names: those that are the target's / all. A value of another slot,
    or another value of the target's slot, is wrong, so listing every word of the catalogue earns next to nothing.
    Recall is over the target's slots. A text that names nothing scores 0; a target without attributes is not judged.
    """

    higher_is_better: bool | None = True
    figure: Figure = staticmethod(f1)

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the figure per case in [0, 1]."""
        return attribute_scores(cases, range(len(cases.rows)), self.figure)


class AttributePrecision(AttributeF1):
    """Share of the values the text names that are the target's."""

    figure = staticmethod(precision)


class AttributeRecall(AttributeF1):
    """Share of the target's slots whose value the text names."""

    figure = staticmethod(recall)


class AttributeF1Mismatched:
    """Attribute F1 against another user's targets, who is drawn as `bench.scorers.mismatch` says: the control."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return F1 per case in [0, 1]; None too where no partner can be found."""
        return attribute_scores(cases, partners(cases), f1)


class PersonalEffect:
    """Attribute F1 against the user's own targets minus that against another user's: what is personal in it.

    Its mean is 0 for an instruction that is the same for everybody, however good; a failure has no effect.
    """

    higher_is_better: bool | None = True

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the difference per case in [-1, 1]; None where no partner can be found."""
        own = attribute_scores(cases, range(len(cases.rows)), f1)
        other = attribute_scores(cases, partners(cases), f1)
        return [None if one is None or two is None else one - two for one, two in zip(own, other, strict=True)]


def partners(cases: Cases) -> list[int | None]:
    """Return the mismatched case of every case whose targets have attributes."""
    return mismatched(cases, [bool(wanted(case, naming(cases).lexicon)) for case in cases.rows])


def wanted(case: Case, lexicon: Lexicon) -> list[frozenset[int]]:
    """Return the values of every target that has any, as columns of the lexicon."""
    known = (lexicon.items.get(name) for name in dict.fromkeys(case.example.targets))
    return [own for own in known if own]


def attribute_scores(cases: Cases, against: Sequence[int | None], figure: Figure) -> list[float | None]:
    """Return the attribute figure of every case against the targets of the case at the place `against` names."""
    read = naming(cases)
    scores: list[float | None] = []
    for case, named, place in zip(cases.rows, read.named, against, strict=True):
        targets = [] if place is None else wanted(cases.rows[place], read.lexicon)
        if named is None:
            scores.append(0.0 if targets and isinstance(case.answer, Failure) else None)
        else:
            shares = (compare(named, target, read.lexicon) for target in targets)
            scores.append(max((figure(*share) for share in shares), default=None))
    return scores


def compare(named: frozenset[Stems], target: frozenset[int], lexicon: Lexicon) -> tuple[float, float]:
    """Return precision over the values the phrases name and recall over the target's slots."""
    right: set[int] = set()
    wrong: set[int] = set()
    for phrase in named:
        readings = lexicon.readings[phrase]
        own = target.intersection(readings)
        right |= own
        if not own:
            wrong.add(readings[0])
    if not right:
        return 0.0, 0.0
    return len(right) / (len(right) + len(wrong)), len(lexicon.slots(right)) / len(lexicon.slots(target))
