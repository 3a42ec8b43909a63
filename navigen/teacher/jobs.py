"""What a desk tells its sessions, and what they hold: a question to send, where an ask stands, what happened so far."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from bench.api import Failure, Progress
from navigen.teacher.budget import Budget
from navigen.teacher.ledger import Key, Ledger
from navigen.teacher.protocol import Ask, Teacher
from navigen.teacher.spread import Pace

T = TypeVar("T")


class How(Protocol):
    """What a session needs of its desk."""

    teacher: Teacher
    ledger: Ledger
    budget: Budget
    retries: int
    block: int
    pace: Pace | None
    progress: Progress
    by_facts: bool


@dataclass(slots=True)
class Tally:
    """What happened at a desk: asks known, attempts after a reply of no use, refusals, failures by reason."""

    known: int = 0
    retries: int = 0
    refusals: int = 0
    failures: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Job:
    """One question to send, for all `places` that ask it: after so many tries, not before the pace's time `due`."""

    key: Key
    ask: Ask
    attempt: int
    places: list[int]
    tries: int = 0
    due: float = float("-inf")


@dataclass(slots=True)
class State(Generic[T]):
    """Where an ask stands: its next attempt, the one at which to give up, and its result once there is one."""

    attempt: int
    end: int
    result: list[T | Failure] = field(default_factory=list)


def clean(reason: str) -> str:
    """Return a reason on one line, shortened, that any file can hold."""
    return " ".join(reason.encode("utf-8", "replace").decode().split())[:300]
