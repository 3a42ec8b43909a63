"""What an instruction earns: the triangle of itself, the terms it was written on and the target's, and its quality.

Departures from the released code:
1. A judge that fails judges nothing (None), and a failure is never kept; released it is a score of 0.1, kept for good.
2. Naming is paid for or punished, not both: released, supervision punishes an instruction that names its target, and
   the heuristic reward then pays for naming. Here `conceal` says what must not be named. By default that is the title;
   naming single terms earns, and `conceal="terms"` is refused with a judge that counts named terms.
3. Terms are found as whole words in any inflection ("art" is not in "party"; "stripes" is "striped") and compared after
   normalising; released as substrings and as they stand. The heuristic of the release is `lexical="released"`.
4. Quality (ours): length alone earns nothing, repeated words cost, and so does motion in a picture: where only further
   words earned, policies learnt to end every picture with a camera's move, which spoils it.
5. Where one half of the score is switched off, the other is the whole of it.
6. `contrast` (ours, off by default) takes off the edges to the target what would suit just anybody
   (`navigen.rewards.usual`); such an edge may be below 0.
All three edges reward one another: own terms copied into the instruction raise the edge between the two. So the edges
are told apart in `Parts`, and only those to the target say whether the user was understood.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Protocol

from bench.terms import keys
from bench.words import Stems, contains, stems

CONCEAL = ("title", "terms", "off")


@dataclass(frozen=True, slots=True)
class Told:
    """What is judged: an instruction, the terms written with it (None: the policy writes none), the target's terms.

    `kind`: what is to be made of it, "image" or "video"; "" where nobody said.
    """

    instruction: str
    own: tuple[str, ...] | None
    target: tuple[str, ...]
    picture: Path | None = None
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Edges:
    """How well each two of instruction, own terms and target's terms agree, in [0, 1]; None: no own terms are asked."""

    instruction_target: float
    instruction_own: float | None = None
    own_target: float | None = None

    @property
    def mean(self) -> float:
        """The mean of the edges that exist."""
        found = [value for value in astuple(self) if value is not None]
        return float(sum(found) / len(found))


@dataclass(frozen=True, slots=True)
class Quality:
    """How good an instruction is by itself, each in [0, 1]."""

    specificity: float
    creativity: float
    content: float
    visual: float

    @property
    def mean(self) -> float:
        """The mean of the four."""
        return float(sum(astuple(self)) / 4)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says of an instruction."""

    edges: Edges
    quality: Quality


class Judge(Protocol):
    """Judges instructions; what it cannot judge is None, and nothing is remembered of it."""

    def judge(self, told: Sequence[Told]) -> list[Verdict | None]:
        """Return a verdict an instruction, in order; neighbours change nothing."""


def combine(verdict: Verdict, quality: float, consistency: float) -> float:
    """Return the weighted mean of quality and triangle, in [0, 1]; a weight of 0 switches its half off."""
    return (quality * verdict.quality.mean + consistency * verdict.edges.mean) / (quality + consistency)


def leak(instruction: str, title: str, terms: Sequence[str], conceal: str) -> float:
    """Return how far an instruction names what it must not, in [0, 1]: the title (0 or 1), or the share of terms."""
    if conceal == "off":
        return 0.0
    words = stems(instruction)
    if conceal == "title":
        return float(contains(words, stems(title)))
    return named_share(words, keys(terms))


def named_share(words: Stems, sought: frozenset[str]) -> float:
    """Return the share of terms, given by their keys, that stand among words given as stems; 0 of no terms."""
    text = f" {' '.join(words)} "
    return sum(f" {one} " in text for one in sought if one) / len(sought) if sought else 0.0


def agreement(one: frozenset[str], two: frozenset[str]) -> float:
    """Return the F1 of two sets of terms, given by their keys; 0 if both are empty."""
    return 2 * len(one & two) / (len(one) + len(two)) if one or two else 0.0
