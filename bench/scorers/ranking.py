"""Ranking scorers over the full catalogue: credit under ties is the exact expectation over random order.

A tied group of s items stands behind a others. Every member is equally likely at each of the places a+1 .. a+s, so
sums of per-place credit (recall, NDCG) follow from linearity, and the reciprocal rank of the first of r targets from
the hypergeometric law P(first at place j of the group) = C(s-j, r-1) / C(s, r). The unlisted candidates of
`Ranking.rest` are such a group. A target that is not a candidate (excluded, or outside the catalogue) earns nothing
but stays in the denominator; failures score 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.api import Cases
from bench.errors import BenchError
from bench.scorers.encoding import Encoding, Floats, Groups, Hits, Ints, encode


class Judgement:
    """Which way is better; outside the dataclass below, so that it is no setting."""

    higher_is_better: bool | None = True


@dataclass(frozen=True)
class Cut(Judgement):
    """What every scorer here is parametrised by: the depth `k` >= 1 at which rankings are cut."""

    k: int

    def __post_init__(self) -> None:
        if self.k < 1:
            raise BenchError(f"{type(self).__name__}: k is {self.k}; expected at least 1")


class Recall(Cut):
    """|top-k ∩ targets| / min(k, |targets|): the hit rate for one target."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return recall per case in [0, 1]; None where an example has no target."""
        table = encode(cases)
        found = per_case(table, table.hits.members * share_within(table.hits, self.k))
        return judged(found / ideal_depth(table, self.k), table.number)


class NDCG(Cut):
    """DCG with gain 1 / log2(place + 1) over that of min(k, |targets|) hits in front (Järvelin & Kekäläinen 2002)."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return NDCG per case in [0, 1]; None where an example has no target."""
        table = encode(cases)
        gained = per_case(table, table.hits.members * mean_gain(table.hits, self.k))
        ideal = np.cumsum(discounts(self.k))[ideal_depth(table, self.k)]
        return judged(gained / ideal, table.number)


class MRR(Cut):
    """1 / place of the first target, 0 behind place k."""

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the expected reciprocal rank per case in [0, 1]; None where an example has no target."""
        table = encode(cases)
        # Hits are sorted by case, then by place: the first target is in the first group that holds any.
        owners, first = np.unique(table.hits.case, return_index=True)
        values = np.zeros(len(table.number))
        values[owners] = reciprocal_first(table.hits, self.k)[first]
        return judged(values, table.number)


class PopularityBias(Cut):
    """Mean log(1 + training count) of the expected top-k, minus that of the targets: > 0 leans to the popular."""

    higher_is_better: bool | None = None

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return the bias per case in nats; None for failures, empty rankings and examples without known targets."""
        table = encode(cases)
        heat = np.append(np.log1p(table.counts), 0.0)  # column -1: an item outside the catalogue was never seen
        total = len(table.number)

        def sums(case: Ints, values: Floats) -> Floats:
            return np.bincount(case, values, total).astype(np.float64)

        listed, barred = heat[table.items.column], heat[table.barred.column]
        unlisted = heat.sum() - sums(table.items.case, listed) - sums(table.barred.case, barred)
        top = sums(table.items.case, share_within(table.groups, self.k) * listed)
        top += share_within(table.rest, self.k) * unlisted
        depth = np.minimum(table.rest.ahead + table.rest.size, self.k)
        known = table.targets.where(table.targets.column >= 0)
        number = np.bincount(known.case, minlength=total)
        truth = sums(known.case, heat[known.column])
        return judged(top / np.maximum(depth, 1) - truth / np.maximum(number, 1), depth * number)


class Coverage(Cut):
    """Share of the catalogue in anybody's top-k, as the expectation over tie orders drawn independently per case."""

    def measure(self, cases: Cases) -> float:
        """Return the expected share in [0, 1]: mean over items of 1 - product over cases of P(item not in top-k)."""
        table = encode(cases)
        share, rest_share = share_within(table.groups, self.k), share_within(table.rest, self.k)
        sure = over_cases(table, (share >= 1).astype(np.float64), (rest_share >= 1).astype(np.float64))
        log_missed = over_cases(table, log_miss(share), log_miss(rest_share))
        return float(np.where(sure > 0, 1.0, -np.expm1(np.minimum(log_missed, 0.0))).mean())


def over_cases(table: Encoding, listed: Floats, rest: Floats) -> Floats:
    """Return sums over cases per item of the catalogue: of `listed` where a case lists it, of `rest` where it does not.

    The rest reaches all items but those a case lists or excludes: it is added to all and taken from those. Values are
    added in sorted order, so that no order of cases changes a digit.
    """
    columns = np.concatenate([table.items.column, table.items.column, table.barred.column])
    values = np.concatenate([listed, -rest[table.items.case], -rest[table.barred.case]])
    used = (columns >= 0) & (values != 0)
    columns, values = columns[used], values[used]
    order = np.lexsort((values, columns))
    named: Floats = np.bincount(columns[order], values[order], len(table.counts)) + np.sort(rest).sum()
    return named


def log_miss(share: Floats) -> Floats:
    """Return log(1 - share), and 0 for what is surely in the top-k, which is counted apart."""
    return np.asarray(np.log1p(-np.where(share < 1, share, 0.0)), dtype=np.float64)


def share_within(groups: Groups, k: int) -> Floats:
    """Return the probability of a member of a tied group to be among the first k."""
    return np.asarray(np.clip(k - groups.ahead, 0, groups.size) / np.maximum(groups.size, 1), dtype=np.float64)


def mean_gain(groups: Groups, k: int) -> Floats:
    """Return the mean NDCG gain over the places of every group, 0 behind place k."""
    gain = discounts(k)
    total = np.cumsum(gain)
    first, last = np.minimum(groups.ahead, k), np.minimum(groups.ahead + groups.size, k)
    # A group of one takes its gain directly: a difference of sums would move the last digit of a strict ranking.
    shared = (total[last] - total[first]) / groups.size
    mean: Floats = np.where(groups.size == 1, gain[last] * (last > first), shared)
    return mean


def discounts(k: int) -> Floats:
    """Return the gain of places 0 .. k: 1 / log2(place + 1), and 0 at the place 0 that does not exist."""
    return np.concatenate([[0.0], 1.0 / np.log2(np.arange(2, k + 2))])


def reciprocal_first(hits: Hits, k: int) -> Floats:
    """Return E[1 / place of the first member, 0 behind k] for groups with `members` targets among `size` items."""
    chance = hits.members / hits.size
    total = np.zeros(len(chance))
    for step in range(min(k, int(hits.size.max(initial=0)))):
        place = hits.ahead + step + 1
        total += np.where(place <= k, chance / place, 0.0)
        left = hits.size - step - 1
        chance = chance * np.maximum(left - hits.members + 1, 0) / np.maximum(left, 1)
    return total


def per_case(table: Encoding, values: Floats) -> Floats:
    """Return the sum of hit-group values per case [cases]."""
    return np.bincount(table.hits.case, values, len(table.number)).astype(np.float64)


def ideal_depth(table: Encoding, k: int) -> Ints:
    """Return min(k, number of targets) per case, at least 1 so that it can divide."""
    return np.asarray(np.clip(table.number, 1, k), dtype=np.int64)


def judged(values: Floats, weight: Ints) -> list[float | None]:
    """Return values as a list with None where `weight` is 0."""
    return [value if known else None for value, known in zip(values.tolist(), (weight > 0).tolist(), strict=True)]
