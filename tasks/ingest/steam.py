"""UCSD Steam: reviews as Python-literal lines (by user or by review), and the table of games."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from tasks.ingest.lines import find_file, need_file, read_objects
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.values import as_text, attributes, parse_id, parse_number, parse_time, parse_written

POSTED = re.compile(r"Posted (\w+ \d{1,2}, \d{4})")
DATE = "%B %d, %Y"
GAME_FIELDS = ("developer", "genres", "publisher", "release_date", "specs", "tags")


def read(folder: Path, notes: Notes) -> Raw:
    """Read australian_user_reviews.json.gz (one user a line) or steam_reviews.json.gz (one review a line).

    Reviews of the year of the crawl carry no year ("Posted July 15."); they get no time, and the loader drops them
    beside dated ones. Value: 1 for a recommendation, 0 against, hours played where reviews come one a line.
    """
    reviews = need_file(folder, "*reviews*.json.gz", "*reviews*.json")
    games = find_file(folder, "steam_games*.json.gz", "steam_games*.json", required=False)
    files = (reviews, games) if games else (reviews,)
    describe = partial(_games, games, notes) if games else partial(iter, tuple[Item, ...]())
    return Raw(files, partial(_events, reviews, notes), describe)


def _events(path: Path, notes: Notes) -> Iterator[Event]:
    for number, row in read_objects(path, notes, literal=True):
        reviews = row.get("reviews")
        if isinstance(reviews, list):
            yield from _by_user(path, number, row, reviews, notes)
            continue
        user = parse_id(row.get("user_id")) or parse_id(row.get("username"))
        item, time = parse_id(row.get("product_id")), parse_time(row.get("date"))
        if user and item and time is not None:
            yield Event(user, item, time, None, parse_number(row.get("hours")))
        else:
            notes.drop("review without user, game or date", path, number)


def _by_user(path: Path, number: int, row: dict[str, object], reviews: list[object], notes: Notes) -> Iterator[Event]:
    user = parse_id(row.get("user_id"))
    for review in reviews:
        item = parse_id(review.get("item_id")) if isinstance(review, dict) else ""
        if not user or not item or not isinstance(review, dict):
            notes.drop("review without user or game", path, number)
            continue
        dated = POSTED.search(as_text(review.get("posted")))
        yield Event(
            user, item, parse_written(dated[1], DATE) if dated else None, None, float(review.get("recommend") is True)
        )


def _games(path: Path, notes: Notes) -> Iterator[Item]:
    for number, row in read_objects(path, notes, literal=True):
        name = parse_id(row.get("id"))
        if name:
            title = as_text(row.get("title")) or as_text(row.get("app_name"))
            yield Item(name, title, attributes=attributes(row, GAME_FIELDS))
        else:
            notes.drop("game without an id", path, number)
