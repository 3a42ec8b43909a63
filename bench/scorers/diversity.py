"""How different the instructions of a run are from each other: figures that only the whole run has."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from bench.api import Cases, Instruction
from bench.rng import hash_order
from bench.words import tokens

Gram = tuple[str, ...]
ORDERS = (1, 2, 3, 4)
SAMPLE = 200  # instructions that self-BLEU compares, each with all others
NEVER = 0.1  # what a precision of no match counts instead of 0, over its number of n-grams


class Distinct2:
    """Distinct pairs of neighbouring words / all of them, over all instructions (Li et al. 2016, 1510.03055)."""

    higher_is_better: bool | None = True

    def measure(self, cases: Cases) -> float:
        """Return the share in [0, 1]; 0 where no instruction has two words."""
        pairs = Counter(
            pair
            for case in cases.rows
            if isinstance(case.answer, Instruction)
            for pair in grams(tokens(case.answer.text), 2)
        )
        return len(pairs) / pairs.total() if pairs else 0.0


class SelfBleu:
    """Mean BLEU-4 of an instruction against those of all other users as references (Zhu et al. 2018, 1802.01886).

    One instruction a user, at most 200 users, both chosen by a hash. Clipped n-gram precisions, n = 1 to 4, in a
    geometric mean, a precision without a match counting 0.1 / its n-grams (method 1 of Chen & Cherry 2014), times the
    brevity penalty to the reference nearest in length. Low is user-specific; fewer than two instructions give 0.
    """

    higher_is_better: bool | None = False

    def measure(self, cases: Cases) -> float:
        """Return the mean in [0, 1]."""
        texts = sampled(cases)
        if len(texts) < 2:
            return 0.0
        scores = [0.0] * len(texts)
        for order in ORDERS:
            counts = [Counter(grams(words, order)) for words in texts]
            for place, precision in enumerate(clipped(counts)):
                scores[place] += math.log(precision) / len(ORDERS)
        lengths = Counter(map(len, texts))
        bleu = [math.exp(score + brevity(len(words), lengths)) for score, words in zip(scores, texts, strict=True)]
        return math.fsum(bleu) / len(bleu)


def sampled(cases: Cases) -> list[list[str]]:
    """Return the words of one instruction a user that has any, for the first users by hash."""
    said = {
        case.example.query.id: (case.example.query.user, words)
        for case in cases.rows
        if isinstance(case.answer, Instruction) and (words := tokens(case.answer.text))
    }
    ids = list(said)
    first: dict[str, list[str]] = {}
    for place in hash_order(ids, "self-bleu"):
        user, words = said[ids[place]]
        first.setdefault(user, words)
    users = list(first)
    return [first[users[place]] for place in hash_order(users, "self-bleu")[:SAMPLE]]


def grams(words: Sequence[str], order: int) -> list[Gram]:
    """Return the runs of `order` words."""
    return [tuple(words[place : place + order]) for place in range(len(words) - order + 1)]


def clipped(counts: Sequence[Counter[Gram]]) -> list[float]:
    """Return every text's n-gram precision against all others: matches up to the most that one of them has."""
    best: dict[Gram, tuple[int, int]] = {}  # the two largest counts over all texts
    for counted in counts:
        for gram, number in counted.items():
            most, second = best.get(gram, (0, 0))
            best[gram] = (max(most, number), max(second, min(most, number)))
    precisions = []
    for counted in counts:
        # The most that another text has: the second largest where this text has the largest itself.
        others = ((number, best[gram][number == best[gram][0]]) for gram, number in counted.items())
        matched = sum(min(number, other) for number, other in others)
        precisions.append((matched or NEVER) / max(1, counted.total()))
    return precisions


def brevity(length: int, lengths: Counter[int]) -> float:
    """Return the logarithm of the brevity penalty against the nearest of the other lengths, the shorter of two."""
    others = [other for other, number in lengths.items() if number > (other == length)]
    nearest = min(others, key=lambda other: (abs(other - length), other))
    return min(0.0, 1 - nearest / length)
