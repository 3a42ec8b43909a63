"""`navibench check`: a gate that fails where a candidate is worse than a pinned reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.console import note, show_table
from bench.cli.options import RUNS, DataRoot, Out
from bench.errors import BenchError

if TYPE_CHECKING:
    from bench.gate.check import Checked
    from bench.gate.pins import Pins
    from bench.plan import Job
    from bench.report.groups import Group

PINNED = Path("results/pinned.toml")


def check(
    candidate: Annotated[
        list[str] | None,
        typer.Option(
            help="A run's folder or name, a folder of runs, or a checkpoint; repeatable. "
            "Without it every entry's own system is run again.",
            show_default=False,
        ),
    ] = None,
    against: Annotated[Path, typer.Option(help="The pinned references.")] = PINNED,
    only: Annotated[list[str] | None, typer.Option(help="Only entries of this name or pattern, repeatable.")] = None,
    system: Annotated[str | None, typer.Option(help="The system that reads the checkpoint.")] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML to this file.")] = None,
    summary: Annotated[Path | None, typer.Option(help="Append a Markdown summary to this file.")] = None,
    github: Annotated[bool, typer.Option("--github", help="Print GitHub annotations.")] = False,
    data_root: DataRoot = None,
    folder: Out = RUNS,
) -> None:
    """Gate a candidate: exit with 1 unless a loss beyond each pinned margin can be excluded."""
    from bench.gate.output import annotation, annotations, junit_error, markdown, one_line
    from bench.gate.output import junit as as_junit
    from bench.gate.pins import read_pins
    from bench.gate.words import HEADER, headline, message, passed, row
    from bench.io import write_text

    try:
        found = hold(candidate or [], read_pins(against), only or [], system, data_root, folder)
    except BenchError as error:
        if junit:
            write_text(junit, junit_error(str(error)))
        if github:
            print(annotation("navibench check", str(error)))
        raise
    rows = [[one_line(cell) for cell in row(one, verdict)] for one in found for verdict in one.verdicts]
    show_table(headline(found), HEADER, rows)
    for one in found:
        for verdict in one.verdicts:
            if verdict.outcome != "pass" or verdict.too_few:
                note(one_line(f"{one.name}: {message(verdict)}"))
    if junit:
        write_text(junit, as_junit(found))
    if summary:
        summary.parent.mkdir(parents=True, exist_ok=True)
        with summary.open("a", encoding="utf-8") as stream:  # a step's summary grows step by step
            stream.write(markdown(found))
    if github:
        for line in annotations(found):
            print(line)
    raise typer.Exit(0 if passed(found) else 1)


def hold(
    candidates: list[str], pins: Pins, patterns: list[str], system: str | None, root: Path | None, folder: Path
) -> list[Checked]:
    """Return the verdicts of every candidate, after making the runs that are not there yet."""
    from bench.gate.check import check as held_against
    from bench.gate.check import match
    from bench.gate.jobs import check_question, for_checkpoint, for_system

    chosen = pins.choose(patterns)
    for name in chosen:
        pins.read_scores(name)
    jobs: list[tuple[str, Job]] = [] if candidates else for_system(pins, chosen, system)
    ready: list[Group] = []
    for name in candidates:
        place = Path(name)
        if place.is_dir() and not next(place.rglob("run.json"), None):
            jobs += for_checkpoint(pins, chosen, place, system)
        else:
            ready += groups_of(name, folder)
    pairs = match(ready, pins, patterns)
    for name, job in jobs:
        check_question(name, pins.table[name], job)
    try:
        pairs += made(jobs, root, folder)
    except BenchError as error:  # a checkpoint is of one catalogue, and the pins may be of several
        raise BenchError(f"{error}{'; --only NAME chooses entries' if candidates and not patterns else ''}") from None
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise BenchError(f"{name}: {names.count(name)} candidates for one entry; name the one that is meant")
    return [held_against(name, pins, group) for name, group in pairs]


def groups_of(name: str, folder: Path) -> list[Group]:
    """Return the runs a name means, or all below a folder; seeds of one system are one group."""
    from bench.report.groups import find_group, grouped
    from bench.store import find_runs

    place = Path(name)
    if place.is_dir() and not (place / "run.json").exists():
        return [group for groups in grouped(find_runs([place])).values() for group in groups]
    return [find_group(name, folder)]


def made(jobs: list[tuple[str, Job]], root: Path | None, folder: Path) -> list[tuple[str, Group]]:
    """Return each entry's runs, made now or found finished; seeds of one entry are one group."""
    from bench.cli.run import execute
    from bench.report.groups import Group

    if not jobs:
        return []
    runs = execute([job for _, job in jobs], root, folder)
    found: dict[str, list[int]] = {}
    for place, (name, _) in enumerate(jobs):
        found.setdefault(name, []).append(place)
    return [(name, Group(tuple(runs[place] for place in places))) for name, places in found.items()]
