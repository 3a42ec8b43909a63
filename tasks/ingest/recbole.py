"""RecBole atomic files: `.inter` and `.item`, tab-separated, every column named and typed (`user_id:token`)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from bench.errors import BenchError
from tasks.ingest.lines import find_file, need_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import Table, open_text
from tasks.ingest.values import as_text, parse_id, parse_number, parse_time

TYPES = ("token", "token_seq", "float", "float_seq")
CAPTION = "caption"
TITLES = ("title", "item_name", "name", "movie_title", "app_name")


def read(folder: Path, notes: Notes) -> Raw:
    """Read <name>.inter and, if there, <name>.item; columns user_id, item_id, timestamp and rating are used."""
    inter = need_file(folder, "*.inter", "*.inter.gz")
    item = find_file(folder, "*.item", "*.item.gz", required=False)
    files = (inter, item) if item else (inter,)
    describe = partial(_items, item, notes) if item else partial(iter, tuple[Item, ...]())
    return Raw(files, partial(_events, inter, notes), describe)


def typed(table: Table) -> dict[str, str]:
    """Return {name: full header} of an atomic file; BenchError for a column without a known type."""
    found = {}
    for header in table.columns:
        name, colon, kind = header.partition(":")
        if not colon or kind not in TYPES:
            raise BenchError(f"{table.path}:1: column {header!r} has no type; expected name:{'|'.join(TYPES)}")
        found[name] = header
    return found


def _events(path: Path, notes: Notes) -> Iterator[Event]:
    table = open_text(path, notes, "\t")
    names = typed(table)
    if "user_id" not in names or "item_id" not in names:
        raise BenchError(f"{path}: no column user_id or item_id; it has: {', '.join(names)}")
    clock, rating = names.get("timestamp"), names.get("rating")
    for number, row in table.rows():
        user, item = parse_id(row[names["user_id"]]), parse_id(row[names["item_id"]])
        time = parse_time(row[clock]) if clock else None
        if not user or not item or (clock and time is None):
            notes.drop("no user, item or time", path, number)
        else:
            yield Event(user, item, time, None, parse_number(row[rating]) if rating else None)


def _items(path: Path, notes: Notes) -> Iterator[Item]:
    table = open_text(path, notes, "\t")
    names = typed(table)
    if "item_id" not in names:
        raise BenchError(f"{path}: no column item_id; it has: {', '.join(names)}")
    title = next((names[name] for name in TITLES if name in names), None)
    caption = names.get(CAPTION)
    rest = {name: full for name, full in sorted(names.items()) if full not in {title, caption, names["item_id"]}}
    for number, row in table.rows():
        item = parse_id(row[names["item_id"]])
        if not item:
            notes.drop("item without an id", path, number)
            continue
        terms = {name: _terms(as_text(row[full]), full) for name, full in rest.items()}
        text = as_text(row[title]) if title else ""
        said = as_text(row[caption]) if caption else ""
        yield Item(item, text, said, attributes={name: found for name, found in terms.items() if found})


def _terms(text: str, header: str) -> tuple[str, ...]:
    """Split a sequence at its blanks, as the format does; a token is one term."""
    return tuple(text.split()) if header.endswith("_seq") else (text,) * bool(text)
