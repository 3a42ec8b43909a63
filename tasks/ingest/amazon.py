"""Amazon reviews: the 2014, 2018 and 2023 releases, one JSON (or Python-literal) object a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.api import Item
from tasks.ingest.lines import find_file, need_file, read_objects
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.values import as_text, attributes, parse_id, parse_number, parse_time


@dataclass(frozen=True, slots=True)
class _Release:
    """Field names of one release, and whether its metadata lines are Python literals."""

    reviews: tuple[str, ...]
    meta: tuple[str, ...]
    user: str
    item: tuple[str, ...]
    time: tuple[str, ...]
    value: tuple[str, ...]
    extra: tuple[str, ...]
    literal: bool = False


R2014 = _Release(
    reviews=("reviews_*.json.gz", "reviews_*.json"),
    meta=("meta_*.json.gz", "meta_*.json"),
    user="reviewerID",
    item=("asin",),
    time=("unixReviewTime",),
    value=("overall",),
    extra=("brand", "categories", "price"),
    literal=True,
)
R2018 = _Release(
    reviews=("*_5.json.gz", "*_5.json", "[!m]*.json.gz", "[!m]*.json"),
    meta=("meta_*.json.gz", "meta_*.json"),
    user="reviewerID",
    item=("asin",),
    time=("unixReviewTime",),
    value=("overall",),
    extra=("brand", "category", "main_cat", "price"),
)
R2023 = _Release(
    reviews=("[!m]*.jsonl.gz", "[!m]*.jsonl"),
    meta=("meta_*.jsonl.gz", "meta_*.jsonl"),
    user="user_id",
    item=("parent_asin", "asin"),
    time=("timestamp", "sort_timestamp"),
    value=("rating",),
    extra=("store", "categories", "main_category", "price"),
)


def read_2014(folder: Path, notes: Notes) -> Raw:
    """Read reviews_<Category>_5.json.gz and, if there, meta_<Category>.json.gz (Python literals)."""
    return _read(folder, notes, R2014)


def read_2018(folder: Path, notes: Notes) -> Raw:
    """Read <Category>_5.json.gz and, if there, meta_<Category>.json.gz."""
    return _read(folder, notes, R2018)


def read_2023(folder: Path, notes: Notes) -> Raw:
    """Read <Category>.jsonl.gz and, if there, meta_<Category>.jsonl.gz; items are parent products."""
    return _read(folder, notes, R2023)


def _read(folder: Path, notes: Notes, release: _Release) -> Raw:
    reviews = need_file(folder, *release.reviews)
    meta = find_file(folder, *release.meta, required=False)
    files = (reviews, meta) if meta else (reviews,)
    describe = partial(_items, meta, notes, release) if meta else partial(iter, tuple[Item, ...]())
    return Raw(files, partial(_events, reviews, notes, release), describe)


def _first(row: dict[str, object], names: tuple[str, ...]) -> object:
    return next((row[name] for name in names if row.get(name) is not None), None)


def _events(path: Path, notes: Notes, release: _Release) -> Iterator[Event]:
    for number, row in read_objects(path, notes, release.literal):
        user, item = parse_id(row.get(release.user)), parse_id(_first(row, release.item))
        time = parse_time(_first(row, release.time))
        if user and item and time is not None:
            yield Event(user, item, time, None, parse_number(_first(row, release.value)))
        else:
            notes.drop("review without user, item or time", path, number)


def _items(path: Path, notes: Notes, release: _Release) -> Iterator[Item]:
    for number, row in read_objects(path, notes, release.literal):
        name = parse_id(_first(row, release.item))
        if not name:
            notes.drop("product without an id", path, number)
            continue
        caption = as_text(row.get("description")) or as_text(row.get("features") or row.get("feature"))
        yield Item(name, as_text(row.get("title")), caption, attributes(row, release.extra))
