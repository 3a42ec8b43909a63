"""MovieLens: 100k (tabs), 1M and 10M (double colons), 20M and later (csv)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from tasks.ingest.lines import find_file, need_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import read_cells
from tasks.ingest.values import as_text, parse_id, parse_number, parse_time

GENRES_100K = (
    *("unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary", "Drama"),
    *("Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi", "Thriller", "War", "Western"),
)


def read_100k(folder: Path, notes: Notes) -> Raw:
    """Read u.data (user, item, rating, time) and u.item (Latin-1)."""
    ratings = need_file(folder, "u.data", "ml-100k/u.data")
    movies = find_file(ratings.parent, "u.item", required=False)
    describe = partial(_movies_100k, movies, notes) if movies else partial(iter, tuple[Item, ...]())
    files = (ratings, movies) if movies else (ratings,)
    return Raw(files, partial(_ratings, ratings, notes, "\t"), describe)


def read_1m(folder: Path, notes: Notes) -> Raw:
    """Read ratings.dat and movies.dat of 1M (Latin-1) or 10M (UTF-8)."""
    ratings = need_file(folder, "ratings.dat", "ml-*/ratings.dat")
    return _read(ratings, find_file(ratings.parent, "movies.dat", required=False), notes, "::")


def read_20m(folder: Path, notes: Notes) -> Raw:
    """Read ratings.csv and movies.csv of 20M, 25M, 32M or latest."""
    ratings = need_file(folder, "ratings.csv", "ml-*/ratings.csv")
    return _read(ratings, find_file(ratings.parent, "movies.csv", required=False), notes, ",")


def _read(ratings: Path, movies: Path | None, notes: Notes, delimiter: str) -> Raw:
    describe = partial(_movies, movies, notes, delimiter) if movies else partial(iter, tuple[Item, ...]())
    files = (ratings, movies) if movies else (ratings,)
    return Raw(files, partial(_ratings, ratings, notes, delimiter), describe)


def _ratings(path: Path, notes: Notes, delimiter: str) -> Iterator[Event]:
    for number, cells in read_cells(path, notes, delimiter):
        if number == 1 and cells[0] == "userId":
            continue
        event = _event(cells) if len(cells) == 4 else None
        if event is None:
            notes.drop("not user, movie, rating, time", path, number)
        else:
            yield event


def _event(cells: list[str]) -> Event | None:
    user, item, time = parse_id(cells[0]), parse_id(cells[1]), parse_time(cells[3])
    return Event(user, item, time, None, parse_number(cells[2])) if user and item and time is not None else None


def _movies(path: Path, notes: Notes, delimiter: str) -> Iterator[Item]:
    encoding = _encoding(path) if delimiter == "::" else "utf-8"
    for number, cells in read_cells(path, notes, delimiter, encoding):
        if number == 1 and cells[0] == "movieId":
            continue
        if len(cells) != 3 or not parse_id(cells[0]):
            notes.drop("not id, title, genres", path, number)
            continue
        genres = tuple(name for name in cells[2].split("|") if name and not name.startswith("("))
        yield Item(parse_id(cells[0]), as_text(cells[1]), attributes={"genres": genres} if genres else {})


def _movies_100k(path: Path, notes: Notes) -> Iterator[Item]:
    for number, cells in read_cells(path, notes, "|", "latin-1"):
        if len(cells) != 5 + len(GENRES_100K):
            notes.drop("not the 24 columns of u.item", path, number)
            continue
        genres = tuple(name for name, flag in zip(GENRES_100K, cells[5:], strict=True) if flag == "1")
        yield Item(parse_id(cells[0]), as_text(cells[1]), attributes={"genres": genres} if genres else {})


def _encoding(path: Path) -> str:
    """Return utf-8 if the whole file is (10M), else latin-1 (1M); movies.dat is half a megabyte at most."""
    try:
        path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
