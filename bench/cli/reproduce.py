"""`navibench reproduce`: make the rows of a stored table again and hold them against it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bench.cli.console import note, out, progress_bar, show_table
from bench.cli.options import DataRoot, Out, split
from bench.errors import BenchError

if TYPE_CHECKING:
    from bench.api import Dataset, Task
    from bench.report.groups import Group
    from bench.reproduce.hold import Obstacle, Verdict
    from bench.reproduce.ready import Ready
    from bench.reproduce.tables import Cards, Line, Table

MADE = Path("reproduced")


def reproduce(
    table: Annotated[
        str | None, typer.Argument(help="A table, or a stored report (.json); without it the tables are listed.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="Only these tasks or card files, comma separated.")] = None,
    system: Annotated[str | None, typer.Option(help="Only these systems, comma separated.")] = None,
    tolerance: Annotated[
        float | None,
        typer.Option(
            help="Absolute difference that is equal, for all systems.",
            show_default="1e-9 for systems that count, the stored interval for those that train",
        ),
    ] = None,
    rescore: Annotated[
        Path | None, typer.Option("--rescore", help="Judge the finished runs of this folder again; ask nothing.")
    ] = None,
    to_json: Annotated[Path | None, typer.Option("--json", help="Write everything to this JSON file.")] = None,
    to_markdown: Annotated[Path | None, typer.Option("--markdown", help="Write the tables to this file.")] = None,
    data_root: DataRoot = None,
    folder: Out = MADE,
) -> None:
    """Make a stored table again: exit with 1 if a figure differs, with 2 if nothing could be compared."""
    from bench.io import write_text
    from bench.reproduce.hold import exit_code
    from bench.reproduce.show import as_json, markdown
    from bench.reproduce.tables import check_tolerance, choose, read_table

    if table is None:
        if any(told is not None for told in (task, system, tolerance, rescore, to_json, to_markdown)):
            raise BenchError("name the table to make again; navibench reproduce alone lists them")
        show_overview(data_root)
        return
    if tolerance is not None:
        check_tolerance(tolerance, "--tolerance")
    found = read_table(table)
    allowed = found.tolerance if tolerance is None else tolerance
    lines, cards = choose(found, split(task), split(system))
    if rescore is not None:
        verdicts = judged_again(lines, cards, rescore, data_root, allowed)
    else:
        verdicts = asked_again(lines, cards, folder, data_root, allowed)
    code = exit_code(verdicts)
    show(found, verdicts)
    if to_json:
        write_text(to_json, as_json(found, verdicts, allowed, code))
    if to_markdown:
        write_text(to_markdown, markdown(found, verdicts))
    raise typer.Exit(code)


def asked_again(
    lines: list[Line], cards: Cards, folder: Path, root: Path | None, tolerance: float | None
) -> list[Verdict]:
    """Return the verdicts of rows whose systems are asked anew, or were by an earlier call of the same code."""
    from bench.cli.run import ask_one, check_folder, only_process
    from bench.report.estimate import estimate
    from bench.report.groups import Group
    from bench.reproduce.again import make_again
    from bench.reproduce.overview import time_of
    from bench.reproduce.ready import Ready, prepare

    only_process()
    check_folder(folder)
    with progress_bar("checking") as progress:
        pairs: list[tuple[Line, Ready | Obstacle]] = []
        for place, line in enumerate(lines):
            progress("rows", place, len(lines))
            pairs.append((line, prepare(line, cards)))
    ready = [one for _, one in pairs if isinstance(one, Ready)]
    jobs = [job for one in ready for job in one.jobs]
    if jobs:
        note(estimate(jobs, folder))
        note(f"by the stored rows' own record: {time_of([one.line for one in ready])}")
    done = 0

    def make(one: Ready, dataset: Dataset) -> Group:
        nonlocal done
        runs = []
        for job in one.jobs:
            done += 1
            runs.append(ask_one(job, dataset, folder, f"[{done}/{len(jobs)}]"))
        return Group(tuple(runs))

    return make_again(pairs, loader(cards, root), make, tolerance)


def judged_again(
    lines: list[Line], cards: Cards, runs: Path, root: Path | None, tolerance: float | None
) -> list[Verdict]:
    """Return the verdicts of rows whose finished runs, below `runs`, are judged again; no system is asked."""
    from bench.report.groups import Group, grouped
    from bench.reproduce.again import make_again
    from bench.reproduce.ready import find
    from bench.settle import rescore
    from bench.store import find_runs

    groups = grouped(find_runs([runs]))

    def make(one: Ready, _: Dataset) -> Group:
        assert one.group is not None
        note(f"{one.line.label}: judged again")
        place = cards.root(one.card.id, root)
        return Group(tuple(rescore(run, place) for run in one.group.runs))

    return make_again([(line, find(line, cards, groups)) for line in lines], loader(cards, root), make, tolerance)


def loader(cards: Cards, root: Path | None) -> Callable[[Task], Dataset]:
    """Return what loads a card's data with progress."""
    from bench.pose import load_data

    def load(card: Task) -> Dataset:
        with progress_bar(card.id) as progress:
            return load_data(card.data, cards.root(card.id, root), progress)

    return load


def show(table: Table, verdicts: list[Verdict]) -> None:
    """Print a row a row, and below them how many came out how."""
    from bench.reproduce.show import HEADER, headline, row

    show_table(f"{table.name}, made again", HEADER, [row(verdict) for verdict in verdicts])
    out.print(headline(verdicts), highlight=False)


def show_overview(root: Path | None) -> None:
    """Print the tables with what they need, after looking which data are here; what is missing is said below."""
    from bench.report.health import check_extras, check_task
    from bench.reproduce.overview import HEADER, row, tasks
    from bench.reproduce.tables import names, read_table

    tables = [read_table(name) for name in names()]
    extras = {finding.name: finding.good for finding in check_extras()}
    here: dict[str, bool] = {}
    told: list[str] = []
    asked = tasks(tables)
    with progress_bar("looking for data") as progress:
        for place, name in enumerate(asked):
            progress(name, place, len(asked))
            try:
                finding = check_task(name, root)[0]
            except BenchError as error:  # no longer registered, or its table's package is missing
                here[name] = False
                told.append(f"{name}: {error}")
                continue
            here[name] = finding.good
            told += [] if finding.good else [f"{name}: {finding.told}"]
    rows = [row(table, lambda name: extras.get(name, False), here) for table in tables]
    show_table("tables that can be made again (navibench reproduce TABLE)", HEADER, rows)
    for line in told:
        note(line)
