"""What a suite asks of its user before it can run, and how settings are laid over those of a configuration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from bench.errors import BenchError
from bench.listing import Suite
from bench.rendering import is_rendering

Sections = Mapping[str, Mapping[str, str]]


def check_asked(grids: Iterable[Suite], told: Sections) -> None:
    """Raise BenchError that names every setting which only the user knows and has not said."""
    asked = missing_of(grids, told)
    if asked:
        lines = "".join(f"\n  --set {name}=...  {what}" for name, what in asked.items())
        raise BenchError(f"the suite cannot know and asks for:{lines}\n(navibench doctor --suite NAME tells what else)")


def missing_of(grids: Iterable[Suite], told: Sections) -> dict[str, str]:
    """Return the settings that grids ask of the user and `told` does not say, with what each is."""
    found = {}
    for grid in grids:
        for name, what in grid.asks:
            section, _, key = name.rpartition(".")
            wanted = section.split(".")[0] in grid.systems or is_rendering(section)
            if wanted and key not in told.get(section, {}):
                found[name] = what
    return found


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of both, the second's where both say one; tables are merged likewise."""
    found = dict(first)
    for name, value in second.items():
        usual = found.get(name)
        tables = isinstance(usual, Mapping) and isinstance(value, Mapping)
        found[name] = merged(dict(usual or {}), value) if tables else value
    return found


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings in which "part.name" stands as a table: {"part": {"name": ...}}."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        part, dot, inner = name.partition(".")
        found = merged(found, {part: nest({inner: value})} if dot else {name: value})
    return found
