"""`navibench data`: which data there are, what is in them, how to get them, how to bring one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from bench import catalogue
from bench.api import Dataset, Task
from bench.cli.console import note, out, progress_bar, show_json, show_table
from bench.cli.options import RUNS, DataRoot, Json, Out, split
from bench.config import plain
from bench.errors import BenchError, unknown

app = typer.Typer(no_args_is_help=True, help="List, describe, fetch and import data.")


def _part(name: str) -> Any:
    return catalogue.resolve(catalogue.entry("data", name).target)


@app.command("ls")
def ls(data_root: DataRoot = None, as_json: Json = False) -> None:
    """List the public sources that can be fetched, with licence and where they go."""
    rows = [
        {
            "name": name,
            "format": source.format,
            "licence": source.licence,
            "folder": source.folder,
            "checked": source.checked,
            "there": data_root is not None and any((data_root / source.folder / f.name).exists() for f in source.files),
        }
        for name, source in _part("sources").items()
    ]
    if as_json:
        show_json(rows)
        return
    cells = [
        ["yes" if value is True else "-" if value is False else str(value) for value in row.values()] for row in rows
    ]
    show_table(f"sources ({len(rows)}), fetched below the data root", list(rows[0]), cells)


@app.command("describe")
def describe(
    task: Annotated[str, typer.Argument(help="A task's name or card file, or the common start of several names.")],
    data_root: DataRoot = None,
    as_json: Json = False,
    to: Annotated[Path, typer.Option("--to", help="Folder for what can be looked at.")] = Path("sheets"),
) -> None:
    """Print a task's card and the statistics of its data; write a contact sheet and clips where items have media."""
    from bench.pose import load_data

    cards = [catalogue.task(name) for name in _meant(task)]
    root = Path(task).parent if task.endswith(".toml") else data_root
    paths: list[Path] = []
    for number, card in enumerate(cards):
        with progress_bar(card.id) as progress:
            dataset = load_data(card.data, root, progress)
        if not number:
            _tell(card, _part("describe")(dataset), dataset, as_json)
        paths += _part("sheets")(dataset, to / card.id.replace("/", "-"))
    for path in paths:
        note(f"wrote {path}")


def _meant(name: str) -> list[str]:
    """Return the task a name is of, or all tasks whose names start with it."""
    named = catalogue.table("tasks")
    if name in named or name.endswith(".toml"):
        return [name]
    inside = [task for task in named if task.startswith(f"{name}/")]
    if not inside:
        raise unknown("task", name, [*named, *{task.rpartition("/")[0] for task in named}])
    return sorted(inside, key=lambda task: (not task.endswith("/next-item"), task))


def _tell(card: Task, figures: dict[str, Any], dataset: Dataset, as_json: bool) -> None:
    if as_json:
        show_json({"task": card.id, "licence": card.licence, "source": card.source, **figures})
        return
    out.print(f"[bold]{card.id}[/] v{card.version}", highlight=False)
    for label, text in (("licence", card.licence), ("source", card.source), ("notes", card.notes)):
        out.print(f"[dim]{label:>8}[/]  {escape(text)}", highlight=False)
    show_table("", ("statistic", "value"), [(name, _shown(value)) for name, value in figures.items()])
    show_table("provenance", ("what", "value"), [(name, _shown(value)) for name, value in dataset.provenance.items()])


@app.command("calibrate")
def calibrate(
    task: Annotated[str | None, typer.Option(help="Task names, comma separated.", show_default="all next-item")] = None,
    data_root: DataRoot = None,
    folder: Out = RUNS,
    as_json: Json = False,
) -> None:
    """Set the planted data sets beside the real ones under the data root: skew, lengths, and what counting finds."""
    from bench.report.calibrate import compare_sets, rows_of, verdicts

    sets, absent = compare_sets(split(task), data_root, folder, progress_bar)
    if as_json:
        show_json([plain(one) for one in sets])
    else:
        names, rows = rows_of(sets)
        show_table("next-item data sets; ratios of recall@10 to popularity's", names, rows)
        for line in verdicts(sets):
            out.print(line, highlight=False)
    for line in absent:
        note(line)


@app.command("fetch")
def fetch(
    source: Annotated[str, typer.Argument(help="A name from `navibench data ls`.")],
    data_root: DataRoot = None,
) -> None:
    """Download a public source, checked and resumable; says what to do by hand when offline."""
    if data_root is None:
        raise BenchError("no data folder given; set NAVIBENCH_DATA or pass --data-root")
    with progress_bar(source) as progress:
        paths = _part("fetch")(source, data_root, progress)
    for path in paths[:20]:
        out.print(str(path), highlight=False, markup=False)
    note(f"{len(paths)} files")


