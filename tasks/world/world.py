"""A whole world of one domain: its items, its people's tables, and every life in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from tasks.ingest.rows import Event
from tasks.world.life import Life, live
from tasks.world.shelf import Shelf, stock
from tasks.world.society import Society, form
from tasks.world.strengths import Strengths
from tasks.world.taxonomy import domain

YEAR = 365 * 24 * 3600
NEW_YEAR = 1_735_689_600
"""2025-01-01 00:00 UTC: when a world's year begins."""


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """Everything that is true of a domain; systems see only items and events."""

    shelf: Shelf
    society: Society
    lives: dict[str, Life]

    def events(self) -> Iterator[Event]:
        """Yield what a log would hold: user, item, time in seconds since 1970."""
        for user, life in self.lives.items():
            for item, moment in zip(life.items.tolist(), life.moments.tolist(), strict=True):
                yield Event(user, self.shelf.ids[item], NEW_YEAR + YEAR * moment)


@lru_cache(maxsize=8)
def make_world(name: str, strengths: Strengths, seed: int) -> World:
    """Return the world of a domain; equal arguments give equal worlds on any machine."""
    shelf = stock(domain(name), strengths, seed)
    society = form(shelf, strengths, seed)
    width = len(str(strengths.users - 1))
    lives = {f"u{number:0{width}d}": live(society, strengths, seed, name, number) for number in range(strengths.users)}
    return World(shelf, society, lives)
