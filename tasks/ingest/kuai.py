"""KuaiRand (Pure, 1K, 27K) and KuaiRec: what users of a short-video app were shown, with captions where released."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item, Setting
from bench.errors import BenchError
from tasks.ingest.lines import find_file, need_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import Row, open_text
from tasks.ingest.values import as_text, attributes, parse_id, parse_number, parse_time

RAND_LOG = ("user_id", "video_id", "time_ms", "is_click", "play_time_ms", "duration_ms")
REC_LOG = ("user_id", "video_id", "timestamp", "watch_ratio")
BASIC = ("author_id", "tag", "upload_dt", "video_duration", "video_type")
CATEGORIES = ("first_level_category_name", "second_level_category_name", "third_level_category_name", "topic_tag")


def read_kuairand(folder: Path, notes: Notes) -> Raw:
    """Read the standard logs: one event a click (`is_click` = 1), its value the share of the video that was watched.

    The logs of the random-exposure experiment (`log_random_*`) are another policy's and are left alone. Captions
    and categories are used where the supplementary files are in the folder.
    """
    place = _data(folder)
    logs = tuple(sorted(place.glob("log_standard_*.csv")))
    if not logs:
        raise BenchError(f"{place}: no log_standard_*.csv; put the extracted KuaiRand archive there")
    basic = find_file(place, "video_features_basic_*.csv", required=False)
    captions = find_file(place, "kuairand_video_captions.csv", required=False)
    tables = tuple(path for path in (captions, basic) if path)
    counts: dict[str, Setting] = {"excluded.not_clicked": 0}
    events = partial(_clicks, logs, counts, notes)
    return Raw((*logs, *tables), events, partial(_videos, tables, notes), extra=counts)


def read_kuairec(folder: Path, notes: Notes) -> Raw:
    """Read big_matrix.csv: every watch is an event, its value the watch ratio (choose with `min_value`)."""
    place = _data(folder)
    log = need_file(place, "big_matrix.csv")
    captions = find_file(place, "kuairec_caption_category.csv", required=False)
    categories = find_file(place, "item_categories.csv", required=False)
    tables = tuple(path for path in (captions, categories) if path)
    return Raw((log, *tables), partial(_watches, log, notes), partial(_videos, tables, notes))


def _data(folder: Path) -> Path:
    """Return the `data` folder of an extracted archive, or the folder itself."""
    inner = sorted(path for path in (folder / "data", *folder.glob("*/data")) if path.is_dir())
    return inner[0] if inner else folder


def _clicks(logs: tuple[Path, ...], counts: dict[str, Setting], notes: Notes) -> Iterator[Event]:
    for path in logs:
        for number, row in open_text(path, notes, needs=RAND_LOG).rows():
            if row["is_click"] == "0":
                counts["excluded.not_clicked"] = int(counts["excluded.not_clicked"]) + 1
                continue
            watched, length = parse_number(row["play_time_ms"]), parse_number(row["duration_ms"])
            share = watched / length if watched is not None and length else None
            event = _event(row, "time_ms", share)
            if event is None or row["is_click"] != "1":
                notes.drop("no user, video, time or click flag", path, number)
            else:
                yield event


def _watches(path: Path, notes: Notes) -> Iterator[Event]:
    for number, row in open_text(path, notes, needs=REC_LOG).rows():
        event = _event(row, "timestamp", parse_number(row["watch_ratio"]))
        if event is None:
            notes.drop("no user, video or time", path, number)
        else:
            yield event


def _event(row: Row, clock: str, value: float | None) -> Event | None:
    user, item, time = parse_id(row["user_id"]), parse_id(row["video_id"]), parse_time(row[clock])
    return Event(user, item, time, None, value) if user and item and time is not None else None


def _videos(tables: tuple[Path, ...], notes: Notes) -> Iterator[Item]:
    """Yield each video once: the captions are held, the last table (millions of rows in the 27K release) streams."""
    held: dict[str, Row] = {}
    for path in tables[:-1]:
        held |= dict(_rows(path, notes))
    for path in tables[-1:]:
        for name, row in _rows(path, notes):
            yield _video(name, {**row, **held.pop(name, {})})
    for name, row in held.items():
        yield _video(name, row)


def _rows(path: Path, notes: Notes) -> Iterator[tuple[str, Row]]:
    for number, row in open_text(path, notes, needs=("video_id",)).rows():
        name = parse_id(row["video_id"])
        if name.isdigit():
            yield name, row
        else:
            notes.drop("video without an id", path, number)


def _video(name: str, row: Row) -> Item:
    known: Row = {key: _known(row.get(key)) for key in (*BASIC, *CATEGORIES)}
    known["tag"] = _parts(_known(row.get("tag")) or _known(row.get("feat")))
    known["topic_tag"] = _parts(_known(row.get("topic_tag")))
    title, cover = _known(row.get("caption")), _known(row.get("manual_cover_text"))
    return Item(name, title, cover, attributes(known, (*BASIC, *CATEGORIES)))


def _parts(text: str) -> list[str]:
    """Return the members of a list written as "12,65" or "[8, 9]"."""
    return [part for part in (piece.strip(" '\"") for piece in text.strip("[]").split(",")) if part]


def _known(value: object) -> str:
    """Return a cell's text; the releases write UNKNOWN, -124 and nan for nothing."""
    text = as_text(value)
    return "" if text.lower() in {"unknown", "nan", "-124"} else text
