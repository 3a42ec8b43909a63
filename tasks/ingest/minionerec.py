"""MiniOneRec: windows (history, target) in csv files, put together again as one sequence a user."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from bench.errors import BenchError
from bench.io import read_json
from tasks.ingest.lines import MAX_LITERAL, find_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import open_text
from tasks.ingest.values import as_text, attributes, parse_id

COLUMNS = ("user_id", "history_item_id", "item_id")
PARTS = ("train", "valid", "test")


def read(folder: Path, notes: Notes) -> Raw:
    """Read train, valid and test csv (flat, or in folders of that name), <name>.item.json and <name>.index.json."""
    windows = tuple(
        path for part in PARTS if (path := find_file(folder, f"{part}/*.csv", f"*{part}*.csv", required=False))
    )
    if not windows:
        raise BenchError(f"{folder}: no train, valid or test csv of MiniOneRec")
    texts = find_file(folder, "*.item.json", "*/*.item.json", required=False)
    codes = find_file(folder, "*.index.json", "*/*.index.json", required=False)
    files = (*windows, *(path for path in (texts, codes) if path))
    return Raw(files, partial(_events, windows, notes), partial(_items, texts, codes))


def _events(windows: tuple[Path, ...], notes: Notes) -> Iterator[Event]:
    logs: dict[str, list[str]] = {}
    for path in windows:
        for number, row in open_text(path, notes, needs=COLUMNS).rows():
            user, target = parse_id(row["user_id"]), parse_id(row["item_id"])
            history = parse_ids(row["history_item_id"])
            if user and target and history is not None:
                merge(logs.setdefault(user, []), [*history, target])
            else:
                notes.drop("no user, history or item", path, number)
    for user, items in logs.items():
        for item in items:
            yield Event(user, item)


def parse_ids(value: object) -> list[str] | None:
    """Return the ids of a cell such as "[3, 17]" or "['3', '17']", or None; parsed as data, never run."""
    text = str(value)
    if len(text) > MAX_LITERAL:
        return None
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None
    return [parse_id(part) for part in found] if isinstance(found, list) and all(map(parse_id, found)) else None


def merge(log: list[str], window: list[str]) -> None:
    """Append to `log` what `window` adds: the longest end of the log that begins the window is not repeated."""
    for size in range(min(len(log), len(window)), 0, -1):
        if log[-size:] == window[:size]:
            log.extend(window[size:])
            return
    log.extend(window)


def _items(texts: Path | None, codes: Path | None) -> Iterator[Item]:
    described, coded = _objects(texts), _objects(codes)
    for name in sorted(described.keys() | coded.keys()):
        found = described.get(name)
        row = found if isinstance(found, dict) else {}
        extra = {**row, "codes": coded.get(name)}
        fields = ("brand", "categories", "category", "codes")
        yield Item(name, as_text(row.get("title")), as_text(row.get("description")), attributes(extra, fields))


def _objects(path: Path | None) -> dict[str, object]:
    found = read_json(path) if path else {}
    if not isinstance(found, dict):
        raise BenchError(f"{path}: expected one JSON object of items, found {json.dumps(found)[:40]}")
    return found
