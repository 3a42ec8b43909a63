"""The upper bound: systems that were handed the truth, for tests of everything around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.api import Answer, Example, Failure, Instruction, Item, Kind, Query, Ranking, Train
from bench.errors import BenchError
from bench.terms import item_terms


@dataclass
class Oracle:
    """Ranks the targets of the examples it is made from first, everything else tied behind; no registry lists it."""

    examples: Iterable[Example]
    items: frozenset[str] = field(default=frozenset(), init=False, repr=False)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Learn the catalogue."""
        self.items = frozenset(train.items)
        self.targets = {example.query.id: example.targets for example in self.examples}

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return the targets in their order; a query that is not among the examples is a failure."""
        if k < 1:
            raise BenchError(f"Oracle: k is {k}; expected at least 1")
        return [self._answer(query) for query in queries]

    def _answer(self, query: Query) -> Answer:
        if query.id not in self.targets:
            return Failure(f"the oracle was not told the truth of query {query.id}")
        candidates = self.items - set(query.exclude)
        items = tuple(item for item in dict.fromkeys(self.targets[query.id]) if item in candidates)
        return Ranking(items, (), len(candidates) - len(items))


@dataclass
class InstructionOracle:
    """Says the terms of the first target of the examples it is made from; no registry lists it."""

    examples: Iterable[Example]
    items: Mapping[str, Item] = field(default_factory=dict, init=False, repr=False)
    targets: Mapping[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    def fit(self, train: Train) -> None:
        """Learn the catalogue."""
        self.items = train.items
        self.targets = {example.query.id: example.targets for example in self.examples}

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return the target's terms; a query that is not among the examples is a failure."""
        return [self._answer(query, kind) for query in queries]

    def _answer(self, query: Query, kind: Kind) -> Answer:
        known = [self.items[name] for name in self.targets.get(query.id, ()) if name in self.items]
        if not known:
            return Failure(f"the oracle was not told the truth of query {query.id}")
        terms = item_terms(known[0])
        opening = "a video of" if kind is Kind.VIDEO else "a picture of"
        return Instruction(f"{opening} {', '.join(terms)}", terms)