@app.command("import")
def import_log(
    log: Annotated[str, typer.Argument(help="Table, folder of tables or of a known format, or hub:OWNER/NAME@COMMIT.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write; must not exist or be empty.")],
    name: Annotated[str, typer.Option(help="Name of the task: lower-case letters, digits, hyphens.")],
    domain: Annotated[str, typer.Option(help="First part of the task's id.")] = "own",
    form: Annotated[str, typer.Option("--format", help="table, recbole, or another known format.")] = "table",
    user: Annotated[str, typer.Option(help="Column of users.", show_default="guessed")] = "",
    item: Annotated[str, typer.Option(help="Column of items.", show_default="guessed")] = "",
    time: Annotated[str, typer.Option(help="Column of times; none: rows are in order.", show_default="guessed")] = "",
    value: Annotated[str, typer.Option(help="Column of ratings, prices or watch times.")] = "",
    basket: Annotated[str, typer.Option(help="Column of baskets: asks for all of the next one.")] = "",
    items: Annotated[str | None, typer.Option(help="What describes the items, as a table, folder or hub:...")] = None,
    files: Annotated[list[str] | None, typer.Option("--files", help='Tables of a folder, "data/train*".')] = None,
    item_files: Annotated[list[str] | None, typer.Option("--item-files", help="Its tables of items.")] = None,
    core: Annotated[int, typer.Option(help="k of the iterative k-core; 0: none.")] = 0,
    min_events: Annotated[int, typer.Option(help="Drop users with fewer events.")] = 0,
    min_value: Annotated[float, typer.Option(help="Drop events below this value.")] = float("-inf"),
    time_format: Annotated[str, typer.Option(help='How times are written, such as "%d/%m/%Y".')] = "",
    listed: Annotated[str, typer.Option("--catalogue", help="Items of --items without events: met, all.")] = "met",
    ties: Annotated[str, typer.Option(help="Order of equal times: keep, id or hash.")] = "keep",
    duplicates: Annotated[str, typer.Option(help="Repeated events: keep, exact or first.")] = "keep",
    seen: Annotated[str, typer.Option(help="keep or mask items of the history.")] = "keep",
    licence: Annotated[str, typer.Option(help="Licence of the data, for the card.")] = "not stated",
    citation: Annotated[str, typer.Option(help="Source of the data, for the card.")] = "",
    strict: Annotated[bool, typer.Option("--strict/--lenient", help="Refuse a malformed row, or count it.")] = True,
) -> None:
    """Make a task of a user's own log: files, provenance and a card, whole or not at all."""
    columns = _part("columns")(user=user, item=item, time=time, value=value, basket=basket)
    cleaning = {"min_events": min_events, "core": core, "min_value": min_value, "ties": ties, "duplicates": duplicates}
    reading = {"format": form, "columns": columns, "time_format": time_format, "catalogue": listed, "strict": strict}
    chosen = {"files": tuple(files or ()), "item_files": tuple(item_files or ())}
    terms = _part("terms")(**reading, **cleaning, **chosen)
    about = {"name": name, "domain": domain, "licence": licence, "citation": citation, "seen": seen}
    made = _part("import")(log, to, items=items, terms=terms, **about)
    out.print(f"[bold]{made.task}[/]: {made.users:,} users ({made.testable_users:,} can be tested), ", end="")
    out.print(f"{made.items:,} items, {made.events:,} events; columns {dict(made.columns)}", highlight=False)
    counted = {key: number for key, number in made.counts.items() if number}
    note(f"counted: {counted}")
    out.print(f"next: navibench run --task {made.card} --system popularity,markov,item-knn", highlight=False)


@app.command("export")
def export(
    task: Annotated[str, typer.Argument(help="A task's name or card file.")],
    to: Annotated[Path, typer.Option("--to", help="Folder to write; must not exist or be empty.")],
    form: Annotated[str, typer.Option("--format", help="recbole: its atomic files.")] = "recbole",
    data_root: DataRoot = None,
) -> None:
    """Write the whole log and the items of a task for another library."""
    from bench.pose import load_data

    card = catalogue.task(task)
    root = Path(task).parent if task.endswith(".toml") else data_root
    with progress_bar(card.id) as progress:
        dataset = load_data(card.data, root, progress)
    made = _part("export")(card, dataset, root, form, to)
    out.print(f"{made.users:,} users, {made.items:,} items, {made.events:,} events", highlight=False)
    for path in made.files:
        note(f"wrote {path}")
    if not made.timed:
        note("the log has no times: timestamps are places in each user's order")
    note(f"counted: {dict(made.counts)}")


def _shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)
