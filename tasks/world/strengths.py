"""How strong each cause of behaviour is in the world, and how large the world is: everything a card may set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from bench.api import Setting
from bench.errors import BenchError, unknown


@dataclass(frozen=True, slots=True)
class Strengths:
    """The parameters of one domain's world; `docs/world.md` says what each of them favours.

    Choice: `taste` scales visible preferences (standard deviation of log-odds between items), `circle` hidden ones
    (which community an item belongs to), `popularity` the exponent of item weights by rank, `trend` how much an item
    gains around its moment. Sequence: chance that the next event is a `complement` (visible: what goes with the last
    item), a `chain` (hidden: one of the last item's few successors) or a `repeat` of an earlier one; `drift` the chance
    per event that a user's taste moves to a neighbouring one. Size: `items`, `users`, `least` events a user and
    `longer`, the mean number of events above that (capped at `most`).
    """

    items: int
    users: int
    taste: float
    circle: float
    popularity: float
    trend: float
    complement: float
    chain: float
    repeat: float
    drift: float
    least: int
    longer: float
    most: int = 60

    def __post_init__(self) -> None:
        """Refuse a world that cannot be."""
        for name in ("taste", "circle", "popularity", "trend", "longer"):
            if getattr(self, name) < 0:
                raise BenchError(f"data.{name}: expected 0 or more, got {getattr(self, name)}")
        rates = {name: getattr(self, name) for name in ("complement", "chain", "repeat", "drift")}
        if any(not 0 <= rate <= 1 for rate in rates.values()) or sum(rates.values()) - rates["drift"] >= 1:
            raise BenchError(f"data: expected chances in [0, 1] with complement + chain + repeat < 1, got {rates}")
        if self.items < 50 or self.users < 10 or not 3 <= self.least <= self.most:
            raise BenchError("data: expected items >= 50, users >= 10 and 3 <= least <= most")
        if self.most > self.items // 2:
            raise BenchError(f"data.most: {self.most} events a user are too many for {self.items} items")


DEFAULTS: Mapping[str, Strengths] = {
    "product": Strengths(
        items=640,
        users=3200,
        taste=3.4,
        circle=2.0,
        popularity=0.85,
        trend=0.8,
        complement=0.25,
        chain=0.1,
        repeat=0.05,
        drift=0.05,
        least=5,
        longer=4.0,
    ),
    "game": Strengths(
        items=640,
        users=3200,
        taste=3.4,
        circle=2.0,
        popularity=0.95,
        trend=0.6,
        complement=0.18,
        chain=0.12,
        repeat=0.0,
        drift=0.03,
        least=5,
        longer=4.0,
    ),
    "short-video": Strengths(
        items=640,
        users=3200,
        taste=3.2,
        circle=2.2,
        popularity=0.9,
        trend=1.2,
        complement=0.18,
        chain=0.1,
        repeat=0.02,
        drift=0.1,
        least=5,
        longer=9.0,
    ),
}


def strengths(domain: str, changed: Mapping[str, Setting]) -> Strengths:
    """Return a domain's parameters with some of them replaced."""
    if domain not in DEFAULTS:
        raise unknown("domain", domain, DEFAULTS)
    usual = {line.name: getattr(DEFAULTS[domain], line.name) for line in fields(Strengths)}
    return Strengths(**{**usual, **changed})
