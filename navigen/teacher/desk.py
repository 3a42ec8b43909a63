"""Carries questions to a teacher: known replies from the ledger, the others in parallel, again where that helps."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import TypeVar

from bench.api import Failure, Progress, ignore_progress
from bench.errors import BenchError
from navigen.teacher.budget import Budget, Summary
from navigen.teacher.jobs import Tally
from navigen.teacher.ledger import Ledger
from navigen.teacher.protocol import Ask, Teacher
from navigen.teacher.session import Session
from navigen.teacher.spread import Pace, spread

T = TypeVar("T")


class TeacherDesk:
    """A `Desk`: asks `workers` blocks of `block` asks at a time; results depend on neither, nor on who answers first.

    A reply of no use (`read` raises ValueError, a refusal, a cut text) is asked for again with another seed, `retries`
    times. What the teacher could not answer at all is left to the next run. `pace` is for servers, and says how often
    a request is tried again where that may help; the teacher itself must not, since each request is a call of the
    budget. `by_facts`: the teacher reads the facts, so they are part of what is asked.

    Usable replies are on disk before the next ones arrive. Two desks on one folder take turns, ask by ask.
    """

    def __init__(
        self,
        teacher: Teacher,
        ledger: Ledger,
        budget: Budget | None = None,
        *,
        retries: int = 3,
        workers: int = 1,
        block: int = 64,
        pace: Pace | None = None,
        progress: Progress = ignore_progress,
        by_facts: bool = False,
    ) -> None:
        if retries < 0 or workers < 1 or block < 1:
            raise BenchError(f"teacher: retries {retries}, workers {workers}, block {block}; expected >= 0, >= 1, >= 1")
        self.teacher = teacher
        self.ledger = ledger
        self.budget = budget or Budget()
        self.retries = retries
        self.workers = workers
        self.block = block
        self.pace = pace
        self.progress = progress
        self.by_facts = by_facts
        self._tally = Tally()
        self._lock = threading.Lock()

    def ask(self, asks: Sequence[Ask], read: Callable[[Ask, str], T]) -> list[T | Failure]:
        """Return what `read` makes of every reply, in order; `read` runs in this thread and must not ask by itself.

        Raises BudgetSpentError before the budget is passed, and TeacherSilentError when patience with a server ends;
        what was answered until then is in the ledger, and the next run goes on from there.
        """
        with self._lock, self.ledger.held(lambda: self.progress("wait for another process", 0, 1)):
            session = Session(self, asks, read, self._tally)
            while session.next_round():
                with closing(spread(session.take, session.send, self.workers)) as arriving:
                    for jobs, replies in arriving:
                        session.settle(jobs, replies)
                session.check()
            return session.results()

    def summary(self) -> Summary:
        """Return what was done and spent so far."""
        spent, tally = self.ledger.spent, self._tally
        reasons = Counter(tally.failures)
        return Summary(
            calls=spent.calls,
            read=spent.read,
            written=spent.written,
            money=round(self.budget.price(spent), 6),
            known=tally.known,
            retries=tally.retries,
            refusals=tally.refusals,
            failures={reason: reasons[reason] for reason in sorted(reasons)[:20]},
        )
