"""`navibench ls`: what is registered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bench import catalogue
from bench.cli.console import note, show_json, show_table
from bench.cli.options import Json
from bench.errors import unknown

LISTED = ("tasks", "systems", "generators", "scorers", "suites", "configs")


def ls(
    what: Annotated[
        str | None, typer.Argument(help="tasks, systems, generators, scorers, suites or configs; all when left out.")
    ] = None,
    as_json: Json = False,
) -> None:
    """List tasks, systems, generators, scorers, suites and named configurations."""
    if what is not None and what not in LISTED:
        raise unknown("list", what, LISTED)
    groups = [what] if what else list(LISTED)
    if as_json:
        show_json({group: [_record(group, name) for name in catalogue.table(group)] for group in groups})
        return
    for group in groups:
        lines = [(name, line.summary, line.needs) for name, line in catalogue.table(group).items()]
        show_table(f"{group} ({len(lines)})", ("name", "what it is", "extra"), lines)
        for broken in catalogue.tables(group)[1]:
            note(broken)


def _record(group: str, name: str) -> dict[str, Any]:
    line = catalogue.table(group)[name]
    return {"name": name, "summary": line.summary, "needs": line.needs, "target": line.target}
