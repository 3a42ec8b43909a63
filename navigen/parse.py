"""Answers read strictly: the JSON that was asked for, or a failure that says what was wrong with it.

Departure from the released code: nothing is recovered from broken JSON, so the share of answers that parse is that of
answers as written.
"""

from __future__ import annotations

import json
from typing import Any

from bench.api import Failure, Instruction
from bench.terms import normalise
from navigen.prompt import CLOSE_THOUGHT


def split_thought(text: str) -> tuple[str, str]:
    """Return the thought before the closing think tag, and the answer after it."""
    thought, closed, answer = text.rpartition(CLOSE_THOUGHT.strip())
    return (thought.removeprefix("<think>").strip(), answer.strip()) if closed else ("", text.strip())


def read_instruction(text: str, finished: bool) -> Instruction | Failure:
    """Return the instruction and the terms of an answer to cid2ins."""
    if not finished:
        return Failure("the answer was cut off before its end")
    try:
        found: Any = json.loads(split_thought(text)[1])
    except json.JSONDecodeError:
        return Failure("the answer is not JSON")
    if not isinstance(found, dict):
        return Failure("the answer is not a JSON object")
    told, terms = found.get("target_ins"), found.get("target_tid", [])
    if not isinstance(told, str) or not told.strip():
        return Failure("the answer has no instruction")
    if not isinstance(terms, list):
        return Failure("the answer's terms are not a list")
    return Instruction(told.strip(), normalise(terms))
