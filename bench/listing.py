"""What registry tables hold: a line a name, and suites, which are named grids of what is registered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Suite:
    """A named grid of tasks, systems and seeds, its `limit` and `settings` as --limit, --set; `parts` run with it."""

    id: str
    tasks: tuple[str, ...]
    systems: tuple[str, ...]
    seeds: tuple[int, ...] = (0,)
    notes: str = ""
    limit: int | None = None
    settings: tuple[str, ...] = ()
    parts: tuple[Suite, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a registry table: "module:attribute", one sentence, and the extra it needs ("" = none)."""

    target: str
    summary: str
    needs: str = ""
