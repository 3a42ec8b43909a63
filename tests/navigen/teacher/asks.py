"""Asks, readers, and a teacher in memory that counts what it is asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from typing import Any

from bench.api import Failure
from bench.lm import Prompt, Sampling
from navigen.teacher.protocol import Ask, Reply

Script = Callable[[Ask], Reply | Failure]


def ask(text: str, /, operation: str = "terms", seed: int = 0, tokens: int = 20, **facts: Any) -> Ask:
    return Ask(operation, text, facts, Prompt((("user", text),)), Sampling(tokens=tokens, seed=seed))


def asks(number: int) -> list[Ask]:
    return [ask(f"item {place}") for place in range(number)]


def read_json(ask: Ask, text: str) -> Any:
    return json.loads(text)["said"]


def said(value: object, read: int = 5, written: int = 7) -> Reply:
    return Reply(json.dumps({"said": value}), read, written)


class Fake:
    """Answers by a script; `seen` are the asks in order of arrival."""

    fingerprint = "fake"

    def __init__(self, script: Script) -> None:
        self.script = script
        self.seen: list[Ask] = []
        self.blocks: list[int] = []
        self._lock = threading.Lock()

    def answer(self, asks: Sequence[Ask]) -> list[Reply | Failure]:
        with self._lock:
            self.seen.extend(asks)
            self.blocks.append(len(asks))
        return [self.script(ask) for ask in asks]


def words(ask: Ask) -> str:
    return ask.prompt.messages[-1][1]
