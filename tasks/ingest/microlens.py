"""MicroLens: pairs of user and video with times, titles, and cover and video files named by the video's id."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from tasks.ingest.lines import find_file, need_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import open_text, read_cells
from tasks.ingest.values import as_text, parse_id, parse_time

TITLES = ("*title_en*.csv", "*titles*.csv", "*title*.csv")
COVERS = ("*covers*", "covers")
CLIPS = ("*videos*", "videos")


def read(folder: Path, notes: Notes) -> Raw:
    """Read *_pairs.csv (user,item,timestamp), or *_pairs.tsv (user TAB items) where only that is there."""
    pairs = need_file(folder, "*pairs*.csv", "*pairs*.csv.gz", "*pairs*.tsv")
    titles = find_file(folder, *TITLES, required=False)
    files = (pairs, titles) if titles else (pairs,)
    events = _timed_events if ".csv" in pairs.name else _ordered_events
    describe = partial(_items, folder, titles, notes) if titles else partial(_untitled, folder)
    return Raw(files, partial(events, pairs, notes), describe)


def _timed_events(path: Path, notes: Notes) -> Iterator[Event]:
    for number, row in open_text(path, notes, needs=("user", "item", "timestamp")).rows():
        user, item, time = parse_id(row["user"]), parse_id(row["item"]), parse_time(row["timestamp"])
        if user and item and time is not None:
            yield Event(user, item, time)
        else:
            notes.drop("no user, item or time", path, number)


def _ordered_events(path: Path, notes: Notes) -> Iterator[Event]:
    for number, cells in read_cells(path, notes, "\t"):
        user = parse_id(cells[0])
        if len(cells) != 2 or not user:
            notes.drop("not `user TAB items`", path, number)
            continue
        for item in cells[1].split():
            yield Event(user, item)


def _items(folder: Path, titles: Path, notes: Notes) -> Iterator[Item]:
    """Yield titled videos; the 100k file has no header line, the 50k file has one (`item,title`)."""
    covers, clips = _media(folder, COVERS), _media(folder, CLIPS)
    for number, cells in read_cells(titles, notes, ","):
        name = parse_id(cells[0])
        if number == 1 and not name.isdigit():
            continue
        if not name or len(cells) < 2:
            notes.drop("not `id,title`", titles, number)
            continue
        yield Item(name, as_text(",".join(cells[1:])), image=covers.get(name), clip=clips.get(name))


def _untitled(folder: Path) -> Iterator[Item]:
    covers, clips = _media(folder, COVERS), _media(folder, CLIPS)
    for name in sorted(covers.keys() | clips.keys()):
        yield Item(name, image=covers.get(name), clip=clips.get(name))


def _media(folder: Path, patterns: tuple[str, ...]) -> dict[str, Path]:
    """Return {id: file} of the first media folder there is, listed once."""
    for pattern in patterns:
        for place in sorted(path for path in folder.glob(pattern) if path.is_dir()):
            return {path.stem: path for path in sorted(place.iterdir()) if path.is_file()}
    return {}
