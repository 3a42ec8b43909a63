"""A user's own tables as events and items: CSV, TSV, JSON lines, parquet or RecBole files, with named columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.api import Item, Setting
from bench.errors import BenchError
from tasks.ingest.columns import find_column, guess_columns
from tasks.ingest.folder import OBJECTS, ending, open_table, open_tables
from tasks.ingest.pair import read_items
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import Row, Table
from tasks.ingest.times import Clock, choose_clock, given_clock
from tasks.ingest.values import MISSING, as_text, attributes, media_path, parse_id, parse_number


@dataclass(frozen=True, slots=True)
class Columns:
    """Column names of a log; "" is to be guessed (user, item, time) or absent (basket, value).

    `time = "none"` says that the rows are in order already and carry no time.
    """

    user: str = ""
    item: str = ""
    time: str = ""
    basket: str = ""
    value: str = ""


def read_table(
    paths: Sequence[Path], notes: Notes, columns: Columns, items: Sequence[Path] = (), time_format: str = ""
) -> tuple[Raw, Columns]:
    """Return the events of a log, the items of further files if given, and the columns that were chosen.

    A log in several files has the same columns in all of them; its rows are read in the order of `paths`.
    time_format: strptime form of the time column ("": the one form that fits all of it, see `choose_clock`).
    """
    tables = open_tables(paths, notes)
    chosen = _choose(tables[0], columns)
    clock = _clock(paths, chosen.time, time_format)
    describe = partial(_items, items, notes) if items else partial(iter, tuple[Item, ...]())
    events = partial(_all_events, tables, chosen, clock, notes)
    extra: dict[str, Setting] = {"time_form": clock.form} if chosen.time else {}
    return Raw((*paths, *items), events, describe, extra=extra), chosen


def _clock(paths: Sequence[Path], column: str, time_format: str) -> Clock:
    """Return the clock of a time column; the files are read once for it, malformed rows being counted later."""
    if time_format and not column:
        raise BenchError(
            f"{paths[0]}: time_format {time_format!r} has no time column to read; leave one of the two out"
        )
    if time_format or not column:
        return given_clock(time_format) if time_format else Clock()
    quiet = Notes()
    return choose_clock(
        lambda: (row[column] for table in open_tables(paths, quiet) for _, row in table.rows()),
        f"{paths[0]}: {column}",
    )


def _choose(table: Table, columns: Columns) -> Columns:
    """Return the columns to read; time may be declared absent, never silently missing."""
    find = partial(find_column, table.path, table.columns)
    user, item = find("user", columns.user), find("item", columns.item)
    time = "" if columns.time == "none" else _find_time(table, columns.time)
    for role, name in (("basket", columns.basket), ("value", columns.value)):
        if name:
            find_column(table.path, table.columns, role, name)
    return Columns(user, item, time, columns.basket, columns.value)


def _find_time(table: Table, given: str) -> str:
    try:
        return find_column(table.path, table.columns, "time", given)
    except BenchError as error:
        raise BenchError(f"{error} (or time=none if the rows are in order already)") from None


def _all_events(tables: Sequence[Table], columns: Columns, clock: Clock, notes: Notes) -> Iterator[Event]:
    for table in tables:
        yield from _events(table, columns, clock, notes)


def _events(table: Table, columns: Columns, clock: Clock, notes: Notes) -> Iterator[Event]:
    for number, row in table.rows():
        user, item = parse_id(row[columns.user]), parse_id(row[columns.item])
        time = clock.read(row[columns.time]) if columns.time else None
        value = parse_number(row[columns.value]) if columns.value else None
        if not user or not item:
            notes.drop(f"empty or NaN {columns.item if user else columns.user}", table.path, number)
        elif columns.time and time is None:
            notes.drop(f"{columns.time} is no time", table.path, number)
        elif columns.value and value is None and str(row[columns.value]).strip().lower() not in MISSING:
            notes.drop(f"{columns.value} is no number", table.path, number)
        else:
            basket = parse_id(row[columns.basket]) or None if columns.basket else None
            yield Event(user, item, time, basket, value)


def _items(paths: Sequence[Path], notes: Notes) -> Iterator[Item]:
    """Yield items from JSON lines as ours, or from tables with an item column and perhaps title, caption and media."""
    for path in paths:
        table = open_table(path, notes)
        if ending(path) in OBJECTS and {"item", "id"} & set(table.columns):
            yield from read_items(path, notes)
        else:
            yield from _item_rows(path, table, notes)


def _item_rows(path: Path, table: Table, notes: Notes) -> Iterator[Item]:
    key = find_column(path, table.columns, "item")
    text = {
        role: names[0]
        for role in ("title", "caption", "image", "clip")
        if (names := guess_columns(table.columns, role))
    }
    rest = [name for name in table.columns if name not in {key, *text.values()}]
    for number, row in table.rows():
        name = parse_id(row[key])
        if name:
            yield _item(path.parent, name, row, text, rest)
        else:
            notes.drop(f"empty or NaN {key}", path, number)


def _item(folder: Path, name: str, row: Row, text: Mapping[str, str], rest: list[str]) -> Item:
    cell = {role: row.get(column) for role, column in text.items()}
    return Item(
        id=name,
        title=as_text(cell.get("title")),
        caption=as_text(cell.get("caption")),
        attributes=attributes(row, rest),
        image=media_path(folder, cell.get("image")),
        clip=media_path(folder, cell.get("clip")),
    )
