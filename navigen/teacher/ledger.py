"""What a teacher has answered, on disk: usable replies in one file, what went wrong in another, and what both cost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from bench.errors import BenchError
from bench.io import digest, only_one
from bench.lm import Sampling
from bench.rng import entropy
from navigen.teacher.lines import Lines, Row
from navigen.teacher.protocol import Ask

REPLIES = "replies.jsonl"
FAILURES = "failures.jsonl"
Kind = Literal["refused", "unreadable", "unanswered", "unreached"]
KINDS: frozenset[Kind] = frozenset({"refused", "unreadable", "unanswered", "unreached"})
SILENT: frozenset[Kind] = frozenset({"unanswered", "unreached"})  # nothing was written


@dataclass(frozen=True, slots=True)
class Key:
    """What names a question: the teacher's fingerprint, and the digest of the ask as this attempt sends it."""

    teacher: str
    ask: str


@dataclass(frozen=True, slots=True)
class Spent:
    """What was asked for and paid: calls, tokens read, tokens written."""

    calls: int = 0
    read: int = 0
    written: int = 0

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.calls + other.calls, self.read + other.read, self.written + other.written)

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.calls - other.calls, self.read - other.read, self.written - other.written)


@dataclass(frozen=True, slots=True)
class Kept:
    """A usable reply to attempt `attempt` (from 0) of an ask, as a line of the ledger."""

    key: Key
    operation: str
    sample: str
    attempt: int
    text: str
    read: int
    written: int


@dataclass(frozen=True, slots=True)
class Missed:
    """A request without a usable reply. Where nothing was written (`SILENT`) the same attempt may be made again.

    `read`, `written`: tokens as the server told; where it told none of a request that it may have worked on, the most
    that may have been. Only one that nobody was there to get ("unreached") is no call.
    """

    key: Key
    operation: str
    sample: str
    attempt: int
    kind: Kind
    reason: str
    read: int
    written: int


class Ledger:
    """The two files of a folder, read once and then kept up with; written to only while the folder's lock is held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.spent = Spent()
        self._replies = Lines(folder / REPLIES)
        self._failures = Lines(folder / FAILURES)
        self._texts: dict[Key, str] = {}
        self._spoilt: dict[Key, int] = {}
        self._held = False

    @contextmanager
    def held(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Hold the folder's lock in the block, after waiting for whoever holds it, and know all that is written."""
        with only_one(self.folder, waiting):
            self.look()
            self._held = True
            try:
                yield
            finally:
                self._held = False

    def look(self) -> None:
        """Read what was written since the last look, by whomever."""
        for row in self._replies.fresh():
            self._know(kept_of(row, self._replies.path))
        for row in self._failures.fresh():
            self._note(missed_of(row, self._failures.path))

    def text(self, key: Key) -> str | None:
        """Return a usable reply, or None."""
        return self._texts.get(key)

    def is_spoilt(self, key: Key) -> bool:
        """Return whether this attempt was answered by nothing of use, so that asking it again is no use either."""
        return key in self._spoilt

    def texts(self) -> dict[Key, str]:
        """Return all usable replies."""
        return dict(self._texts)

    def spoilt(self) -> dict[Key, int]:
        """Return the attempts that were answered by nothing of use, and their numbers."""
        return dict(self._spoilt)

    def fingerprint(self) -> str:
        """Return the sha256 over all usable replies, whatever their order."""
        return digest(sorted([key.teacher, key.ask, text] for key, text in self._texts.items()))

    def write(self, kept: Sequence[Kept], missed: Sequence[Missed]) -> None:
        """Append lines to both files; they are on disk when this returns."""
        if not self._held:
            raise BenchError(f"{self.folder}: the ledger is written to only while it is held")
        self._replies.append(row_of(line) for line in kept)
        for line in kept:
            self._know(line)
        self._failures.append(row_of(line) for line in missed)
        for lost in missed:
            self._note(lost)

    def _know(self, line: Kept) -> None:
        self._texts.setdefault(line.key, line.text)
        self.spent += Spent(1, line.read, line.written)

    def _note(self, line: Missed) -> None:
        if line.kind not in SILENT:
            self._spoilt[line.key] = line.attempt
        self.spent += Spent(int(line.kind != "unreached"), line.read, line.written)


def ask_digest(ask: Ask, by_facts: bool = False) -> str:
    """Return the sha256 over what is asked: operation, prompt, sampling, and (`by_facts`) the facts.

    The sample's name is no part of it: equal questions have equal answers.
    """
    told: list[Any] = [ask.operation, ask.prompt.messages, ask.prompt.prefix, sampling_row(ask.sampling)]
    return digest([*told, dict(ask.facts)] if by_facts else told)


def as_attempt(ask: Ask, attempt: int) -> Ask:
    """Return the ask as its attempt-th sends it: the first (0) as it is, later ones with a seed of their own."""
    if not attempt:
        return ask
    seed = entropy(ask.sampling.seed, "attempt", attempt) % 2**31
    return replace(ask, sampling=replace(ask.sampling, seed=seed))


def row_of(line: Kept | Missed) -> Row:
    """Return a line of a file as JSON values."""
    row: Row = {name: getattr(line, name) for name in type(line).__dataclass_fields__ if name != "key"}
    return {"teacher": line.key.teacher, "ask": line.key.ask, **row}


def kept_of(row: Row, path: Path) -> Kept:
    """Return a line of the ledger, checked."""
    made = _checked(row, path, {"attempt", "read", "written"}, {"operation", "sample", "text"})
    return Kept(_key(row, path), **made)


def missed_of(row: Row, path: Path) -> Missed:
    """Return a line of the failures, checked."""
    made = _checked(row, path, {"attempt", "read", "written"}, {"operation", "sample", "kind", "reason"})
    if made["kind"] not in KINDS:
        raise BenchError(f"{path}: kind {made['kind']!r}; expected one of {', '.join(sorted(KINDS))}")
    return Missed(_key(row, path), **made)


def _key(row: Row, path: Path) -> Key:
    return Key(**_checked(row, path, set(), {"teacher", "ask"}))


def _checked(row: Row, path: Path, numbers: set[str], texts: set[str]) -> dict[str, Any]:
    wrong = [name for name in sorted(texts) if not isinstance(row.get(name), str)]
    wrong += [name for name in sorted(numbers) if type(row.get(name)) is not int or row[name] < 0]
    if wrong:
        raise BenchError(f"{path}: a line without a valid {' and '.join(wrong)}; it is of another format or broken")
    return {name: row[name] for name in sorted(numbers | texts)}


def sampling_row(told: Sampling) -> Row:
    """Return how is written, as JSON values; BenchError for `allowed`, which has none."""
    if told.allowed is not None:
        raise BenchError("a teacher is asked without `allowed`, which no digest can tell; use a schema")
    return {
        "tokens": told.tokens,
        "temperature": told.temperature,
        "top_p": told.top_p,
        "seed": told.seed,
        "stop": told.stop,
        "schema": None if told.schema is None else json.dumps(dict(told.schema)),  # its order decides too
    }
