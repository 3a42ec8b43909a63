"""Single fields of a row: ids, times, numbers and item texts, or a word on why they are not."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

MISSING = frozenset({"", "nan", "null", "none", "n/a", "<na>"})
MAX_ID = 512
MILLISECONDS_FROM = 1e11
"""Numbers above this are milliseconds: as seconds they would lie after the year 5000."""

DEPTH = 8
"""Lists nested deeper hold nothing a catalogue means; the bound keeps hostile ones from exhausting the stack."""


def parse_id(value: object) -> str:
    """Return an id as text, or "" if it is missing, NaN, unprintable or overlong; 12.0 is read as 12."""
    if value is None or isinstance(value, bool):
        return ""
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        value = int(value) if value.is_integer() else value
    text = str(value).strip()
    if text.lower() in MISSING or len(text) > MAX_ID or not text.isprintable():
        return ""
    return text


def parse_number(value: object) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def parse_time(value: object) -> float | None:
    """Return seconds since 1970 (UTC where no zone is given), or None.

    Numbers are s, ms, us or ns by size, and YYYYMMDD where they read as one; texts are ISO dates. Forms that may
    be day-first or month-first are the business of `parse_written`, which is told which.
    """
    number = parse_number(value)
    if number is None:
        return parse_moment(value)
    if 19000101 <= number <= 21001231 and number.is_integer():
        day = parse_moment(str(value).strip().removesuffix(".0"))
        return _seconds(number) if day is None else day
    return _seconds(number)


def parse_moment(value: object) -> float | None:
    """Return seconds since 1970 of a datetime or an ISO text, or None."""
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def parse_written(text: str, form: str) -> float | None:
    """Return seconds since 1970 of a text in one strptime form, or None."""
    try:
        return parse_moment(datetime.strptime(text.strip(), form))
    except ValueError:
        return None


def _seconds(number: float) -> float:
    """Read s, ms, us and ns by size: each unit's range begins where the smaller one would pass the year 5000."""
    while number >= MILLISECONDS_FROM:
        number /= 1000
    return number


def as_text(value: object, depth: int = DEPTH) -> str:
    """Return one line of valid text from a string, a number or a (nested) list of strings; "" from anything else."""
    if isinstance(value, str):
        return " ".join((value if value.isascii() else value.encode("utf-8", "replace").decode()).split())
    if isinstance(value, (list, tuple)) and depth:
        return " ".join(part for part in (as_text(one, depth - 1) for one in value) if part)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return str(value)
    return ""


def as_terms(value: object, depth: int = DEPTH) -> tuple[str, ...]:
    """Return the terms of an attribute: a list's members (nested lists flattened), or a single value."""
    if isinstance(value, (list, tuple)):
        return tuple(term for part in value for term in as_terms(part, depth - 1)) if depth else ()
    text = as_text(value)
    return (text,) if text else ()


def attributes(row: Mapping[str, object], names: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return the named fields that say anything, in sorted order of their names."""
    found = {as_text(name): as_terms(row.get(name)) for name in sorted(names)}
    return {name: terms for name, terms in found.items() if terms}


def media_path(folder: Path, value: object) -> Path | None:
    """Return the existing file `value` names inside `folder`, or None: a path that leads out of it names nothing."""
    text = as_text(value)
    if not text:
        return None
    path = folder / text
    inside = path.resolve().is_relative_to(folder.resolve())
    return path if inside and path.is_file() else None
