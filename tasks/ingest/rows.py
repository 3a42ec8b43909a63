"""The typed rows every adapter yields, and the count of those it had to leave out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from bench.api import Item, Setting
from bench.errors import BenchError


class Event(NamedTuple):
    """One thing a user did: `time` in seconds since 1970 (None: file order only), `value` a rating, price or watch."""

    user: str
    item: str
    time: float | None = None
    basket: str | None = None
    value: float | None = None


@dataclass(slots=True)
class Notes:
    """Counts rows that were left out, by reason, with the first place of each; `strict` refuses the first one."""

    strict: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)

    def drop(self, reason: str, path: Path, line: int) -> None:
        """Count one malformed row, or raise BenchError naming file and line where strict."""
        if self.strict:
            raise BenchError(
                f"{path}:{line}: {reason}; mend or remove the row, or count it instead (strict = false, --lenient)"
            )
        self.counts[reason] = self.counts.get(reason, 0) + 1
        self.first.setdefault(reason, f"{path.name}:{line}")

    def total(self) -> int:
        """Return how many rows were left out."""
        return sum(self.counts.values())

    def provenance(self) -> dict[str, Setting]:
        """Return the total, where the first one is and why (`malformed_first`), and a line a reason."""
        reasons = {f"malformed.{why}": f"{self.counts[why]}, first at {self.first[why]}" for why in sorted(self.counts)}
        first = next((f"{place}: {why}" for why, place in self.first.items()), "")
        return {"malformed": self.total(), **({"malformed_first": first} if first else {}), **reasons}


@dataclass(slots=True)
class Raw:
    """What an adapter hands over: lazy events and items, the files they come from.

    `describe` is called with the ids worth describing once the events are clean, so that a catalogue of millions is
    streamed past, not held. `extra` goes to the provenance.
    """

    files: tuple[Path, ...]
    events: Callable[[], Iterator[Event]]
    describe: Callable[[], Iterator[Item]]
    extra: dict[str, Setting] = field(default_factory=dict)
    whole_catalogue: bool = False
