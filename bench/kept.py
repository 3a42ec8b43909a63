"""Finished runs kept in one file: all that reports need of them, without answers and media.

`navibench keep` writes what every run's `run.json` says and its per-case scores: small enough to be committed, or to be
carried to where other seeds and systems were run. The file is read like a folder of runs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bench.errors import BenchError, unknown
from bench.io import canonical, replacing
from bench.store import KEPT, Run, check_manifest, current, folder_for
from bench.tables import FACTS, SLICES, Scores

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = 1
VERSION = b"navibench.runs"  # key of the file's metadata
SLICED = tuple(f"slice_{name}" for name in SLICES)
METRIC = "metric:"  # the other columns' names begin so; null where a run has no such metric


@dataclass(frozen=True)
class Kept(Run):
    """A run in a file; `folder` is where it would lie if the file were a folder.

    `told` is its `run.json`; its scores are row `place` of row group `group`.
    """

    file: Path
    told: str
    group: int
    place: int

    whole: ClassVar[bool] = False

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of `run.json`."""
        return _manifest(self.told, self.file)

    @property
    def answers(self) -> Path:
        """Raise BenchError: answers are what a file of runs is without."""
        raise BenchError(f"{self.file}: holds no answers, only scores; name the folder of the runs themselves")

    def read_scores(self) -> Scores:
        """Return the per-case scores. Raises BenchError if the file was written anew since the run was found in it."""
        rows = _row_group(self.file, self.group, self.file.stat().st_mtime_ns).slice(self.place, 1).to_pylist()
        if not rows or rows[0]["run"] != self.told:
            raise BenchError(f"{self.file}: was written anew while it was read; read it again")
        return _scores(rows[0])


def write_kept(runs: Iterable[Run], path: Path, only: Collection[str] = ()) -> int:
    """Write runs into a file, those that a newer one replaces left out, and return how many; equal runs, equal bytes.

    `only`: the metrics whose scores are kept beside a card's primary one (none: all). A row a run and a row group a
    list of cases, since what is alike is stored once there. Raises BenchError for a metric that no run has.
    """
    import pyarrow.parquet as pq

    if path.suffix != KEPT:
        raise BenchError(f"{path}: runs are kept in a file whose name ends in {KEPT}")
    scored = [(run, run.read_scores()) for run in current(runs)]
    scored.sort(key=lambda pair: (pair[0].task, pair[1].cases, str(_place(pair[0].manifest))))
    known = {name for _, scores in scored for name in scores.metrics}
    for name in only:
        if name not in known:
            raise unknown("metric of these runs", name, known)
    metrics = sorted({*only, *(run.manifest["task"]["primary"] for run, _ in scored)} if only else known)
    schema = _schema(metrics)
    with (
        replacing(path) as part,
        pq.ParquetWriter(
            part, schema, compression="zstd", compression_level=19, write_page_checksum=True, write_statistics=False
        ) as writer,
    ):
        for _, members in groupby(scored, key=lambda pair: (pair[0].task, pair[1].cases)):
            writer.write_table(_table([_row(run, scores, metrics) for run, scores in members], schema))
    return len(scored)


def read_kept(path: Path) -> list[Kept]:
    """Return the runs in a file. Raises BenchError for one that is broken or newer than this program."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            stated = (file.schema_arrow.metadata or {}).get(VERSION, b"")
            if not stated.isdigit() or int(stated) > SCHEMA:
                told = f"schema {int(stated)} is newer than {SCHEMA}; upgrade navibench" if stated.isdigit() else ""
                raise BenchError(f"{path}: {told or 'no file that `navibench keep` wrote'}")
            groups = [
                file.read_row_group(group, columns=["run"]).column("run").to_pylist()
                for group in range(file.num_row_groups)
            ]
    except (pa.ArrowException, OSError) as error:
        raise BenchError(f"{path}: not a whole file of runs ({str(error).splitlines()[0]})") from None
    return [
        Kept(path / _place(_manifest(told, path)), path, told, group, place)
        for group, rows in enumerate(groups)
        for place, told in enumerate(rows)
    ]


def _manifest(told: str, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(told)
    except (ValueError, RecursionError) as error:
        raise BenchError(f"{path}: a run in it is no JSON ({error})") from None
    return check_manifest(found, path)


def _place(manifest: dict[str, Any]) -> Path:
    told = manifest["task"]["id"], manifest["system"]["name"], manifest["seed"], manifest["key"]
    return folder_for(Path(), *told)


def _schema(metrics: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    texts, numbers = pa.list_(pa.string()), pa.list_(pa.float64())
    kinds: dict[str, Any] = {"run": pa.string(), "case": texts, "user": texts, "failed": pa.list_(pa.bool_())}
    kinds |= dict.fromkeys(SLICED, texts)
    kinds |= dict.fromkeys((*FACTS, *(f"{METRIC}{name}" for name in metrics)), numbers)
    return pa.schema(list(kinds.items()), metadata={VERSION: str(SCHEMA)})


def _table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pylist(list(rows), schema=schema)


def _row(run: Run, scores: Scores, metrics: Sequence[str]) -> dict[str, Any]:
    import pyarrow as pa

    row: dict[str, Any] = {"run": canonical(run.manifest), "case": scores.cases, "user": scores.users}
    row |= {"failed": scores.failed}
    row |= {column: scores.slices[name] for column, name in zip(SLICED, SLICES, strict=True)}
    numbers = {**scores.facts, **{f"{METRIC}{name}": scores.metrics.get(name) for name in metrics}}
    return row | {
        name: None if values is None else pa.array(values, mask=np.isnan(values)) for name, values in numbers.items()
    }


@lru_cache(maxsize=2)
def _row_group(path: Path, group: int, _written: int) -> pa.Table:
    """Return the rows of a row group; systems of one question are read one after the other.

    `_written` tells a file from the one that stood there before.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            return file.read_row_group(group) if group < file.num_row_groups else file.schema_arrow.empty_table()
    except (pa.ArrowException, OSError) as error:
        raise BenchError(f"{path}: not a whole file of runs ({str(error).splitlines()[0]})") from None


def _scores(row: dict[str, Any]) -> Scores:
    numbers = {
        name: np.array(values, dtype=np.float64)
        for name, values in row.items()
        if values is not None and (name in FACTS or name.startswith(METRIC))
    }
    return Scores(
        cases=tuple(row["case"]),
        users=tuple(row["user"]),
        failed=np.array(row["failed"], dtype=np.bool_),
        facts={name: numbers.pop(name) for name in FACTS},
        slices={name: tuple(row[column]) for column, name in zip(SLICED, SLICES, strict=True)},
        metrics={name.removeprefix(METRIC): values for name, values in numbers.items()},
    )
