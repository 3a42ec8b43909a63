"""Folders of tables as `datasets` repositories have them: parts make one log, whatever they are written in."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from bench.errors import BenchError
from tasks.ingest.importer import Terms, import_log
from tasks.ingest.write import Imported

LOG = pd.DataFrame(
    [(f"u{user}", f"i{(user * 3 + step) % 9}", 1_600_000_000 + step) for user in range(9) for step in range(5)],
    columns=["user_id", "item_id", "timestamp"],
)
ITEMS = pd.DataFrame([(f"i{n}", f"thing {n}") for n in range(9)], columns=["item_id", "title"])


def write(table: pd.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_csv(path, index=False)


def read(folder: Path, target: Path, **terms: tuple[str, ...]) -> Imported:
    return import_log(folder, target, name="mine", terms=Terms(**terms))  # type: ignore[arg-type]


def bytes_of(made: Imported) -> list[bytes]:
    return [(made.folder / name).read_bytes() for name in ("sequences.tsv.gz", "items.jsonl.gz")]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_parts_in_any_form_are_the_log_in_one_file(kind: str, tmp_path: Path) -> None:
    write(LOG, tmp_path / "one" / "log.csv")
    write(ITEMS, tmp_path / "one" / "items.csv")
    parts = tmp_path / "parts"
    for number in range(3):
        part = LOG.iloc[number * 15 : (number + 1) * 15]
        write(part, parts / "data" / f"train-0000{number}-of-00003.{kind}")
    write(ITEMS, parts / f"items.{kind}")
    (parts / "README.md").write_text("---\nlicense: cc0-1.0\n---\n")
    (parts / ".git").mkdir()
    (parts / ".git" / "log.csv").write_text("x\n1\n")
    one = read(tmp_path / "one", tmp_path / "a", files=("log.csv",), item_files=("items.csv",))
    many = read(parts, tmp_path / "b", item_files=("items.*",))
    assert bytes_of(one) == bytes_of(many)
    assert many.events == len(LOG)
    told = json.loads((many.folder / "provenance.json").read_text())
    assert f"data/train-00000-of-00003.{kind}" in told["files"]


def test_tables_of_other_columns_are_not_read_as_one(tmp_path: Path) -> None:
    write(LOG, tmp_path / "in" / "train.csv")
    write(ITEMS, tmp_path / "in" / "items.csv")
    with pytest.raises(BenchError, match=r"train.csv: its columns.*are not those of items.csv.*--files"):
        read(tmp_path / "in", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_pattern_that_matches_nothing_says_what_there_is(tmp_path: Path) -> None:
    write(LOG, tmp_path / "in" / "data" / "train.csv")
    with pytest.raises(BenchError, match=r"no table matches 'test\*'; there are: data/train.csv"):
        read(tmp_path / "in", tmp_path / "out", files=("test*",))
    (tmp_path / "empty").mkdir()
    with pytest.raises(BenchError, match="holds no table"):
        read(tmp_path / "empty", tmp_path / "out")


def test_patterns_are_for_folders_of_tables(tmp_path: Path) -> None:
    write(LOG, tmp_path / "log.csv")
    with pytest.raises(BenchError, match="in a folder only"):
        read(tmp_path / "log.csv", tmp_path / "out", files=("*.csv",))
    with pytest.raises(BenchError, match="knows its own files"):
        Terms(format="recbole", files=("*.inter",))


def test_a_single_list_of_objects_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "log.json").write_text(json.dumps(LOG.to_dict("records"), indent=1))
    with pytest.raises(BenchError, match="expected one JSON object a line"):
        read(tmp_path / "in", tmp_path / "out")
