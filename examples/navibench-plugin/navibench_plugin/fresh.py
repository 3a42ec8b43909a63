"""A scorer: how much of what is shown the user never had before. It describes; more is neither better nor worse."""

from __future__ import annotations

from collections.abc import Sequence

from bench.api import Case, Cases, Ranking


class Fresh:
    """The share of the first k items that are not in the history, in expectation over the order of ties."""

    higher_is_better: bool | None = None

    def __init__(self, k: int) -> None:
        """Cut rankings at place `k`."""
        self.k = k

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return a share a case; None where there is no ranking to look at."""
        return [self.share(case) for case in cases.rows]

    def share(self, case: Case) -> float | None:
        """Return one case's share: a tied group gives its own share to the places that it takes."""
        if not isinstance(case.answer, Ranking) or not case.answer.items:
            return None
        ranking, had = case.answer, set(case.example.query.history)
        start, room, fresh = 0, min(self.k, len(ranking.items)), 0.0
        places = room
        for size in ranking.ties or (1,) * len(ranking.items):
            group = ranking.items[start : start + size]
            taken = min(size, room)
            fresh += taken * sum(item not in had for item in group) / size
            start, room = start + size, room - taken
        return fresh / places
