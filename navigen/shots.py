"""Few-shot examples: turns of other users that stand before a question, never those of the user who is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.api import Kind
from navigen.chat import Message

Turns = tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Shots:
    """The turns of users by kind of question, in the order in which they are shown; `count` of them are, to anybody."""

    turns: Mapping[Kind, Mapping[str, Turns]] = field(default_factory=dict)
    count: int = 0

    def before(self, kind: Kind, user: str) -> Turns:
        """Return the turns of the first users who are not the one asked."""
        others = [own for name, own in self.turns.get(kind, {}).items() if name != user]
        return tuple(message for own in others[: self.count] for message in own)
