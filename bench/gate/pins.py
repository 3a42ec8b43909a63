"""Pinned references on disk: a TOML file that says what was asked and allowed, and a file of per-case scores each."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from bench.config import build, plain, read_toml, to_toml
from bench.errors import BenchError, unknown
from bench.io import file_sha256, write_text
from bench.tables import Scores, read_scores

SCHEMA = 1
FAILED = "failed"  # the share of failed cases can be gated like a metric


@dataclass(frozen=True, slots=True)
class Pin:
    """One reference: the question, who answered it, what a candidate may lose, and where its per-case scores are.

    `margins` map a metric to the largest loss allowed: a number in the metric's unit, or a share of the reference's
    mean such as "10%". `alpha` is the one-sided error of passing a candidate that has lost as much as the margin.
    `card` is a card file beside the TOML file, for a task that is not registered; `scores` lies below that folder too.
    """

    task: str
    version: str
    system: str
    fingerprint: str
    seen: str
    scores: str
    sha256: str
    margins: dict[str, float | str]
    settings: dict[str, Any] = field(default_factory=dict)
    seeds: tuple[int, ...] = (0,)
    limit: int | None = None
    alpha: float = 0.05
    card: str = ""


@dataclass(frozen=True)
class Pins:
    """The pins of one file, by name."""

    path: Path
    table: dict[str, Pin]

    def read_scores(self, name: str) -> Scores:
        """Return a reference's per-case scores, or say that the file is not the one that was pinned."""
        pin = self.table[name]
        place = self.path.parent / pin.scores
        if not place.resolve().is_relative_to(self.path.parent.resolve()):
            raise BenchError(f"{self.path}: {name}: scores lie outside this file's folder: {pin.scores}")
        found = read_scores(place)
        if file_sha256(place) != pin.sha256:
            raise BenchError(f"{place}: is not the file that {self.path} names; pin again (navibench pin --again)")
        return found

    def choose(self, patterns: Iterable[str]) -> dict[str, Pin]:
        """Return the pins whose names match one of the patterns ("product/*"), all if there is none."""
        wanted = list(patterns)
        for pattern in wanted:
            if not any(matches(name, pattern) for name in self.table):
                raise unknown(f"entry of {self.path}", pattern, self.table)
        return {name: pin for name, pin in self.table.items() if not wanted or any(matches(name, p) for p in wanted)}


def matches(name: str, pattern: str) -> bool:
    """Return whether a pin's name is the pattern itself or matches it."""
    return name == pattern or fnmatchcase(name, pattern)


def read_pins(path: Path) -> Pins:
    """Return the pins of a file; unknown keys, wrong types and senseless margins are errors that name the place."""
    told = read_toml(path)
    schema = told.get("schema")
    if not isinstance(schema, int):
        raise BenchError(f"{path}: no pinned references; expected schema = {SCHEMA} and [entries.NAME] tables")
    if schema > SCHEMA:
        raise BenchError(f"{path}: schema {schema} is newer than {SCHEMA}; upgrade navibench")
    for name in told:
        if name not in {"schema", "entries"}:
            raise unknown(f"key of {path}", name, ("schema", "entries"))
    entries = told.get("entries")
    if not isinstance(entries, Mapping) or not entries:
        raise BenchError(f"{path}: no entries; make one with navibench pin RUN --margin METRIC=SIZE")
    found = {}
    for name, values in entries.items():
        if not isinstance(values, Mapping):
            raise BenchError(f"{path}: entries.{name}: expected a table, got {values!r}")
        found[name] = checked_pin(build(Pin, values, f"{path}: {name}"), f"{path}: {name}")
    return Pins(path, found)


def checked_pin(pin: Pin, where: str) -> Pin:
    """Return the pin, or raise BenchError for margins or an alpha that make no sense."""
    if not pin.margins:
        raise BenchError(f"{where}: no margins; name one metric or more")
    for metric, size in pin.margins.items():
        margin_of(size, 1.0, f"{where}: margins.{metric}")
    if not 0 < pin.alpha < 0.5:
        raise BenchError(f"{where}: alpha {pin.alpha}: expected a number between 0 and .5 such as 0.05")
    if not pin.seeds or (pin.limit is not None and pin.limit < 1):
        raise BenchError(f"{where}: expected one seed or more and a limit of at least 1")
    return pin


def margin_of(size: float | str, mean: float, where: str) -> float:
    """Return a margin in the metric's unit; "10%" is a tenth of the reference's `mean`, whatever its sign."""
    text = str(size).strip()
    try:
        value = float(text.removesuffix("%")) * (abs(mean) / 100.0 if text.endswith("%") else 1.0)
    except ValueError:
        raise BenchError(f"{where}: expected a number or a share such as 10%, got {size!r}") from None
    if not math.isfinite(value) or value <= 0.0:
        zero = "; the reference's mean is 0, give an absolute margin" if mean == 0 and text.endswith("%") else ""
        raise BenchError(f"{where}: expected a margin above 0, got {size!r}{zero}")
    return value


def write_pins(pins: Pins) -> None:
    """Write the TOML file; the files of scores must be there already."""
    entries = {name: toml_ready(plain(pin)) for name, pin in sorted(pins.table.items())}
    content = {"schema": SCHEMA, "entries": entries}
    write_text(pins.path, "# Made by navibench pin; margins and alpha may be edited.\n" + to_toml(content))


def toml_ready(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as TOML can hold them: what is empty left out, a setting of None spelled out."""
    ready: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value in ("", {}):
            continue
        if isinstance(value, Mapping):
            ready[name] = {key: "none" if part is None else part for key, part in value.items()}
        else:
            ready[name] = value
    return ready


def file_name(name: str) -> str:
    """Return the name of the file that holds a pin's scores, letters, digits, dots and hyphens only."""
    return re.sub(r"[^A-Za-z0-9.-]+", "-", name).strip(".-")[:150] + ".parquet"
