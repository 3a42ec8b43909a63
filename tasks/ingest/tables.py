"""Tables row by row: delimited text with a header, and parquet in batches, with the columns checked first."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from tasks.ingest.lines import read_lines
from tasks.ingest.rows import Notes

Row = dict[str, object]
BATCH = 1 << 15


@dataclass(frozen=True, slots=True)
class Table:
    """A table's column names and its rows as (line or row number, {column: value}); `rows` may be called again."""

    path: Path
    columns: tuple[str, ...]
    rows: Callable[[], Iterator[tuple[int, Row]]]


def read_cells(path: Path, notes: Notes, delimiter: str, encoding: str = "utf-8") -> Iterator[tuple[int, list[str]]]:
    """Yield (line number, cells); quotes are honoured in comma-separated files only, as their writers mean them.

    Several characters (`::`) split plainly. A field above csv's 128 KiB limit is counted as malformed.
    """
    if delimiter not in {",", ";"}:
        yield from ((number, line.split(delimiter)) for number, line in read_lines(path, notes, encoding) if line)
        return
    feed = _Feed(read_lines(path, notes, encoding))
    rows = csv.reader(feed, delimiter=delimiter)
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            notes.drop(f"not csv ({error})", path, feed.number)
            continue
        if cells:
            yield feed.number, cells


class _Feed:
    """Lines for csv.reader that remember the number of the last one in the file."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self.lines = lines
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        self.number, line = next(self.lines)
        return f"{line}\n"


def open_text(
    path: Path, notes: Notes, delimiter: str = ",", needs: Sequence[str] = (), names: Sequence[str] = ()
) -> Table:
    """Return a delimited file as a Table. `names` are its columns where it has no header line.

    BenchError if the file is empty or a column of `needs` is absent.
    """
    header = tuple(names) or _header(path, delimiter)
    check_columns(path, header, needs)

    def rows() -> Iterator[tuple[int, Row]]:
        lines = read_cells(path, notes, delimiter)
        if not names:
            next(lines, None)
        for number, cells in lines:
            if len(cells) == len(header):
                yield number, dict(zip(header, cells, strict=True))
            else:
                notes.drop("wrong number of columns", path, number)

    return Table(path, header, rows)


def _header(path: Path, delimiter: str) -> tuple[str, ...]:
    first = next(read_cells(path, Notes(strict=True), delimiter), None)
    if first is None:
        raise BenchError(f"{path}: is empty; expected a header line and rows")
    header = tuple(name.strip() for name in first[1])
    if len(set(header)) != len(header):
        raise BenchError(f"{path}:1: two columns have one name ({', '.join(header[:20])}); rename one")
    return header


def check_columns(path: Path, columns: Iterable[str], needs: Iterable[str]) -> None:
    """Raise BenchError listing what a file has if it lacks a column."""
    there = list(columns)
    missing = [name for name in needs if name not in there]
    if missing:
        shown = ", ".join(name[:40] for name in there[:30])
        raise BenchError(f"{path}: no column {', '.join(missing)}; it has: {shown or 'none'}")


def open_parquet(path: Path, needs: Sequence[str] = (), rename: Callable[[str], str] = str) -> Table:
    """Return a parquet file as a Table read in batches; `rename` maps its column names."""
    file = _parquet_file(path)
    stored = {rename(name): name for name in file.schema_arrow.names}
    check_columns(path, stored, needs)
    wanted = list(needs) or list(stored)

    def rows() -> Iterator[tuple[int, Row]]:
        number = 0
        for batch in _batches(path, [stored[name] for name in wanted]):
            for values in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                number += 1
                yield number, dict(zip(wanted, values, strict=True))

    return Table(path, tuple(stored), rows)


def _parquet_file(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except FileNotFoundError:
        raise BenchError(f"{path}: no such file") from None
    except (OSError, pa.ArrowException) as error:
        raise BenchError(f"{path}: not a whole parquet file ({_short(error)}); fetch or write it again") from None


def _batches(path: Path, columns: list[str]) -> Iterator[Any]:
    import pyarrow as pa

    try:
        yield from _parquet_file(path).iter_batches(batch_size=BATCH, columns=columns)
    except (OSError, pa.ArrowException) as error:
        raise BenchError(f"{path}: damaged parquet file ({_short(error)}); fetch or write it again") from None


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:160]
