"""How well an instruction would suit just anybody: its agreement with a target, averaged over what users chose.

Departure from the paper, off unless `reward.contrast` is set: the paper pays for terms of the target, whoever else they
suit as well. What is personal is what goes beyond this mean, which is exact, not drawn.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bench.errors import BenchError
from bench.words import Stems


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """Sums over targets, by term: `shares[term]` of 1 / size, `sizes[size][term]` of 1; weights sum to `share`."""

    shares: dict[str, float]
    sizes: dict[int, dict[str, float]]
    longest: int

    @classmethod
    def of(cls, targets: Sequence[frozenset[str]], chosen: Sequence[float], share: float = 1.0) -> Usual:
        """Return the sums over `targets`, given by the keys of their terms, `chosen` that often; none is an error.

        `share`: how much of the means is told.
        """
        if not sum(chosen) > 0:
            raise BenchError("reward.contrast: nobody chose anything that has terms; leave it 0")
        shares: dict[str, float] = defaultdict(float)
        sizes: dict[int, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        for terms, often in zip(targets, chosen, strict=True):
            for term in terms:
                shares[term] += share * often / len(terms) / sum(chosen)
                sizes[len(terms)][term] += share * often / sum(chosen)
        longest = max((term.count(" ") + 1 for term in shares), default=0)
        return cls(dict(shares), {size: dict(found) for size, found in sizes.items()}, longest)

    def named_share(self, words: Stems) -> float:
        """Return the mean over targets of the share of terms that stand among words given as stems."""
        runs = {
            " ".join(words[begin : begin + size])
            for size in range(1, self.longest + 1)
            for begin in range(len(words) - size + 1)
        }
        return sum(self.shares.get(run, 0.0) for run in sorted(runs))

    def agreement(self, own: frozenset[str]) -> float:
        """Return the mean over targets of the F1 of both sets of terms."""
        return sum(
            2 / (len(own) + size) * sum(found.get(term, 0.0) for term in sorted(own))
            for size, found in sorted(self.sizes.items())
        )
