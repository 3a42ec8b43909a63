"""JSON from strangers: sizes and depth before parsing, no duplicate keys, NaN or endless numbers; then types."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import RefusalError

DIGITS = 400
WHOLE = 19  # digits of a whole number: what 64 bits hold
# A string, closed or not, is skipped as one: what it holds is no structure. Possessive, so that no text takes long.
TOKEN = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
Shape = Any  # a type, a tuple of types, a one-element list (of such), {"*": shape} (any keys) or {key: shape}


def read_strict(path: Path, place: str, limits: Limits = LIMITS) -> dict[str, Any]:
    """Return a JSON object; `place` names the file in refusals."""
    size = path.stat().st_size
    if size > limits.manifest:
        raise RefusalError("json-size", f"{place}: {size:,} bytes; the limit is {limits.manifest:,}")
    return parse(path.read_bytes(), place, limits)


def parse(raw: bytes, place: str, limits: Limits = LIMITS) -> dict[str, Any]:
    """Return the JSON object that the bytes are."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise RefusalError("json-encoding", f"{place}: byte {error.start}") from None
    check_depth(text, place, limits.depth)
    try:
        found = json.loads(
            text,
            object_pairs_hook=lambda pairs: _object(pairs, place),
            parse_constant=lambda word: _constant(word, place),
            parse_float=lambda digits: _float(digits, place),
            parse_int=lambda digits: _int(digits, place),
        )
    except (json.JSONDecodeError, RecursionError) as error:
        raise RefusalError("json-syntax", f"{place}: {error}") from None
    if not isinstance(found, dict):
        raise RefusalError("json-syntax", f"{place}: expected an object")
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise RefusalError("json-encoding", f"{place}: half a surrogate pair") from None
    return found


def check_depth(text: str, place: str, most: int) -> None:
    """Refuse nesting deeper than `most` before a parser meets it."""
    depth = 0
    for token in TOKEN.finditer(text):
        sign = token[0]
        if sign in "[{":
            depth += 1
            if depth > most:
                raise RefusalError("json-depth", f"{place}: nested deeper than {most} levels")
        elif sign in "]}":
            depth -= 1


def shape_faults(value: object, shape: Shape, code: str, place: str) -> Iterator[RefusalError]:
    """Yield (as `code`) values of another type than the shape tells; keys a shape does not name are let be."""
    if isinstance(shape, dict):
        if not isinstance(value, Mapping):
            yield RefusalError(code, f"{place}: expected an object, got {_type(value)}")
        elif "*" in shape:
            for key, part in value.items():
                yield from shape_faults(part, shape["*"], code, f"{place}.{key}")
        else:
            for key in [key for key in shape if key in value]:
                yield from shape_faults(value[key], shape[key], code, f"{place}.{key}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield RefusalError(code, f"{place}: expected a list, got {_type(value)}")
            return
        for number, part in enumerate(value):
            yield from shape_faults(part, shape[0], code, f"{place}[{number}]")
    else:
        kinds = shape if isinstance(shape, tuple) else (shape,)
        if type(value) not in kinds:
            names = " or ".join("null" if kind is type(None) else kind.__name__ for kind in kinds)
            yield RefusalError(code, f"{place}: expected {names}, got {_type(value)}")


def _type(value: object) -> str:
    return "null" if value is None else type(value).__name__


def _object(pairs: list[tuple[str, Any]], place: str) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        met: set[str] = set()
        twice = next(name for name, _ in pairs if name in met or met.add(name))  # type: ignore[func-returns-value]
        raise RefusalError("json-duplicate-key", f"{place}: {twice!r}")
    return made


def _constant(word: str, place: str) -> float:
    raise RefusalError("json-not-finite", f"{place}: {word}")


def _float(digits: str, place: str) -> float:
    if len(digits) > DIGITS:
        raise RefusalError("json-number", f"{place}: a number of {len(digits)} digits")
    value = float(digits)
    if not math.isfinite(value):
        raise RefusalError("json-not-finite", f"{place}: {digits}")
    return value


def _int(digits: str, place: str) -> int:
    if len(digits) > WHOLE:
        raise RefusalError("json-number", f"{place}: a whole number of {len(digits)} digits")
    return int(digits)
