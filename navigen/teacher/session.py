"""One call of a desk: which attempts are still to be made, what arrives, and what is kept of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Generic, TypeVar

from bench.api import Failure
from bench.errors import BenchError
from bench.lm import Spoilt, Unanswered
from bench.lm.http import count_tries
from bench.rng import stream
from navigen.teacher.budget import most
from navigen.teacher.jobs import How, Job, State, Tally, clean
from navigen.teacher.ledger import SILENT, Kept, Key, Kind, Missed, Spent, as_attempt, ask_digest
from navigen.teacher.protocol import Ask, Reply
from navigen.teacher.refusals import refusal

T = TypeVar("T")


class TeacherSilentError(BenchError):
    """Too many asks in a row got no answer at all."""


class Session(Generic[T]):
    """The asks of one call. Attempts are made round by round, so that their order is that of the asks."""

    def __init__(self, how: How, asks: Sequence[Ask], read: Callable[[Ask, str], T], tally: Tally) -> None:
        self.how, self.asks, self.read, self.tally = how, asks, read, tally
        self._teacher = how.teacher.fingerprint
        self._flying = Spent()
        self._stop: BenchError | None = None
        self._queue: deque[Job] = deque()
        self._states = [self._start(ask) for ask in asks]
        self._left = sum(not state.result for state in self._states)

    def next_round(self) -> bool:
        """Queue the next attempt of every ask without a result; equal questions once. Return whether there is any."""
        jobs: dict[Key, Job] = {}
        for place, state in enumerate(self._states):
            if state.result:
                continue
            sent = as_attempt(self.asks[place], state.attempt)
            key = self._key(sent)
            jobs.setdefault(key, Job(key, sent, state.attempt, [])).places.append(place)
        self._queue = deque(jobs.values())
        self._show()
        return bool(jobs)

    def take(self) -> list[Job] | None:
        """Return the next block to send, or None if there is none or the budget does not allow it as things stand."""
        block: list[Job] = []
        while self._stop is None and self._queue and len(block) < self.how.block:
            worst = most(self._queue[0].ask)
            if not self.how.budget.allows(self.how.ledger.spent + self._flying + worst):
                break
            self._flying += worst
            block.append(self._queue.popleft())
        return block or None

    def send(self, jobs: Sequence[Job]) -> Sequence[Reply | Failure]:
        """Return the teacher's replies; this may run in another thread."""
        if self.how.pace is not None:
            self.how.pace.wait(len(jobs), max(job.due for job in jobs))
        replies = self.how.teacher.answer([job.ask for job in jobs])
        if len(replies) != len(jobs):
            raise BenchError(f"the teacher gave {len(replies)} replies to {len(jobs)} asks; expected one each")
        return replies

    def settle(self, jobs: Sequence[Job], replies: Sequence[Reply | Failure]) -> None:
        """Read replies, write down what is usable and what is not, and decide what each ask does next."""
        kept: list[Kept] = []
        missed: list[Missed] = []
        try:
            for job, reply in zip(jobs, replies, strict=True):
                self._flying -= most(job.ask)
                line = self._judge(job, reply)
                if isinstance(line, Kept):
                    kept.append(line)
                else:
                    missed.append(line)
                self._watch(job, line)
        finally:  # an error in `read` is no reason to pay for the others again
            self.how.ledger.write(kept, missed)
        self._show()

    def check(self) -> None:
        """Raise what ended the round before its time, if anything did."""
        if self._stop is not None:
            raise self._stop
        if self._queue:
            raise self.how.budget.error(self.how.ledger.spent, self._left, most(self._queue[0].ask))

    def results(self) -> list[T | Failure]:
        """Return the result of every ask, in order."""
        return [state.result[0] for state in self._states]

    def _start(self, ask: Ask) -> State[T]:
        """Return where an ask stands by the ledger; attempts that were of no use before are not made again.

        Attempts come in groups of 1 + `retries`: a run that was killed within a group goes on with it, and one that
        comes after it has a group of its own.
        """
        state: State[T] = State(0, 0)
        while True:
            key = self._key(as_attempt(ask, state.attempt))
            text = self.how.ledger.text(key)
            if text is not None:
                try:
                    state.result.append(self.read(ask, text))
                except ValueError:
                    pass
                else:
                    self.tally.known += 1
                    break
            elif not self.how.ledger.is_spoilt(key):
                break
            state.attempt += 1
        size = 1 + self.how.retries
        state.end = (state.attempt // size + 1) * size
        return state

    def _key(self, sent: Ask) -> Key:
        return Key(self._teacher, ask_digest(sent, self.how.by_facts))

    def _judge(self, job: Job, reply: Reply | Failure) -> Kept | Missed:
        if isinstance(reply, Failure):
            if isinstance(reply, Spoilt):
                reason = _refused(reply.reason) if reply.refused else reply.reason
                return self._spoil(job, "refused" if reply.refused else "unreadable", reason, reply)
            return self._try_again(job, reply)
        if (words := refusal(reply.text, job.ask.prompt.prefix)) is not None:
            return self._spoil(job, "refused", _refused(words), reply)
        try:
            reply.text.encode()
        except UnicodeEncodeError:
            return self._spoil(job, "unreadable", "the reply is no valid Unicode", reply)
        wrong: list[tuple[int, str]] = []
        for place in job.places:
            try:
                self._finish(place, self.read(self.asks[place], reply.text))
            except ValueError as error:
                wrong.append((place, f"the reply is not what was asked for: {clean(str(error))}"))
        for place, reason in wrong:
            self._again(place, reason)
        if len(wrong) == len(job.places):
            return self._missed(job, "unreadable", wrong[0][1], self._cost(job, reply))
        told = job.ask
        return Kept(job.key, told.operation, told.sample, job.attempt, reply.text, reply.read, reply.written)

    def _spoil(self, job: Job, kind: Kind, reason: str, paid: Reply | Spoilt) -> Missed:
        self.tally.refusals += kind == "refused"
        for place in job.places:
            self._again(place, clean(reason))
        return self._missed(job, kind, reason, self._cost(job, paid))

    def _try_again(self, job: Job, reply: Failure) -> Missed:
        """Queue a question that got no answer once more where that may help, else let its asks fail.

        Every request is taken from the queue, so that none is sent that the budget does not allow.
        """
        pace, tried = self.how.pace, job.tries + 1
        told = reply if isinstance(reply, Unanswered) else Unanswered(reply.reason, paid=False)
        if pace is not None and told.wait is not None and tried < pace.tries:
            share = float(stream(0, "back-off", job.key.ask, tried).random())
            # In front, so that whoever is told to wait sends nothing else meanwhile.
            self._queue.appendleft(replace(job, tries=tried, due=pace.due(told.wait, tried, share)))
        else:
            for place in job.places:
                self._fail(place, count_tries(reply.reason, tried))
        cost = most(job.ask) if told.paid else Spent()
        return self._missed(job, "unanswered" if told.reached else "unreached", reply.reason, cost)

    def _cost(self, job: Job, paid: Reply | Spoilt) -> Spent:
        """Return what a reply of no use cost; where a limit of tokens needs a number that nobody told, the most."""
        untold = not paid.read and not paid.written and self.how.budget.counts_tokens
        return most(job.ask) if untold else Spent(1, paid.read, paid.written)

    def _missed(self, job: Job, kind: Kind, reason: str, cost: Spent) -> Missed:
        told = job.ask
        return Missed(job.key, told.operation, told.sample, job.attempt, kind, clean(reason), cost.read, cost.written)

    def _again(self, place: int, reason: str) -> None:
        state = self._states[place]
        state.attempt += 1
        if state.attempt < state.end:
            self.tally.retries += 1
        else:
            self._fail(place, reason)

    def _finish(self, place: int, result: T | Failure) -> None:
        self._states[place].result.append(result)
        self._left -= 1

    def _fail(self, place: int, reason: str) -> None:
        self._finish(place, Failure(clean(reason)))
        self.tally.failures[clean(reason)] += 1

    def _watch(self, job: Job, line: Kept | Missed) -> None:
        """Stop where nobody answers any more, or where nobody counts the tokens that a limit is about."""
        silent = isinstance(line, Missed) and line.kind in SILENT
        if silent and not self._states[job.places[0]].result:
            return  # it is tried again
        pace = self.how.pace
        if pace is not None and not pace.heard(not silent) and isinstance(line, Missed):
            self._stop = TeacherSilentError(
                f"the teacher left {pace.silent} asks in a row unanswered ({line.reason}). All answers are kept: see "
                "to its server, and run again to go on"
            )
        if self.how.budget.counts_tokens and isinstance(line, Kept) and line.text and not line.written:
            self._stop = BenchError(
                "the teacher does not tell how many tokens it reads and writes, so no limit of tokens or money can be "
                "kept; limit teacher.calls instead"
            )

    def _show(self) -> None:
        if self.asks:
            self.how.progress(f"teacher: {self.asks[0].operation}", len(self.asks) - self._left, len(self.asks))


def _refused(words: str) -> str:
    return f"the teacher refused: {words.removeprefix('the server refuses: ')}"
