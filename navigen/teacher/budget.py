"""What may be spent on a teacher, what one more question may cost at most, and what was spent, for people to read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from bench.errors import BenchError
from navigen.teacher.ledger import Spent
from navigen.teacher.protocol import Ask

FRAME = 64  # tokens a chat template may put around a conversation, and around each message


class BudgetSpentError(BenchError):
    """The next question might pass a limit; everything answered is kept. `spent`, and how many asks are `left`."""

    def __init__(self, message: str, spent: Spent, left: int) -> None:
        super().__init__(message)
        self.spent = spent
        self.left = left


@dataclass(frozen=True, slots=True)
class Budget:
    """Limits over all that a ledger's folder holds, None: no limit; prices are per million tokens read and written."""

    calls: int | None = None
    tokens: int | None = None
    money: float | None = None
    price_read: float = 0.0
    price_written: float = 0.0

    def __post_init__(self) -> None:
        limits = [limit for limit in (self.calls, self.tokens, self.money) if limit is not None]
        if any(value < 0 for value in (*limits, self.price_read, self.price_written)):
            raise BenchError("teacher: calls, tokens, money, price_read and price_written are not below 0")
        if self.money is not None and not self.price_read + self.price_written:
            raise BenchError("teacher: a limit of money needs price_read and price_written (per million tokens)")

    @property
    def counts_tokens(self) -> bool:
        """Whether a limit depends on how many tokens were read and written."""
        return self.tokens is not None or self.money is not None

    def price(self, spent: Spent) -> float:
        """Return what was spent in money."""
        return (spent.read * self.price_read + spent.written * self.price_written) / 1e6

    def allows(self, spent: Spent) -> bool:
        """Return whether so much is within all limits."""
        return (
            (self.calls is None or spent.calls <= self.calls)
            and (self.tokens is None or spent.read + spent.written <= self.tokens)
            and (self.money is None or self.price(spent) <= self.money)
        )

    def error(self, spent: Spent, left: int, next_one: Spent) -> BudgetSpentError:
        """Return the error of a budget that does not allow the next question, which may cost `next_one`."""
        shown = [f"{spent.calls} of {_limit(self.calls)} calls"]
        shown.append(f"{spent.read + spent.written} of {_limit(self.tokens)} tokens")
        if self.price_read + self.price_written:
            shown.append(f"{self.price(spent):.6g} of {_limit(self.money)} in money")
        more = f" (the next may cost {next_one.read + next_one.written} tokens)" if self.counts_tokens else ""
        return BudgetSpentError(
            f"the teacher's budget is spent: {', '.join(shown)}; {left} asks are left{more}. All answers are kept: "
            "raise teacher.calls, teacher.tokens or teacher.money and run again to go on",
            spent,
            left,
        )


def most(ask: Ask) -> Spent:
    """Return what a question may cost at most: a token for every byte it has, and the longest answer.

    No byte-level tokenizer makes more tokens than bytes; `FRAME` is for what a chat template adds.
    """
    texts = [content for _, content in ask.prompt.messages] + [ask.prompt.prefix]
    size = sum(len(text.encode("utf-8", "replace")) for text in texts)
    return Spent(1, size + FRAME * (1 + len(ask.prompt.messages)), ask.sampling.tokens)


@dataclass(frozen=True, slots=True)
class Summary:
    """A teacher's work, for manifests and tables.

    `calls`, tokens `read` and `written` and `money` are of all that the ledger's folder holds, by whichever run; where
    a server told no cost, the most that it may have been. The rest is of this desk: asks answered from the ledger,
    attempts after a reply of no use, refusals, and how many asks are without a usable reply, by reason (the first 20 by
    their text).
    """

    calls: int
    read: int
    written: int
    money: float
    known: int
    retries: int
    refusals: int
    failures: Mapping[str, int]

    def plain(self) -> dict[str, Any]:
        """Return the summary as JSON values."""
        return {**asdict(self), "failures": dict(self.failures)}


def _limit(value: float | None) -> str:
    return "unlimited" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
