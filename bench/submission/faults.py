"""Everything that is wrong with a part of a submission: counted, the first of each kind kept.

A check is a generator that yields its reasons and ends where it cannot go on; here they are collected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.submission.reasons import RefusalError

MOST = 20
"""Reasons kept of one part."""
EACH = 3
"""Reasons kept of one code, so that one mistake in every case does not hide the others."""


@dataclass
class Faults:
    """What was found wrong with `place`: a run's folder, or "" for the archive and what its runs share."""

    place: str = ""
    kept: list[RefusalError] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, reason: RefusalError) -> None:
        """Count a reason, and keep it if it is among the first."""
        self.counts[reason.code] += 1
        if self.counts[reason.code] <= EACH and len(self.kept) < MOST:
            self.kept.append(reason)

    def note(self, reasons: Iterable[RefusalError]) -> bool:
        """Add what a check yields and return whether that was nothing."""
        before = self.counts.total()
        for reason in reasons:
            self.add(reason)
        return self.counts.total() == before

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Add a reason that is raised inside the block, which ends there."""
        try:
            yield
        except RefusalError as reason:
            self.add(reason)

    @property
    def more(self) -> dict[str, int]:
        """How many reasons of each code were counted beyond those kept."""
        return dict(self.counts - Counter(reason.code for reason in self.kept))


def demand(reasons: Iterable[RefusalError]) -> None:
    """Raise the first reason that a check yields."""
    for reason in reasons:
        raise reason
