"""A desk without retries, ledger or budget, and teachers that answer badly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from bench.api import Failure
from navigen.teacher.protocol import Ask, Reply, Teacher

T = TypeVar("T")


@dataclass
class Plain:
    """Asks each question once; `asked` are the operations of each call to it."""

    teacher: Teacher
    asked: list[list[str]] = field(default_factory=list)

    def ask(self, asks: Sequence[Ask], read: Callable[[Ask, str], T]) -> list[T | Failure]:
        self.asked.append([ask.operation for ask in asks])
        found: list[T | Failure] = []
        for ask, reply in zip(asks, self.teacher.answer(asks), strict=True):
            if isinstance(reply, Failure):
                found.append(reply)
                continue
            try:
                found.append(read(ask, reply.text))
            except ValueError as error:
                found.append(Failure(str(error)))
        return found


@dataclass(frozen=True)
class Says:
    """Answers by a function of the question."""

    say: Callable[[Ask], str]

    @property
    def fingerprint(self) -> str:
        return "says"

    def answer(self, asks: Sequence[Ask]) -> Sequence[Reply | Failure]:
        return [Reply(self.say(ask)) for ask in asks]
