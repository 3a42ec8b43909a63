"""Lazy tables of names: what is registered, and the object behind a name only when it is asked for.

Built-in and outside packages plug in the same way, by entry point (group "navibench.tasks", "navibench.suites",
"navibench.systems" or "navibench.scorers", value "module:TABLE"), where TABLE maps names to `bench.api.Entry`.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from bench.api import Entry, Scorer, Statistic, Suite, Task
from bench.errors import BenchError, unknown

GROUPS = ("tasks", "suites", "systems", "scorers", "data")


def resolve(target: str, needs: str = "") -> Any:
    """Return the object at "module:attribute"; a missing optional package is an error that names the extra."""
    module, _, attribute = target.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise BenchError(f"{target}: there is no module {error.name}") from None
        extra = f'pip install "navibench[{needs}]"' if needs else f"pip install {error.name}"
        raise BenchError(f"{target} needs the package {error.name}: {extra}") from None
    except AttributeError:
        raise BenchError(f"{target}: module {module} has no {attribute!r}") from None


@cache
def table(group: str) -> dict[str, Entry]:
    """Return every registered name of a group, sorted; two packages that claim one name are an error."""
    merged: dict[str, Entry] = {}
    points = sorted(entry_points(group=f"navibench.{group}"), key=lambda point: (point.name, point.value))
    if not points:
        raise BenchError("no tables are registered: install the package first (pip install -e .)")
    for point in points:
        for name, entry in resolve(point.value).items():
            if merged.setdefault(name, entry) != entry:
                raise BenchError(f"{group}: {name!r} is registered twice; {point.value} must choose another name")
    return dict(sorted(merged.items()))


def entry(group: str, name: str) -> Entry:
    """Return the table line for a name, or an error with the nearest names.

    A name of the form "module:attribute" stands for itself, so that a class can be tried before it is packaged.
    """
    if ":" in name:
        return Entry(name, "")
    lines = table(group)
    if name not in lines:
        raise unknown(group.removesuffix("s"), name, lines)
    return lines[name]


def task(name: str) -> Task:
    """Return a task card by name, or by the path of a card file (`.toml`)."""
    if name.endswith(".toml"):
        from bench.config import read_card

        return read_card(Path(name))
    found: Task = _load("tasks", name)
    return found


def suite(name: str) -> Suite:
    """Return a suite card by name."""
    found: Suite = _load("suites", name)
    return found


def system(name: str) -> type[Any]:
    """Return the class of a system: a dataclass whose fields are its configuration."""
    found: type[Any] = _load("systems", name)
    return found


def scorer(name: str) -> Scorer | Statistic:
    """Return a scorer by name; "recall@10" is the table's line "recall@k" with k = 10."""
    if match := re.fullmatch(r"(.+)@(\d{1,6})", name):
        made: Scorer | Statistic = _load("scorers", f"{match[1]}@k")(k=int(match[2]))
        return made
    made = _load("scorers", name)()
    return made


def _load(group: str, name: str) -> Any:
    line = entry(group, name)
    return resolve(line.target, line.needs)
