"""A user's own table as events and items: CSV, TSV, parquet or RecBole atomic files, with named columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.api import Item, Setting
from bench.errors import BenchError
from tasks.ingest.columns import find_column, guess_columns
from tasks.ingest.lines import read_lines
from tasks.ingest.pair import read_items
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import Row, Table, open_parquet, open_text
from tasks.ingest.times import Clock, choose_clock, given_clock
from tasks.ingest.values import MISSING, as_text, attributes, media_path, parse_id, parse_number

TEXT = (".csv", ".tsv", ".txt", ".inter", ".item")
OBJECTS = (".jsonl", ".json")


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
    path: Path, notes: Notes, columns: Columns, items: Path | None = None, time_format: str = ""
) -> tuple[Raw, Columns]:
    """Return the events of a log, the items of a second file if given, and the columns that were chosen.

    time_format: strptime form of the time column ("": the one form that fits all of it, see `choose_clock`).
    """
    table = open_table(path, notes)
    chosen = _choose(table, columns)
    clock = _clock(path, chosen.time, time_format)
    describe = partial(_items, items, notes) if items else partial(iter, tuple[Item, ...]())
    events = partial(_events, table, chosen, clock, notes)
    extra: dict[str, Setting] = {"time_form": clock.form} if chosen.time else {}
    return Raw((path, items) if items else (path,), events, describe, extra=extra), chosen


def _clock(path: Path, column: str, time_format: str) -> Clock:
    """Return the clock of a time column; the file is read once for it, malformed rows being counted later."""
    if time_format and not column:
        raise BenchError(f"{path}: time_format {time_format!r} has no time column to read; leave one of the two out")
    if time_format or not column:
        return given_clock(time_format) if time_format else Clock()
    return choose_clock(lambda: (row[column] for _, row in open_table(path, Notes()).rows()), f"{path}: {column}")


def open_table(path: Path, notes: Notes) -> Table:
    """Open a table by its ending; text delimiters are read off the header line."""
    if not path.is_file():
        raise BenchError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'no such file'}")
    ending = _ending(path)
    if ending in {".parquet", ".pq"}:
        return open_parquet(path)
    if ending in TEXT:
        return open_text(path, notes, _delimiter(path, ending))
    raise BenchError(
        f"{path}: unknown kind of table {ending!r}; expected {', '.join((*TEXT, '.parquet'))} (or .gz of it)"
    )


def _ending(path: Path) -> str:
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def _delimiter(path: Path, ending: str) -> str:
    if ending in {".inter", ".item", ".tsv"}:
        return "\t"
    header = next(read_lines(path, Notes(strict=True)), (0, ""))[1]
    return max((",", ";", "\t"), key=header.count)


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


def _items(path: Path, notes: Notes) -> Iterator[Item]:
    """Yield items from JSON lines, or from a table with an item column and perhaps title, caption, image, clip."""
    if _ending(path) in OBJECTS:
        yield from read_items(path, notes)
        return
    table = open_table(path, notes)
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
