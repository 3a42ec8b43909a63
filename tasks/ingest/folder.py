"""A folder of tables as a `datasets` repository has it: parquet, csv or JSON lines, in parts, read as one table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from bench.errors import BenchError
from tasks.ingest.lines import read_lines, read_objects
from tasks.ingest.rows import Notes
from tasks.ingest.tables import Row, Table, open_parquet, open_text

TEXT = (".csv", ".tsv", ".txt", ".inter", ".item")
OBJECTS = (".jsonl", ".json")
PARQUET = (".parquet", ".pq")
FOUND = (".csv", ".tsv", *OBJECTS, *PARQUET)  # what is looked for in a folder; notes and readmes are text as well
PEEK = 1000  # JSON lines that are read for the names of columns


def ending(path: Path) -> str:
    """Return the ending that tells a table's kind: that below .gz."""
    return Path(path.name.removesuffix(".gz")).suffix.lower()


def tables_in(place: Path, patterns: Sequence[str] = (), leave: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Return a file itself, or the tables of a folder, those that match a pattern where there are any, sorted.

    Patterns are globs from the folder on (`data/train-*.parquet`). Hidden files and those of `leave` are left out.
    BenchError if a pattern matches nothing, or if there is no table.
    """
    if not place.is_dir():
        if patterns:
            raise BenchError(f"{place}: files are chosen by pattern in a folder only, and this is none")
        return (place,)
    found: set[Path] = set()
    for pattern in patterns or ("**/*",):
        met = {path for path in place.glob(pattern) if _is_table(path, place)}
        if patterns and not met:
            there = ", ".join(path.relative_to(place).as_posix() for path in tables_in(place)[:8])
            raise BenchError(f"{place}: no table matches {pattern!r}; there are: {there}")
        found |= met
    found -= set(leave)
    if not found:
        raise BenchError(f"{place}: holds no table ({', '.join(FOUND)}, or .gz of it)")
    return tuple(sorted(found))


def open_tables(paths: Sequence[Path], notes: Notes) -> list[Table]:
    """Open the tables that a log lies in; BenchError names the first whose columns are not those of the others."""
    first, *rest = [open_table(path, notes) for path in paths]
    for other in rest:
        if set(other.columns) != set(first.columns):
            raise BenchError(
                f"{other.path}: its columns ({', '.join(other.columns[:12])}) are not those of {first.path.name} "
                f"({', '.join(first.columns[:12])}); choose the tables by pattern (--files, --item-files)"
            )
    return [first, *rest]


def open_table(path: Path, notes: Notes) -> Table:
    """Open a table by its ending; text delimiters are read off the header line."""
    if not path.is_file():
        raise BenchError(f"{path}: {'is a folder, not a file' if path.is_dir() else 'no such file'}")
    kind = ending(path)
    if kind in PARQUET:
        return open_parquet(path)
    if kind in OBJECTS:
        return _open_objects(path, notes)
    if kind in TEXT:
        return open_text(path, notes, _delimiter(path, kind))
    expected = ", ".join((*TEXT, *OBJECTS, *PARQUET))
    raise BenchError(f"{path}: unknown kind of table {kind!r}; expected {expected} (or .gz of it)")


def _open_objects(path: Path, notes: Notes) -> Table:
    """Return JSON lines as a Table: its columns are the keys of the first lines, a key that a line lacks is None."""
    names: dict[str, None] = {}
    for _, row in islice(read_objects(path, Notes()), PEEK):
        names |= dict.fromkeys(row)
    if not names:
        raise BenchError(f"{path}: expected one JSON object a line; a single list of them is not read")

    def rows() -> Iterator[tuple[int, Row]]:
        for number, row in read_objects(path, notes):
            yield number, {**dict.fromkeys(names), **row}

    return Table(path, tuple(names), rows)


def _is_table(path: Path, folder: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
    return not hidden and path.is_file() and ending(path) in FOUND


def _delimiter(path: Path, kind: str) -> str:
    if kind in {".inter", ".item", ".tsv"}:
        return "\t"
    header = next(read_lines(path, Notes(strict=True)), (0, ""))[1]
    return max((",", ";", "\t"), key=header.count)
