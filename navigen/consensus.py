"""The terms that a policy's own ranking agrees on: what is likely of the next item, not what its likeliest item has.

Departure from the released method, where the terms of an instruction are written freely and nothing ties them to the
predicted code. A greedy answer names the mode of a joint distribution, which may be right in every part at once and
seldom is; a term's share among all items, weighted by their probability, is what its chance to be right is.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bench.api import Answer, Failure, Instruction, Kind
from bench.terms import MOST, key
from navigen.corpus import compose
from navigen.prompt import Written

NONE_AGREED = "the answer has no terms: no item that the ranking found likely has any"


class Consensus:
    """Terms of a catalogue as a table [items, terms]."""

    def __init__(self, terms: Sequence[Sequence[str]]) -> None:
        """Number the terms; those that are the same after normalisation are one, in its first spelling."""
        self.spelling: dict[str, str] = {}
        for own in terms:
            for term in own:
                self.spelling.setdefault(key(term), term)
        place = {name: number for number, name in enumerate(self.spelling)}
        self.holds = np.zeros((len(terms), len(place)), dtype=np.float32)
        first = np.zeros(len(place))
        for item, own in enumerate(terms):
            for position, term in enumerate(own):
                self.holds[item, place[key(term)]] = 1
                first[place[key(term)]] += position
        counts = np.maximum(self.holds.sum(axis=0), 1)
        self.position = first / counts  # where a term usually stands: most essential first
        sizes = [len(own) for own in terms if own]
        self.usual = min(MOST, round(sum(sizes) / len(sizes))) if sizes else 0

    def terms(self, log_p: NDArray[np.float32]) -> list[tuple[str, ...]]:
        """Return for every row of log p [queries, items] as many of the likeliest terms as an item usually has.

        None where no item that the row gives a chance has any.
        """
        with np.errstate(invalid="ignore"):
            share = np.exp(log_p.astype(np.float64) - log_p.max(axis=1, keepdims=True)) @ self.holds
        spelling = list(self.spelling.values())
        found: list[tuple[str, ...]] = []
        for row in share.round(9):
            if not row.max(initial=0.0) > 0:  # a row that reached no item is not a number
                found.append(())
                continue
            chosen = np.lexsort((self.position, -row))[: self.usual]
            found.append(tuple(spelling[number] for number in sorted(chosen.tolist(), key=self.position.__getitem__)))
        return found

    def instruct(self, log_p: NDArray[np.float32], kind: Kind) -> list[Answer]:
        """Return for every row of log p [queries, items] an instruction composed of the terms that it agrees on."""
        return [
            Instruction(compose(Written(terms=terms), kind), terms) if terms else Failure(NONE_AGREED)
            for terms in self.terms(log_p)
        ]
