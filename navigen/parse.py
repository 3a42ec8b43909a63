"""Answers read strictly: the JSON that was asked for, or a failure that says what was wrong with it.

Departure from the released code: nothing is recovered from broken JSON, so the share of answers that parse is that of
answers as written.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bench.api import Failure, Instruction
from bench.terms import normalise
from navigen.prompt import CLOSE_THOUGHT, OPEN_THOUGHT


def split_thought(text: str) -> tuple[str, str]:
    """Return the thought of a text that begins with one, and the answer after it."""
    bare, opening = text.strip(), OPEN_THOUGHT.strip()
    if not bare.startswith(opening):
        return "", bare
    thought, closed, answer = bare.removeprefix(opening).partition(CLOSE_THOUGHT.strip())
    return (thought.strip(), answer.strip()) if closed else ("", bare)


def read_instruction(text: str, finished: bool, fields: Sequence[str] = ("target_ins",)) -> Instruction | Failure:
    """Return the instruction and the terms of an answer to cid2ins that has all of `fields`."""
    if not finished:
        return Failure("the answer was cut off before its end")
    try:
        found: Any = json.loads(split_thought(text)[1])
    except (ValueError, RecursionError):  # beside broken JSON: numbers too long to read, lists too deep
        return Failure("the answer is not JSON")
    if wrong := find_fault(found, fields):
        return Failure(wrong)
    return Instruction(found["target_ins"].strip(), normalise(found.get("target_tid", [])))


def find_fault(found: Any, fields: Sequence[str]) -> str:
    """Return what is wrong with the parsed JSON of an answer to cid2ins; "" if nothing is."""
    if not isinstance(found, dict):
        return "the answer is not a JSON object"
    if absent := [name for name in fields if name not in found]:
        return f"the answer has no {', '.join(absent)}"
    told, terms = found.get("target_ins"), found.get("target_tid", [])
    if not isinstance(told, str) or not told.strip():
        return "the answer has no instruction"
    if any("\ud800" <= sign <= "\udfff" for sign in told):
        return "the answer's instruction holds half a character"
    if not isinstance(terms, list) or not all(isinstance(term, str) for term in terms):
        return "the answer's terms are not a list of texts"
    return ""
