"""Answers and scores as parquet: the stored truth of a run, read back with every row checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Answer, Failure, Instruction, Media, Ranking
from bench.errors import BenchError
from bench.io import replacing

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
FACTS = ("history_length", "target_popularity")
SLICES = ("history", "popularity")


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """Per-case scores: `metrics` maps a scorer to floats [cases], NaN where it could not judge.

    `facts` are history length in events and mean training count of the targets; `slices` name each case's slice by
    them ("5-9", "cold"). All are aligned with `cases`.
    """

    cases: tuple[str, ...]
    users: tuple[str, ...]
    failed: NDArray[np.bool_]
    facts: dict[str, NDArray[np.float64]]
    slices: dict[str, tuple[str, ...]]
    metrics: dict[str, NDArray[np.float64]]


def write_answers(path: Path, cases: Sequence[str], answers: Sequence[Answer]) -> None:
    """Write one row a case: kind, ranked items with tied group sizes and rest, text and terms, path or failure."""
    import pyarrow as pa

    rows = list(answers)
    columns = {
        "case": pa.array(list(cases), pa.string()),
        "kind": pa.array([type(row).__name__.lower() for row in rows], pa.string()),
        "items": pa.array([row.items if isinstance(row, Ranking) else None for row in rows], pa.list_(pa.string())),
        "ties": pa.array([row.ties if isinstance(row, Ranking) else None for row in rows], pa.list_(pa.int32())),
        "rest": pa.array([row.rest if isinstance(row, Ranking) else None for row in rows], pa.int32()),
        "text": pa.array([row.text if isinstance(row, Instruction) else None for row in rows], pa.string()),
        "terms": pa.array([row.terms if isinstance(row, Instruction) else None for row in rows], pa.list_(pa.string())),
        "path": pa.array([str(row.path) if isinstance(row, Media) else None for row in rows], pa.string()),
        "failure": pa.array([row.reason if isinstance(row, Failure) else None for row in rows], pa.string()),
    }
    _write(path, pa.table(columns))


def read_answers(path: Path) -> dict[str, Answer]:
    """Return {case: answer}; duplicate cases, unknown kinds and broken files are errors that name the place."""
    table = _read(path, ("case", "kind", "items", "ties", "rest", "text", "terms", "path", "failure"))
    found: dict[str, Answer] = {}
    columns = [table.column(name).to_pylist() for name in table.column_names]
    for number, values in enumerate(zip(*columns, strict=True), start=1):
        row = dict(zip(table.column_names, values, strict=True))
        if row["case"] is None or row["case"] in found:
            raise BenchError(f"{path}: row {number}: case {row['case']!r} is missing or stands there twice")
        found[row["case"]] = answer_of(row, f"{path}: row {number}")
    return found


def write_media(path: Path, found: Mapping[str, Path | Failure], out: Path) -> None:
    """Write one row a rendered case: its file, as a path below `out` if it lies there, or why there is none."""
    import pyarrow as pa

    places = [
        (str(file.relative_to(out)) if file.is_relative_to(out) else str(file)) if isinstance(file, Path) else None
        for file in found.values()
    ]
    reasons = [file.reason if isinstance(file, Failure) else None for file in found.values()]
    columns = {"case": list(found), "path": places, "failure": reasons}
    _write(path, pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()}))


def read_media(path: Path, out: Path) -> dict[str, Path | Failure]:
    """Return {case: file or Failure}; a case that stands there twice is an error."""
    columns = [
        _read(path, ("case", "path", "failure")).column(name).to_pylist() for name in ("case", "path", "failure")
    ]
    found: dict[str, Path | Failure] = {}
    for number, (case, place, reason) in enumerate(zip(*columns, strict=True), start=1):
        if case is None or case in found:
            raise BenchError(f"{path}: row {number}: case {case!r} is missing or stands there twice")
        found[case] = out / place if place else Failure(reason or "no reason given")
    return found


def write_scores(path: Path, scores: Scores) -> None:
    """Write one row a case, sorted by case id, so that equal scores are equal bytes."""
    import pyarrow as pa

    order = sorted(range(len(scores.cases)), key=scores.cases.__getitem__)
    columns: dict[str, Any] = {
        "case": pa.array([scores.cases[index] for index in order], pa.string()),
        "user": pa.array([scores.users[index] for index in order], pa.string()),
        "failed": pa.array(scores.failed[order]),
    }
    for name, labels in scores.slices.items():
        columns[f"slice_{name}"] = pa.array([labels[index] for index in order], pa.string())
    for name, values in [*scores.facts.items(), *scores.metrics.items()]:
        columns[name] = pa.array(values[order], pa.float64(), mask=np.isnan(values[order]))
    _write(path, pa.table(columns))


def read_scores(path: Path) -> Scores:
    """Return the stored scores; every column beyond the fixed ones is a metric."""
    sliced = {f"slice_{name}": name for name in SLICES}
    table = _read(path, ("case", "user", "failed", *FACTS, *sliced))
    cases = tuple(table.column("case").to_pylist())
    if len(set(cases)) != len(cases) or None in cases:
        raise BenchError(f"{path}: a case is missing its id or stands there twice; run `navibench score` on the run")
    numbers = {
        name: table.column(name).to_numpy(zero_copy_only=False).astype(np.float64)
        for name in table.column_names
        if name not in {"case", "user", "failed", *sliced}
    }
    return Scores(
        cases=cases,
        users=tuple(table.column("user").to_pylist()),
        failed=table.column("failed").to_numpy(zero_copy_only=False).astype(np.bool_),
        facts={name: numbers.pop(name) for name in FACTS},
        slices={name: tuple(table.column(column).to_pylist()) for column, name in sliced.items()},
        metrics=numbers,
    )


def _write(path: Path, table: pa.Table) -> None:
    import pyarrow.parquet as pq

    with replacing(path) as temporary:
        pq.write_table(table.replace_schema_metadata({"navibench": str(SCHEMA)}), temporary, compression="zstd")


def _read(path: Path, expected: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file():
        raise BenchError(f"{path}: no such file")
    try:
        table = pq.ParquetFile(path).read()
    except (pa.ArrowException, OSError) as error:
        raise BenchError(f"{path}: not a whole parquet file ({str(error).splitlines()[0]})") from None
    if absent := [name for name in expected if name not in table.column_names]:
        raise BenchError(f"{path}: no column {', '.join(absent)}; it has {', '.join(table.column_names)}")
    stated = int((table.schema.metadata or {}).get(b"navibench", b"0"))
    if stated > SCHEMA:
        raise BenchError(f"{path}: schema {stated} is newer than this program's {SCHEMA}; upgrade navibench")
    return table


def answer_of(row: Mapping[str, Any], place: str) -> Answer:
    """Return the answer that a row of the table holds; `place` names the row in errors."""
    if row["kind"] == "ranking":
        return Ranking(tuple(row["items"] or ()), tuple(row["ties"] or ()), row["rest"] or 0)
    if row["kind"] == "instruction":
        return Instruction(row["text"] or "", tuple(row["terms"] or ()))
    if row["kind"] == "media" and row["path"]:
        return Media(Path(row["path"]))
    if row["kind"] == "failure":
        return Failure(row["failure"] or "no reason given")
    raise BenchError(f"{place}: expected a ranking, instruction, media or failure, got kind {row['kind']!r}")
