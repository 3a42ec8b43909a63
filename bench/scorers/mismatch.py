"""Who is judged against whose target to tell personal from good: a permutation of the cases across users."""

from __future__ import annotations

from collections.abc import Sequence

from bench.api import Cases
from bench.rng import hash_order


def mismatched(cases: Cases, judged: Sequence[bool] | None = None) -> list[int | None]:
    """Return, for every case, the place of the case of another user whose targets it is judged against.

    `judged` says which cases take part (default: all); it must depend on the examples only, never on the answers, so
    that all systems meet the same targets. Those cases are permuted: every target is used exactly once, so whatever
    does not depend on the case has the same mean against its own and against mismatched targets, and its mean effect
    is 0. Users come in the order of a hash, each user's cases together, and are shifted in a circle by the largest
    number of cases that a user has; nobody meets a case of their own then, unless somebody has more than half of all
    cases (or there is one user), in which case no such permutation exists and all are None. Does not depend on the
    order of the cases.
    """
    rows = [case.example.query for case in cases.rows]
    taking = [place for place in range(len(rows)) if judged is None or judged[place]]
    users = sorted({rows[place].user for place in taking})
    rank = {users[place]: number for number, place in enumerate(hash_order(users, "mismatched users"))}
    order = hash_order([rows[place].id for place in taking], "mismatched cases")
    ring = sorted((taking[place] for place in order), key=lambda place: rank[rows[place].user])
    sizes = [0] * len(users)
    for place in taking:
        sizes[rank[rows[place].user]] += 1
    shift = max(sizes, default=0)
    partners: list[int | None] = [None] * len(rows)
    if shift and 2 * shift <= len(ring):
        for number, place in enumerate(ring):
            partners[place] = ring[(number + shift) % len(ring)]
    return partners
