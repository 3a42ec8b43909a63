"""Lazy tables of names: what is registered, and the object behind a name only when it is asked for.

Built-in and outside packages plug in the same way, by entry point (group "navibench." and one of `GROUPS`, value
"module:TABLE"), where TABLE maps names to `bench.listing.Entry`.
"""

from __future__ import annotations

import re
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from bench.api import Scorer, Statistic, Task
from bench.errors import BenchError, unknown
from bench.listing import Entry, Suite

GROUPS = ("tasks", "suites", "systems", "generators", "scorers", "data", "configs")


def resolve(target: str, needs: str = "") -> Any:
    """Return the object at "module:attribute"; a missing optional package is an error that names the extra.

    Whatever else goes wrong inside the module while it is imported is an error that names the module and the reason.
    """
    module, _, attribute = target.partition(":")
    if not module or not attribute or module.startswith("."):
        raise BenchError(f"{target!r}: expected module:attribute")
    try:
        loaded = import_module(module)
    except ModuleNotFoundError as error:
        if error.name and module.startswith(error.name):
            raise BenchError(f"{target}: there is no module {error.name}") from None
        extra = f'pip install "navibench[{needs}]"' if needs else f"pip install {error.name}"
        raise BenchError(f"{target} needs the package {error.name}: {extra}") from None
    except Exception as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BenchError(f"{target}: importing {module} failed ({reason})") from error
    if not hasattr(loaded, attribute):
        raise BenchError(f"{target}: module {module} has no {attribute!r}")
    return getattr(loaded, attribute)


@cache
def tables(group: str) -> tuple[dict[str, Entry], tuple[str, ...]]:
    """Return every registered name of a group, sorted, and a line for each plug-in that could not be read.

    Two packages that claim one name are an error; a broken plug-in only takes its own names away.
    """
    merged: dict[str, Entry] = {}
    broken: list[str] = []
    points = sorted(entry_points(group=f"navibench.{group}"), key=lambda point: (point.name, point.value))
    if not points:
        raise BenchError("no tables are registered: install the package first (pip install -e .)")
    for point in points:
        try:
            lines = dict(resolve(point.value))
        except (BenchError, TypeError, ValueError) as error:
            broken.append(f"plug-in {point.name}: {error}")
            continue
        for name, line in lines.items():
            if merged.setdefault(name, line) != line:
                raise BenchError(f"{group}: {name!r} is registered twice; {point.value} must choose another name")
    return dict(sorted(merged.items())), tuple(broken)


def table(group: str) -> dict[str, Entry]:
    """Return every registered name of a group, sorted."""
    return tables(group)[0]


def entry(group: str, name: str) -> Entry:
    """Return the table line for a name, or an error with the nearest names.

    A name of the form "module:attribute" stands for itself, so that a class can be tried before it is packaged.
    """
    if ":" in name:
        return Entry(name, "")
    lines = table(group)
    if name not in lines:
        error = unknown(group.removesuffix("s"), name, lines)
        raise BenchError("; ".join([str(error), *tables(group)[1]]))
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


def config(name: str) -> dict[str, Any]:
    """Return the settings of a named configuration."""
    found: dict[str, Any] = dict(_load("configs", name))
    return found


def system(name: str) -> type[Any]:
    """Return the class of a system: a dataclass whose fields are its configuration."""
    found: type[Any] = _load("systems", name)
    if not is_dataclass(found) or not isinstance(found, type):
        raise BenchError(f"{name}: expected a dataclass whose fields are its settings (put @dataclass above the class)")
    if not hasattr(found, "fit") or not (hasattr(found, "rank") or hasattr(found, "instruct")):
        raise BenchError(f"{name}: expected the methods fit and rank, or fit and instruct (see bench/api.py)")
    return found


def generator(name: str) -> type[Any]:
    """Return the class of a generator: a dataclass whose fields are its settings."""
    found: type[Any] = _load("generators", name)
    if not is_dataclass(found) or not isinstance(found, type) or not hasattr(found, "render"):
        raise BenchError(f"{name}: expected a dataclass with kind, suffix, fingerprint and render (see bench/api.py)")
    return found


def scorer_entry(name: str) -> Entry:
    """Return the table line of a scorer: "recall@10" is of the line "recall@k"."""
    return entry("scorers", re.sub(r"@\d{1,6}$", "@k", name))


def scorer(name: str) -> Scorer | Statistic:
    """Return a scorer by name; "recall@10" is the table's line "recall@k" with k = 10."""
    line = scorer_entry(name)
    kind = resolve(line.target, line.needs)
    depth = re.search(r"@(\d{1,6})$", name)
    made: Scorer | Statistic = kind(k=int(depth[1])) if depth else kind()
    return made


def _load(group: str, name: str) -> Any:
    line = entry(group, name)
    return resolve(line.target, line.needs)
