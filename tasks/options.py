"""Checking the options of a card or an import: types, finite numbers and ranges, before any file is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping

from bench.errors import BenchError

WORDS = {"int": "a whole number", "float": "a number", "str": "text", "bool": "true or false"}
"""Annotations that are checked, as a user would say them; options annotated otherwise are left to their readers."""

NO_LEAST = float("-inf")
"""The `min_value` that leaves nothing out: the one number allowed to be infinite."""


def check_options(options: Mapping[str, object], annotations: Mapping[str, object], section: str = "") -> None:
    """Raise BenchError for the first option whose value is not of its annotated type.

    bool is no int, an int will do for a float, numbers are finite (but for NO_LEAST). `section` precedes the names.
    """
    for name, value in options.items():
        kind = str(annotations.get(name, ""))
        if kind in WORDS and not _fits(value, kind):
            raise BenchError(f"{section}{name}: expected {WORDS[kind]}, got {value!r}")


def check_least(options: Mapping[str, object], names: tuple[str, ...], section: str = "") -> None:
    """Raise BenchError for the first of the named whole numbers that is negative."""
    for name in names:
        value = options[name]
        if isinstance(value, int) and value < 0:
            raise BenchError(f"{section}{name}: expected 0 or more, got {value}")


def _fits(value: object, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "bool"
    if isinstance(value, float):
        return kind == "float" and (math.isfinite(value) or value == NO_LEAST)
    return isinstance(value, {"int": int, "float": int, "str": str, "bool": bool}[kind])
