"""What registry tables hold: a line a name, and suites, which are named grids of what is registered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace


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

    @property
    def grids(self) -> tuple[Suite, ...]:
        """The suite's own grid and its parts."""
        return (replace(self, parts=()), *self.parts)

    def only(self, tasks: Collection[str], systems: Collection[str], seeds: tuple[int, ...]) -> Suite:
        """Return the runs of the suite that are of these tasks and systems (none named: all), with other seeds.

        A name that the suite does not have takes the place of its own: what is then run is its first grid.
        """
        known = {name for grid in self.grids for name in (*grid.tasks, *grid.systems)}
        if not known.issuperset((*tasks, *systems)):
            return replace(
                self,
                tasks=tuple(tasks) or self.tasks,
                systems=tuple(systems) or self.systems,
                seeds=seeds or self.seeds,
                parts=(),
            )
        kept = [grid.narrowed(tasks, systems, seeds) for grid in self.grids]
        first, *others = [grid for grid in kept if grid.tasks and grid.systems] or [replace(kept[0], systems=())]
        return replace(first, id=self.id, asks=self.asks, parts=tuple(others))

    def narrowed(self, tasks: Collection[str], systems: Collection[str], seeds: tuple[int, ...]) -> Suite:
        """Return the grid with those of its tasks and systems that are named, and without the others' settings."""
        left_out = [name for name in self.systems if systems and name not in systems]
        return replace(
            self,
            tasks=tuple(name for name in self.tasks if not tasks or name in tasks),
            systems=tuple(name for name in self.systems if name not in left_out),
            seeds=seeds or self.seeds,
            settings=tuple(line for line in self.settings if not line.startswith(tuple(f"{one}." for one in left_out))),
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a registry table: "module:attribute", one sentence, and the extra it needs ("" = none)."""

    target: str
    summary: str
    needs: str = ""
