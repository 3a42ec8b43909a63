"""What instructions name: the attribute values of a catalogue, and which of them stand in a text.

A value is a slot with its tuple of wordings ("colour": "red", "crimson", "scarlet"); any wording names it. A wording of
several values is ambiguous: it is read as one of the target's if any of its values is, else as the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bench.api import Answer, Case, Cases, Example, Failure, Instruction, Item
from bench.terms import SLOT
from bench.words import Phrases, Stems, stems

Value = tuple[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, eq=False)
class Lexicon:
    """The values of a catalogue: which phrases name which of them, as columns of `values`, and where items have them.

    Values without a wording that is a word are left out.
    """

    values: tuple[Value, ...]
    readings: Mapping[Stems, tuple[int, ...]]
    items: Mapping[str, frozenset[int]]
    phrases: Phrases

    @classmethod
    def of(cls, items: Iterable[Item]) -> Lexicon:
        """Return the values of a catalogue, sorted; its order changes nothing."""
        listed = {item.id: values_of(item) for item in items}
        values = tuple(sorted({value for own in listed.values() for value in own}))
        readings: dict[Stems, list[int]] = {}
        for column, (_, wordings) in enumerate(values):
            for phrase in sorted({stems(wording) for wording in wordings} - {()}):
                readings.setdefault(phrase, []).append(column)
        index = {value: column for column, value in enumerate(values)}
        owners = {name: frozenset(index[value] for value in own) for name, own in listed.items()}
        return cls(values, {phrase: tuple(columns) for phrase, columns in readings.items()}, owners, Phrases(readings))

    def slots(self, columns: Iterable[int]) -> set[str]:
        """Return the slots of some values."""
        return {self.values[column][0] for column in columns}


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """A lexicon and, for every case, the distinct phrases its instruction names (None: no instruction)."""

    lexicon: Lexicon
    named: tuple[frozenset[Stems] | None, ...]


def values_of(item: Item) -> set[Value]:
    """Return the attribute values of an item that have a wording; its terms are no attribute."""
    return {
        (slot, tuple(wordings))
        for slot, wordings in item.attributes.items()
        if slot != SLOT and any(map(stems, wordings))
    }


# One run is judged by all its scorers before the next begins, so remembering the last one is enough.
@lru_cache(maxsize=1)
def naming(cases: Cases) -> Naming:
    """Return what the instructions of a run name, remembered while the same `Cases` object is judged."""
    lexicon = Lexicon.of(cases.train.items.values())
    found = (words_of(case.answer) for case in cases.rows)
    named = tuple(None if words is None else frozenset(lexicon.phrases.find(words)) for words in found)
    return Naming(lexicon, named)


def words_of(answer: Answer) -> Stems | None:
    """Return the stems of an instruction's text; None for another answer."""
    return stems(answer.text) if isinstance(answer, Instruction) else None


def known_targets(example: Example, items: Mapping[str, Item]) -> list[Item]:
    """Return the targets of an example that are in the catalogue, each once."""
    return [items[name] for name in dict.fromkeys(example.targets) if name in items]


def each(
    cases: Cases, judge: Callable[[Case, Instruction], float | None], failure: float | None = None
) -> list[float | None]:
    """Return `judge` of every case with an instruction, `failure` for a Failure, None for what is no instruction."""
    scores: list[float | None] = []
    for case in cases.rows:
        if isinstance(case.answer, Instruction):
            scores.append(judge(case, case.answer))
        else:
            scores.append(failure if isinstance(case.answer, Failure) else None)
    return scores
