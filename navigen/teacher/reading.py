"""Replies of a teacher read strictly: the JSON that was asked for, or a ValueError that says what is wrong.

Departure from the released code: nothing is cut out of prose, so a refusal is never terms and a broken score is asked
for again. A thought before the answer and one code fence around all of it are allowed, because models put them there
whatever they are told, and neither leaves any doubt about the answer.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from typing import Any

from bench.terms import normalise
from navigen.parse import split_thought
from navigen.teacher.fitness import CRITERIA, Scores
from navigen.teacher.refusals import refusal

FENCE = re.compile(r"```(?:json)?\s*\n(.*)\n\s*```", re.DOTALL)
LONGEST = 1200  # letters of an instruction
PHRASE = 5  # words of a term
OPENING = 8  # terms that are read as one text, for a refusal that was cut into terms
COMMENT = 400  # letters of a reason or comment that are kept


def read_object(text: str, fields: Sequence[str]) -> dict[str, Any]:
    """Return the JSON object of a reply, which has exactly `fields`."""
    bare = split_thought(text)[1].strip()
    if fenced := FENCE.fullmatch(bare):
        bare = fenced[1]
    try:
        found: Any = json.loads(bare)
    except RecursionError:
        raise ValueError("lists too deep") from None
    if not isinstance(found, dict):
        raise ValueError("not a JSON object")
    if set(found) != set(fields):
        raise ValueError(f"expected exactly the fields {', '.join(fields)}")
    return found


def read_text(value: Any, name: str, most: int, lines: bool = False) -> str:
    """Return a text with its blanks made one, unless its `lines` matter; empty or longer than `most` is an error."""
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name}: expected a text")
    plain = value.strip() if lines else " ".join(value.split())
    if len(plain) > most:
        raise ValueError(f"{name}: longer than {most} letters")
    if any("\ud800" <= sign <= "\udfff" for sign in plain):
        raise ValueError(f"{name}: holds half a character")
    return plain


def no_refusal(text: str, name: str) -> str:
    """Return a text that was taken out of JSON; one that is a refusal is an error."""
    if (words := refusal(text.lstrip("[{( "))) is not None:  # as whole replies, what begins like JSON is passed over
        raise ValueError(f"{name}: a refusal: {words}")
    return text


def read_terms(text: str) -> tuple[str, ...]:
    """Return the normalised terms of a reply {"terms": [...]}, without those that are longer than a short phrase."""
    found = read_object(text, ("terms",))["terms"]
    if not isinstance(found, list) or not all(isinstance(term, str) for term in found):
        raise ValueError("terms: expected a list of texts")
    around, size = found * 2, min(OPENING, len(found))
    for place in range(len(found)):
        # A term is read with those behind it: "Sorry" alone declines, beside "board game" it is a game.
        no_refusal(" ".join(around[place : place + size]), "terms")
    terms = normalise(term for term in found if len(term.split()) <= PHRASE)
    if not terms:
        raise ValueError("terms: none of them is an English word or short phrase")
    return terms


def read_drafts(text: str, names: Sequence[str]) -> list[tuple[str, str]]:
    """Return (instruction, why) of each named draft of a reply {name: {"instruction": ..., "why": ...}}."""
    found = read_object(text, names)
    drafts = []
    for name in names:
        one = found[name]
        if not isinstance(one, dict):
            raise ValueError(f"{name}: expected an object")
        told = no_refusal(read_text(one.get("instruction"), f"{name}: instruction", LONGEST), f"{name}: instruction")
        drafts.append((told, read_text(one.get("why"), f"{name}: why", 4 * COMMENT)[:COMMENT]))
    return drafts


def read_scores(text: str, names: Sequence[str]) -> list[tuple[Scores, str]]:
    """Return (scores, comment) of each named candidate; each criterion is a number in [0, 10]."""
    found = read_object(text, names)
    scored = []
    for name in names:
        one = found[name]
        if not isinstance(one, dict):
            raise ValueError(f"{name}: expected an object")
        values = [_number(one.get(criterion), f"{name}: {criterion}") for criterion in CRITERIA]
        comment = one.get("comment", "")
        scored.append((Scores(*values), " ".join(str(comment).split())[:COMMENT]))
    return scored


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name}: expected a number")
    if not 0 <= value <= 10:
        raise ValueError(f"{name}: outside [0, 10]")
    return float(value)
