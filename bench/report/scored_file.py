"""The parquet file of per-case scores beside a stored report: written whole, read back only if it fits the report."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.config import build, plain
from bench.errors import BenchError
from bench.io import canonical, write_atomic
from bench.report.board import Page, Row
from bench.report.groups import Question
from bench.report.scored import Cases, Floats, Scored
from bench.stats.totals import mean_of_judged

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
VERSION = b"navibench.scores"  # key of the file's metadata
LEAVES = ("question", "more", "cases", "users", "labels", "scores")


def command(path: Path) -> str:
    """Return what makes a report and its scores together."""
    return f"navibench report RUNS --format json --scores {path} > {path.with_suffix('.json')}"


def write_scored(pages: Sequence[Scored], path: Path) -> None:
    """Write one row a page: question, whether more is better, digest of the cases, users, labels, scores of each label.

    Scores are float64, so that a contrast made of them is the stored one to the last digit; null is not judged. Equal
    pages are equal bytes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            "question": canonical(plain(page.question)),
            "more": page.more,
            "cases": page.cases.digest,
            "users": page.cases.users,
            "labels": list(page.rows),
            "scores": [pa.array(values, mask=np.isnan(values)) for values in page.rows.values()],
        }
        for page in pages
    ]
    table = pa.Table.from_pylist(rows, schema=_schema(pa)).replace_schema_metadata({VERSION: str(SCHEMA)})

    def write(part: Path) -> None:
        pq.write_table(
            table,
            part,
            compression="zstd",
            compression_level=19,
            use_dictionary=["scores.list.element.list.element"],
            column_encoding={"users.list.element": "DELTA_BINARY_PACKED"},  # most cases have a user of their own
            write_page_checksum=True,
            write_statistics=False,  # nobody asks for them
        )

    write_atomic(path, write)


def _schema(pa: Any) -> pa.Schema:
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.list_(pa.float64()))
    kinds = (pa.string(), pa.bool_(), pa.string(), pa.list_(pa.int32()), texts, numbers)
    return pa.schema(list(zip(LEAVES, kinds, strict=True)))


def read_scored(path: Path, pages: Sequence[Page]) -> list[Scored]:
    """Return the scores in a file that belongs to the stored report `pages`, in their order.

    Raises BenchError for a file that is broken, of another version, larger than the report can need, or of other
    questions, rows, cases, users or means than the report tells.
    """
    try:
        return [_page(line, page) for line, page in zip(_lines(path, pages), pages, strict=True)]
    except _UnfitError as error:
        told = f"{path}: not the scores of {path.with_suffix('.json').name}: {error}"
        raise BenchError(f"{told}; `{command(path)}` makes both") from None


class _UnfitError(Exception):
    """What a file tells that its report does not."""


