"""Reports as tables for further work: a row a question, system and metric, in pandas, Arrow and parquet.

from bench.report.frame import frame
frame("runs").pivot_table(index="system", columns="metric", values="value")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.errors import BenchError
from bench.io import write_atomic
from bench.report.board import Page, gather
from bench.report.render import from_json
from bench.store import find_runs

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {  # column -> Arrow type
    **dict.fromkeys(("task", "version", "seen"), "string"),
    "limit": "int64",
    **dict.fromkeys(("rendering", "system"), "string"),
    "seeds": "list<int64>",
    "metric": "string",
    "primary": "bool",
    **dict.fromkeys(("value", "low", "high", "level"), "float64"),
    **dict.fromkeys(("cases", "users", "failed"), "int64"),
    **dict.fromkeys(("seconds", "seed_spread"), "float64"),
    "fingerprint": "string",
}


def read_pages(*places: str | Path) -> list[Page]:
    """Return the pages of run folders, or of one stored report (`navibench report --format json`)."""
    paths = [Path(place) for place in places]
    stored = [path for path in paths if path.suffix == ".json"]
    if stored and len(paths) > 1:
        raise BenchError(f"{stored[0]}: a stored report stands alone; name it, or folders of runs")
    return from_json(paths[0]) if stored else gather(find_runs(paths))


def frame(*places: str | Path) -> pd.DataFrame:
    """Return the figures of runs as a pandas DataFrame with the columns `COLUMNS`.

    `places`: run folders, or folders that hold some, or one stored report (.json). `value` is a mean over cases (and
    over `seeds`), `low` and `high` its interval over users at `level`; they are missing where a metric has none, as
    `limit` is for whole runs. `cases` are those that the metric could judge. BenchError where there is no run.
    """
    table = arrow(read_pages(*places))
    found: pd.DataFrame = table.to_pandas(types_mapper=_nullable())
    return found


def records(pages: Sequence[Page]) -> list[dict[str, Any]]:
    """Return a dictionary a question, system and metric, with the keys `COLUMNS`."""
    return [
        {
            "task": page.question.task,
            "version": page.question.version,
            "seen": page.question.seen,
            "limit": page.question.limit,
            "rendering": page.question.rendering,
            "system": row.label,
            "seeds": list(row.seeds),
            "metric": name,
            "primary": name == page.question.primary,
            "value": figure.value,
            "low": figure.low,
            "high": figure.high,
            "level": page.question.level,
            "cases": page.cases if figure.cases is None else figure.cases,
            "users": page.users,
            "failed": row.failed,
            "seconds": row.seconds,
            "seed_spread": row.seed_spread if name == page.question.primary else None,
            "fingerprint": page.question.fingerprint,
        }
        for page in pages
        for row in page.rows
        for name, figure in row.figures.items()
    ]


def arrow(pages: Sequence[Page]) -> Any:
    """Return the pages as an Arrow table with the columns and types of `COLUMNS`."""
    import pyarrow as pa

    kinds = {"list<int64>": pa.list_(pa.int64()), "bool": pa.bool_(), "string": pa.string()}
    kinds |= {"int64": pa.int64(), "float64": pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    return pa.Table.from_pylist(records(pages), schema=schema)


def write_parquet(pages: Sequence[Page], path: Path) -> None:
    """Write the pages as a parquet file, whole or not at all."""
    import pyarrow.parquet as pq

    table = arrow(pages)
    write_atomic(path, lambda part: pq.write_table(table, part))


def _nullable() -> Any:
    """Return what keeps whole numbers whole in pandas where some are missing."""
    import pandas as pd
    import pyarrow as pa

    return {pa.int64(): pd.Int64Dtype()}.get
