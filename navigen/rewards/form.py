"""How an answer is formed: read strictly, with what its thought and its faults make of the reward.

`strict` is ours: what navigen.parse accepts earns the format's share, anything else earns nothing. The released rule,
which mends answers first and then takes a penalty off, is in navigen/rewards/released_form.py.

Departures from the released code:
1. Nothing is recovered from broken JSON, and an answer that was cut off is none.
2. A thought is asked of a policy that thinks only; released, an answer without one always loses four fifths.
3. No penalties: what they would punish (text around the object, two objects, open tags) is not accepted at all.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.api import Failure
from navigen.parse import read_instruction, split_thought
from navigen.rewards.hierarchy import Levels, read_code

TASKS = ("cid2cid", "cid2ins")
FORMS = ("strict", "released")
LEAST_THOUGHT = 11  # signs that are no blanks
THOUGHTLESS = 0.2


@dataclass(frozen=True, slots=True)
class Read:
    """An answer as it was read.

    `code`: levels of the code it names, None for a level without a number, and None where no code is named. `text` and
    `terms` of an instruction, () terms where none are written. `form`: 1 or 0. `think`: the gate, 1 with a thought (or
    where none is asked), else 0.2. `penalty`: in [0, 1]. `fault`: what is wrong with the answer, "" if nothing is.
    """

    form: float
    think: float
    penalty: float = 0.0
    code: Levels | None = None
    text: str = ""
    terms: tuple[str, ...] = ()
    fault: str = ""

    @property
    def factor(self) -> float:
        """What the penalty leaves: 1 without one, 0.3 at most of it."""
        return 0.3 + 0.7 * (1 - self.penalty)


def gate(thought: str) -> float:
    """Return 1 for a thought of more than ten signs that are no blanks, else 0.2."""
    return 1.0 if len("".join(thought.split())) >= LEAST_THOUGHT else THOUGHTLESS


def read_strict(
    text: str, task: str, finished: bool, think: bool = False, levels: int = 3, fields: Sequence[str] = ("target_ins",)
) -> Read:
    """Return an answer to "cid2cid" or "cid2ins" read as navigen reads it.

    `think`: a thought is asked. `levels`: of a code. `fields`: what an answer to cid2ins must hold.
    """
    gated = gate(split_thought(text)[0]) if think else 1.0
    if task == "cid2ins":
        told = read_instruction(text, finished, fields)
        if isinstance(told, Failure):
            return Read(0.0, gated, fault=told.reason)
        terms = told.terms if "target_tid" in fields else ()
        return Read(1.0, gated, text=told.text, terms=terms)
    code = read_answer(text, levels) if finished else "the answer was cut off before its end"
    return Read(0.0, gated, fault=code) if isinstance(code, str) else Read(1.0, gated, code=code)


def read_answer(text: str, levels: int) -> tuple[int, ...] | str:
    """Return the code of an answer to cid2cid, or what is wrong with the answer."""
    try:
        found: Any = json.loads(split_thought(text)[1])
    except (ValueError, RecursionError):
        return "the answer is not JSON"
    if not isinstance(found, dict):
        return "the answer is not a JSON object"
    named = found.get("target_cid")
    code = read_code(named, levels) if isinstance(named, str) else None
    return f"the answer names no code of {levels} levels" if code is None else code