def _lines(path: Path, pages: Sequence[Page]) -> list[dict[str, Any]]:
    """Return the file's rows as Arrow values, once its own description says that they are as large as they should."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True, arrow_extensions_enabled=False) as file:
            about = file.metadata
            _check_version(path, about.metadata or {})
            if not file.schema_arrow.equals(_schema(pa)):
                raise _UnfitError(f"its columns are {', '.join(file.schema_arrow.names)}, or of other types")
            sizes = {
                "question": len(pages),
                "users": sum(page.cases for page in pages),
                "labels": sum(len(page.rows) for page in pages),
                "scores": sum(page.cases * len(page.rows) for page in pages),
            }
            for name, size in sizes.items():
                groups = [about.row_group(number) for number in range(about.num_row_groups)]
                found = sum(group.column(LEAVES.index(name)).num_values for group in groups)
                if found != size:
                    raise _UnfitError(f"it has {found:,} {name}, the report has {size:,}")
            table = file.read()
            table.validate(full=True)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise _UnfitError(f"it is no whole parquet file ({(str(error) or 'damaged').splitlines()[0]})") from None
    return [{name: table.column(name)[row] for name in LEAVES} for row in range(len(table))]


def _check_version(path: Path, metadata: dict[bytes, bytes]) -> None:
    told = metadata.get(VERSION, b"")
    if not told.isdigit():
        raise _UnfitError("it states no version of its schema")
    if int(told) > SCHEMA:
        raise BenchError(f"{path}: schema {int(told)} is newer than this program's {SCHEMA}; upgrade navibench")
    if int(told) < SCHEMA:
        raise _UnfitError(f"its schema is {int(told)}, expected {SCHEMA}")


def _page(line: dict[str, Any], page: Page) -> Scored:
    title = page.title
    question = _question(line["question"].as_py())
    if question != page.question:
        raise _UnfitError(f"page {title} is absent; in its place is {question.title}, or the same asked otherwise")
    if page.cases < 1 or any(question.primary not in row.figures for row in page.rows):
        raise _UnfitError(f"{title}: the report has no case, or a row without {question.primary}")
    cases = _cases(line, page)
    labels = line["labels"].as_py()
    expected = sorted(row.label for row in page.rows)
    if labels != expected:
        raise _UnfitError(f"{title}: its rows are {labels}, expected {expected}")
    columns = line["scores"].values
    if columns is None or len(columns) != len(labels):
        raise _UnfitError(f"{title}: expected {len(labels)} columns of scores")
    rows = {row.label: row for row in page.rows}
    found = {
        label: _column(columns[number].values, rows[label], page, f"{title}: {label}")
        for number, label in enumerate(labels)
    }
    return Scored(question, _more(line, page), cases, found)


def _question(text: str | None) -> Question:
    try:
        told = json.loads(text or "")
        if not isinstance(told, dict):
            raise BenchError(f"expected an object, got {told!r}")
        return build(Question, told, "question")
    except (ValueError, RecursionError, BenchError) as error:
        raise _UnfitError(f"a question cannot be read ({error})") from None


def _more(line: dict[str, Any], page: Page) -> bool:
    """Return whether more is better; the rows of the report stand best first."""
    told = line["more"].as_py()
    values = [row.figures[page.question.primary].value or 0.0 for row in page.rows]
    if not isinstance(told, bool) or values != sorted(values, reverse=told):
        raise _UnfitError(f"{page.title}: more is {'better' if told else 'not better'}, and the rows stand otherwise")
    return told


def _cases(line: dict[str, Any], page: Page) -> Cases:
    told, values = line["cases"].as_py(), line["users"].values
    if not isinstance(told, str) or len(told) != 64 or not set(told) <= set("0123456789abcdef"):
        raise _UnfitError(f"{page.title}: expected the sha256 of the case ids, got {told!r}")
    if values is None or values.null_count or len(values) != page.cases:
        raise _UnfitError(f"{page.title}: expected the users of {page.cases:,} cases")
    users: NDArray[np.int64] = values.to_numpy().astype(np.int64)
    highest = np.maximum.accumulate(users)
    fresh = np.diff(highest, prepend=-1)
    if users.min() < 0 or not np.isin(fresh, (0, 1)).all() or highest[-1] + 1 != page.users:
        raise _UnfitError(f"{page.title}: expected {page.users:,} users, numbered in order of appearance")
    return Cases(told, users)


def _column(values: Any, row: Row, page: Page, place: str) -> Floats:
    """Return the scores of a row; their mean and count are those that the report tells, to the last digit."""
    if values is None or len(values) != page.cases:
        raise _UnfitError(f"{place}: expected {page.cases:,} scores")
    judged = values.drop_null().to_numpy()
    if not np.isfinite(judged).all():
        raise _UnfitError(f"{place}: a score is not finite; what could not be judged is null")
    found: Floats = values.to_numpy(zero_copy_only=False).astype(np.float64)
    figure = row.figures[page.question.primary]
    mean = float(mean_of_judged(found[:, None])[0]) if len(judged) else None
    if mean != figure.value or figure.cases not in (None, len(judged)):
        told = f"{figure.value} over {figure.cases} in the report"
        raise _UnfitError(f"{place}: {page.question.primary} is {mean} over {len(judged)} cases, and {told}")
    return found
