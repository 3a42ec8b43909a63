"""What a teacher is asked and answers, and the desk that carries many questions to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bench.api import Failure
from bench.lm import Prompt, Sampling

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ask:
    """One question: which operation it belongs to, about which sample, and the prompt that says it.

    `facts` is what the prompt was rendered from, as JSON values; a scripted teacher reads it instead of the prompt.
    """

    operation: str
    sample: str
    facts: Mapping[str, Any]
    prompt: Prompt
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Reply:
    """What a teacher wrote, and what it cost: tokens read and written (0 where nobody counts)."""

    text: str
    read: int = 0
    written: int = 0


class Teacher(Protocol):
    """Whoever answers: a language model behind any backend, a script, or a record of earlier answers."""

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over what decides the answers."""

    def answer(self, asks: Sequence[Ask]) -> Sequence[Reply | Failure]:
        """Return a reply an ask, in order; what could not be answered is a Failure."""


class Desk(Protocol):
    """Carries questions to a teacher: in parallel, again where that helps, within a budget, from a ledger if known."""

    def ask(self, asks: Sequence[Ask], read: Callable[[Ask, str], T]) -> list[T | Failure]:
        """Return what `read` makes of every reply, in order.

        `read` raises ValueError for a reply that is not what was asked for; it is then asked again, a few times. What
        stays without a usable reply is a Failure, and is asked anew by the next run.
        """
