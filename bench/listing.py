"""What registry tables hold: a line a name, and suites, which are named grids of what is registered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """A named grid of tasks, systems and seeds, its `limit`, `config` and `settings` as --limit, --config, --set.

    `parts` run with it. `asks`: settings that only the user knows, as (section.name, what it is); they must be set.
    """

    id: str
    tasks: tuple[str, ...]
    systems: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    notes: str = ""
    limit: int | None = None
    settings: tuple[str, ...] = ()
    parts: tuple[Suite, ...] = ()
    config: str = ""
    asks: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a registry table: "module:attribute", one sentence, and the extra it needs ("" = none)."""

    target: str
    summary: str
    needs: str = ""
