"""Frozen dataclass <-> plain mapping <-> TOML <-> `--set a.b=c`; an unknown key or a wrong type is an error."""

from __future__ import annotations

import json
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from bench.api import Context, Task
from bench.errors import BenchError, unknown

T = TypeVar("T")


def settings(kind: type) -> dict[str, Any]:
    """Return the configurable fields of a dataclass with their types; the run's own `Context` is not one."""
    return dict(_settings(kind))


@cache
def _settings(kind: type) -> Mapping[str, Any]:
    hints = get_type_hints(kind)  # slow, and asked for once a row of a report
    return {line.name: hints[line.name] for line in _lines(kind) if hints[line.name] is not Context and line.init}


def build(kind: type[T], values: Mapping[str, object], where: str, **given: object) -> T:
    """Return `kind` made from plain values (from TOML, JSON or strings), each checked against its field's type.

    `where` names the source in errors; `given` are fields that are set as they are.
    """
    known = settings(kind)
    for name in values:
        if name not in known:
            raise unknown("setting", f"{where}.{name}", [f"{where}.{choice}" for choice in known])
    absent = [line.name for line in _lines(kind) if _required(line) and line.name not in {*values, *given}]
    if absent:
        raise BenchError(f"{where}: missing {', '.join(absent)}")
    made = {name: convert(value, known[name], f"{where}.{name}") for name, value in values.items()}
    return kind(**made, **given)


def convert(value: object, kind: Any, where: str) -> Any:
    """Return `value` as `kind`; text is read the way a command line means it ("3", "true", "a,b")."""
    if is_dataclass(kind) and isinstance(kind, type):
        return value if isinstance(value, kind) else build(kind, _mapping(value, where), where)
    origin = get_origin(kind)
    if origin in (Union, UnionType):
        return _first_fit(value, get_args(kind), where)
    if origin is tuple:
        parts = [part for part in value.split(",") if part] if isinstance(value, str) else value
        if not isinstance(parts, Sequence):
            raise _mismatch(value, kind, where)
        return tuple(convert(part, get_args(kind)[0], f"{where}[{index}]") for index, part in enumerate(parts))
    if origin is not None:
        inner = get_args(kind)[1]
        return {name: convert(part, inner, f"{where}.{name}") for name, part in _mapping(value, where).items()}
    if kind is Any:
        return value
    return _scalar(value, kind, where)


def plain(value: Any) -> Any:
    """Return a dataclass (or part of one) as JSON-able values; the inverse of `build`."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(getattr(value, name)) for name in settings(type(value))}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return value


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain settings with those of a part as `part.name`, as --set spells them."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        inner = flat(value) if isinstance(value, Mapping) else {}
        found |= {f"{name}.{key}": part for key, part in inner.items()} or {name: value}
    return found


def parts(kind: type) -> dict[str, Any]:
    """Return the settings of a dataclass that are dataclasses themselves, with their defaults as plain values."""
    inner = {name for name, hint in settings(kind).items() if is_dataclass(hint)}
    return {line.name: plain(_usual(line)) for line in _lines(kind) if line.name in inner}


def parse_assignments(texts: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return {"a": {"b": "c"}} for "a.b=c"; the section may hold dots, the key may not."""
    found: dict[str, dict[str, str]] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        section, dot, name = path.rpartition(".")
        if not equals or not dot or not section or not name:
            raise BenchError(f"--set {text}: expected section.name=value, for example policy.seen=mask")
        found.setdefault(section, {})[name] = value
    return found


def read_toml(path: Path) -> dict[str, Any]:
    """Return a parsed TOML file, or say where it breaks."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: not valid TOML ({error})") from None


def read_card(path: Path) -> Task:
    """Return the task card written in a TOML file."""
    return build(Task, read_toml(path), str(path))


def to_toml(values: Mapping[str, Any]) -> str:
    """Return TOML text for nested mappings of scalars and lists; nested mappings become tables."""
    lines: list[str] = []

    def write(part: Mapping[str, Any], prefix: str) -> None:
        lines.extend(f"{_key(name)} = {_toml(value)}" for name, value in part.items() if not isinstance(value, Mapping))
        for name, value in part.items():
            if isinstance(value, Mapping):
                lines.extend(["", f"[{prefix}{_key(name)}]"])
                write(value, f"{prefix}{_key(name)}.")

    write(values, "")
    return "\n".join(lines) + "\n"


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return "[" + ", ".join(_toml(part) for part in value) + "]"


def _lines(kind: Any) -> tuple[Field[Any], ...]:
    return fields(kind)


def _usual(line: Field[Any]) -> Any:
    return line.default if line.default_factory is MISSING else line.default_factory()


def _required(line: Field[Any]) -> bool:
    return line.init and line.default is MISSING and line.default_factory is MISSING


def _mapping(value: object, where: str) -> Mapping[str, object]:
    if isinstance(value, Mapping):
        return value
    raise BenchError(f"{where}: expected a table of settings, got {value!r}")


def _first_fit(value: object, kinds: tuple[Any, ...], where: str) -> Any:
    if type(None) in kinds and (value is None or value in {"none", ""}):
        return None
    for kind in (kind for kind in kinds if kind is not type(None)):
        try:
            return convert(value, kind, where)
        except BenchError:
            continue
    raise _mismatch(value, " or ".join(_name(kind) for kind in kinds), where)


def _scalar(value: object, kind: Any, where: str) -> Any:
    if isinstance(kind, type) and issubclass(kind, Enum):
        choices = [member.value for member in kind]
        if value in choices:
            return kind(value)
        raise unknown(where, str(value), choices)
    if kind is bool and isinstance(value, str) and value.lower() in {"true", "false"}:
        return value.lower() == "true"
    if kind in (int, float) and isinstance(value, str):
        try:
            value = kind(value)
        except ValueError:
            raise _mismatch(value, kind, where) from None
    if kind is float and isinstance(value, float) and not math.isfinite(value):
        raise BenchError(f"{where}: expected a finite number, got {value}")
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if kind is Path and isinstance(value, str):
        return Path(value)
    if isinstance(kind, type) and isinstance(value, kind) and not (kind is int and isinstance(value, bool)):
        return value
    raise _mismatch(value, kind, where)


def _mismatch(value: object, kind: Any, where: str) -> BenchError:
    return BenchError(f"{where}: expected {kind if isinstance(kind, str) else _name(kind)}, got {value!r}")


def _name(kind: Any) -> str:
    return getattr(kind, "__name__", str(kind)) if get_origin(kind) is None else str(kind)
