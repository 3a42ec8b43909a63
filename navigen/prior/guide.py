"""A counted prior as a guide of rankings: its distribution over the catalogue, and the weight that validation chooses.

The mixture is of two distributions over items, (1 - weight) * p(item | prompt) + weight * share(item | history). The
sums of the shares over the trie's subtrees steer the beams (`navigen.decode.language.Prior`), so that items which the
model alone would have dropped are still met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.api import Example, Query, Train
from bench.errors import BenchError, unknown
from bench.rng import hash_order
from navigen.decode.language import Prior, Reached
from navigen.prior.columns import Columns, Floats, fitted
from navigen.prior.kinds import PRIORS, Counted

GRID = tuple(step / 10 for step in range(10))  # at 1 a policy would be the prior, which is a system of its own
EXAMPLES = 512  # validation examples that choose a weight, the first by hash
STEERED = 0.5  # the weight of the prior in the one search from which all weights of the grid are judged
DEPTH = 10
BLOCK = 256
GAINS = np.concatenate([[0.0], np.cumsum(1 / np.log2(np.arange(1, DEPTH + 1) + 1))])  # of the first ranks, summed

# (queries, prior) -> what a search by the model, steered by that prior, ends at
Search = Callable[[Sequence[Query], Prior], Reached]


@dataclass(frozen=True, slots=True, eq=False)
class Guide:
    """What was counted in a training part, and its weight in a mixture; columns are the items in sorted order."""

    counted: Counted
    weight: float

    @classmethod
    def of(cls, name: str, train: Train, weight: float = 0.0) -> Guide:
        """Return the prior of that name, counted in `train`; an unknown name is an error."""
        if name not in PRIORS:
            raise unknown("prior", name, PRIORS)
        counted = PRIORS[name]()
        counted.fit(train)
        return cls(counted, weight)

    @property
    def columns(self) -> Columns:
        """The catalogue."""
        return fitted(self.counted.columns, self)

    def prior(self, queries: Sequence[Query], weight: float | None = None) -> Prior:
        """Return the shares of all items after each history, which do not depend on the other queries.

        A history of which nothing was counted has a row of zeros, which leaves it to the model.
        """
        known = self.columns.encode_all(query.history for query in queries)
        return Prior(as_distribution(self.counted.score(known)), self.weight if weight is None else weight)


def as_distribution(scores: Any) -> Floats:
    """Return the positive part of scores [histories, items], dense or sparse, each row summing to 1 or all 0."""
    dense = np.maximum(scores if isinstance(scores, np.ndarray) else scores.toarray(), 0.0).astype(np.float64)
    total = dense.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(dense, total, out=np.zeros_like(dense), where=total > 0)
    return shares


def examples_for(train: Train, columns: Columns) -> list[Example]:
    """Return the validation examples that choose a weight; BenchError if there are none with a known target."""
    known = [example for example in train.validation if columns.encode(example.targets)]
    if not known:
        raise BenchError("prior_weight=auto: no validation example to choose it by; set prior_weight to a share")
    order = hash_order([example.query.id for example in known], "prior-validation")
    return [known[place] for place in order[:EXAMPLES]]


def weigh_grid(search: Search, guide: Guide, examples: Sequence[Example], progress: Callable[[int], None]) -> Floats:
    """Return the mean NDCG@10 of every weight of `GRID` on the examples [weights].

    One search answers for all weights: what a search steered by both, half and half, did not meet counts as if the
    model gave it nothing.
    """
    total = np.zeros(len(GRID))
    for begin in range(0, len(examples), BLOCK):
        part = examples[begin : begin + BLOCK]
        prior = guide.prior([example.query for example in part], STEERED)
        found = search([example.query for example in part], prior)
        own = np.zeros(found.shape)
        own[found.prompt, found.item] = np.exp(found.own)
        known = prior.share.sum(axis=1, keepdims=True) > 0
        for place, weight in enumerate(GRID):
            mixed = np.where(known, (1 - weight) * own + weight * prior.share, own)
            total[place] += gain(mixed, part, guide.columns)
        progress(begin + len(part))
    return total / len(examples)


def gain(scores: Floats, examples: Iterable[Example], columns: Columns) -> float:
    """Return the expected NDCG@10 of rows of scores of 0 or more, summed.

    Of several targets the best ranked counts, ties count their mean, excluded items are no candidates.
    """
    total = 0.0
    for row, example in zip(scores, examples, strict=True):
        candidates = row.copy()
        candidates[columns.encode(example.query.exclude)] = -1.0
        best = candidates[columns.encode(example.targets)].max()
        if best >= 0:
            above, level = int((candidates > best).sum()), int((candidates == best).sum())
            total += float(GAINS[min(above + level, DEPTH)] - GAINS[min(above, DEPTH)]) / level
    return total
