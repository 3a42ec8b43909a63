"""How the released code reads an answer: it takes a penalty off for its faults, mends it, and pays for what it mended.

Where the published description leaves something open, the choice made here is: keys count as repeated where they stand
in double quotes; the first object of an answer is the one that is read; without an object, the whole answer stands
before it; a thought that is opened and not closed is not mended.
"""

from __future__ import annotations

import json
import re
from typing import Any

from navigen.identifiers.codes import LETTERS
from navigen.rewards.form import Read, gate
from navigen.rewards.hierarchy import read_code

OPEN, CLOSE = "<think>", "</think>"
KEYS = {"cid2cid": ("target_cid",), "cid2ins": ("target_tid", "target_ins")}
THOUGHT = re.compile(r"<think>.*?</think>", re.DOTALL)
STRING = r'"((?:[^"\\]|\\.)*)"'
FIELD = {name: re.compile(rf'"{name}"\s*:\s*{STRING}', re.DOTALL) for name in ("target_cid", "target_ins")}
LIST = re.compile(r'"target_tid"\s*:\s*(\[[^\]]*\])', re.DOTALL)
Spot = tuple[int, int, dict[str, Any]]


def read_released(text: str, task: str, levels: int = 3) -> Read:
    """Return an answer to "cid2cid" or "cid2ins" as the released code reads it."""
    penalty = min(1.0, find_penalty(text, task))
    thought = THOUGHT.search(text)
    gated = gate(thought[0][len(OPEN) : -len(CLOSE)]) if thought else gate("")
    before, closed, after = text.partition(CLOSE)
    found = take(after if closed else text, task)
    if found is None:
        return Read(0.0, gated, penalty, fault="no object is found or recovered")
    kept = json.dumps({key: found[key] for key in KEYS[task] if key in found}, ensure_ascii=False)
    if closed:
        mended = f"{OPEN}{before.strip().removeprefix(OPEN)}{CLOSE}\n{kept}"
    else:
        mended = f"{OPEN}{kept}" if OPEN in text else kept
    sound = find_penalty(mended, task) == 0
    if task == "cid2cid":
        named = name_code(found.get("target_cid"))
        form = float(sound and read_code(named, levels) is not None)
        return Read(form, gated, penalty, read_levels(named, levels))
    terms, told = read_terms(found.get("target_tid")), found.get("target_ins")
    told = told.strip() if isinstance(told, str) else ""
    return Read(float(sound and bool(terms) and bool(told)), gated, penalty, text=told, terms=terms)


def find_penalty(text: str, task: str) -> float:
    """Return the sum of what the faults of a text cost."""
    opened, closed = text.count(OPEN), text.count(CLOSE)
    body = THOUGHT.sub("", text)
    found = objects(body)
    before = body[: found[0][0]] if found else body
    after = body[found[0][1] :] if found else ""
    repeated = sum(max(0, text.count(f'"{key}"') - 1) for key in KEYS[task])
    total = 0.35 * (opened != closed) + 0.2 * (opened > 1)
    total += 0.1 * (opened > 0 and not text.lstrip().startswith(OPEN))
    total += 0.2 * bool(before.strip()) + 0.45 * bool(after.strip()) + 0.2 * (len(found) > 1)
    return total + min(0.3, 0.1 * repeated)


def objects(text: str) -> list[Spot]:
    """Return the JSON objects of a text that are in no other, with where they begin and end."""
    decoder, found, place = json.JSONDecoder(), list[Spot](), 0
    while (place := text.find("{", place)) >= 0:
        try:
            value, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            place += 1
            continue
        found.append((place, end, value))
        place = end
    return found


def take(text: str, task: str) -> dict[str, Any] | None:
    """Return the first object of a text, or its fields put together from broken JSON; None where there are none."""
    if found := objects(text):
        return found[0][2]
    fields: dict[str, Any] = {}
    for name in KEYS[task]:
        match = LIST.search(text) if name == "target_tid" else FIELD[name].search(text)
        if match is None:
            continue
        try:
            fields[name] = json.loads(match[1] if name == "target_tid" else f'"{match[1]}"')
        except (ValueError, RecursionError):
            continue
    return fields or None


def name_code(value: object) -> str:
    """Return a code that stands as a text or as the only one of a list."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value.strip() if isinstance(value, str) else ""


def read_levels(text: str, levels: int) -> tuple[int | None, ...]:
    """Return the first number of every level in a text, None for a level that has none."""
    found = [re.search(rf"<s_{letter}_([0-9]{{1,18}})>", text) for letter in LETTERS[:levels]]
    return tuple(None if one is None else int(one[1]) for one in found)


def read_terms(value: object) -> tuple[str, ...]:
    """Return terms that stand as a list or as a text with commas, without empty ones."""
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    return tuple(part.strip() for part in parts if isinstance(part, str) and part.strip())
