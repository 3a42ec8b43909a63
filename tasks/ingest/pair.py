"""The plain pair `sequences.tsv` + `items.jsonl`, and its timed form `interactions.tsv` + `items.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from bench.errors import BenchError
from tasks.ingest.lines import find_file, need_file, read_lines, read_objects
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.values import as_text, attributes, media_path, parse_id, parse_number, parse_time

CAPTION_FIELDS = ("caption", "description", "keywords")
OWN_FIELDS = frozenset({"item", "id", "title", "image", "clip", *CAPTION_FIELDS})
LOG_COLUMNS = ("user", "item", "timestamp")


def read_pair(folder: Path, notes: Notes) -> Raw:
    """Read user TAB blank-separated items, oldest first, and one JSON object an item."""
    sequences = need_file(folder, "sequences.tsv.gz", "sequences.tsv")
    return _raw(folder, sequences, partial(_sequence_events, sequences, notes), notes)


def read_log(folder: Path, notes: Notes) -> Raw:
    """Read `interactions.tsv` with columns user, item, timestamp and perhaps invoice (or basket) and value."""
    log = need_file(folder, "interactions.tsv.gz", "interactions.tsv")
    return _raw(folder, log, partial(_log_events, log, notes), notes)


def _raw(folder: Path, log: Path, events: partial[Iterator[Event]], notes: Notes) -> Raw:
    items = find_file(folder, "items.jsonl.gz", "items.jsonl", required=False)
    files = (log, items) if items else (log,)
    describe = partial(read_items, items, notes) if items else partial(iter, tuple[Item, ...]())
    return Raw(files, events, describe, whole_catalogue=True)


def _sequence_events(path: Path, notes: Notes) -> Iterator[Event]:
    met: set[str] = set()
    for number, line in read_lines(path, notes):
        if not line.strip():
            continue
        name, tab, rest = line.partition("\t")
        user = parse_id(name)
        if not tab or not user or not rest.strip():
            notes.drop("not `user TAB items`", path, number)
        elif user in met:
            notes.drop("a user's second line", path, number)
        else:
            met.add(user)
            for item in rest.split():
                yield Event(user, item)


def _log_events(path: Path, notes: Notes) -> Iterator[Event]:
    lines = read_lines(path, notes)
    header = next(lines, (0, ""))[1].split("\t")
    missing = [name for name in LOG_COLUMNS if name not in header]
    if missing:
        raise BenchError(f"{path}: no column {', '.join(missing)}; it has: {', '.join(header) or 'nothing'}")
    place = {name: header.index(name) for name in header}
    basket = place.get("invoice", place.get("basket", -1))
    for number, line in lines:
        cells = line.split("\t")
        if len(cells) != len(header):
            notes.drop("wrong number of columns", path, number)
            continue
        user, item = parse_id(cells[place["user"]]), parse_id(cells[place["item"]])
        time = parse_time(cells[place["timestamp"]])
        if not user or not item or time is None:
            notes.drop("no user, item or time", path, number)
            continue
        value = parse_number(cells[place["value"]]) if "value" in place else None
        yield Event(user, item, time, (cells[basket] or None) if basket >= 0 else None, value)


def read_items(path: Path, notes: Notes) -> Iterator[Item]:
    """Yield the items of a JSON-lines file: `item` or `id`, `title`, `caption`, media; all else are attributes."""
    for number, row in read_objects(path, notes):
        name = parse_id(row.get("item", row.get("id")))
        if not name:
            notes.drop("item without an id", path, number)
            continue
        caption = next((text for text in (as_text(row.get(key)) for key in CAPTION_FIELDS) if text), "")
        yield Item(
            id=name,
            title=as_text(row.get("title")),
            caption=caption,
            attributes=attributes(row, row.keys() - OWN_FIELDS),
            image=media_path(path.parent, row.get("image")),
            clip=media_path(path.parent, row.get("clip")),
        )
