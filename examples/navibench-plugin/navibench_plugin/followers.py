"""A baseline: items that came soon after the user's last ones in anybody's history, nearer steps counting more."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.api import Answer, Query, Ranking, Train


@dataclass
class Followers:
    """Counts pairs at most `window` steps apart, 1/step each; fields are settings: --set followers.window=3."""

    window: int = 2
    size: int = field(default=0, init=False, repr=False)
    after: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter), init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Count who follows whom; pairs that are never met count nothing."""
        self.size = len(train.items)
        for items in train.sequences.values():
            for step in range(1, self.window + 1):
                for one, other in zip(items, items[step:], strict=False):
                    self.after[one][other] += 60 // step  # whole numbers: no order of adding changes them

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return the followers of each history, best first; equal sums stand as ties."""
        return [self.answer(query, k) for query in queries]

    def answer(self, query: Query, k: int) -> Ranking:
        """Return one ranking: whole groups of ties until there are k items, or all others as a last group, unlisted."""
        sums: Counter[str] = Counter()
        for step, item in enumerate(reversed(query.history[-self.window :]), start=1):
            for other, count in self.after[item].items():
                sums[other] += count * (60 // step)
        groups: dict[int, list[str]] = defaultdict(list)
        for item in sorted(sums.keys() - set(query.exclude)):
            groups[sums[item]].append(item)
        found: list[list[str]] = []
        for total in sorted(groups, reverse=True):
            if sum(map(len, found)) >= k:
                break
            found.append(groups[total])
        items = tuple(item for group in found for item in group)
        rest = self.size - len(items) - len(query.exclude) if len(items) < k else 0
        return Ranking(items, tuple(map(len, found)), rest)
