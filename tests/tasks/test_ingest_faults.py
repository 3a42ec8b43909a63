"""Bad input of every kind: one line that names the place and the way out, and never a traceback or a silent loss."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import source_samples as samples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from tasks.ingest import lines as reading
from tasks.ingest.rows import Notes
from tasks.ingest.values import parse_id, parse_time
from tasks.load import load

GOOD = "u1\ta b c\nu2\tb c a\n"


def refuse(root: Path, message: str, **options: str | bool) -> None:
    with pytest.raises(BenchError, match=message) as caught:
        load(root, **options)  # type: ignore[arg-type]
    assert "\n" not in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    refuse(tmp_path, r"no file named sequences.tsv.gz or sequences.tsv")


def test_empty_file(tmp_path: Path) -> None:
    samples.write(tmp_path / "sequences.tsv", "")
    refuse(tmp_path, "holds no usable event")


def test_binary_junk(tmp_path: Path) -> None:
    (tmp_path / "sequences.tsv").write_bytes(b"u1\ta\0b\n")
    refuse(tmp_path, r"sequences.tsv:1: holds zero bytes")
    (tmp_path / "sequences.tsv").write_bytes(bytes(range(128, 256)) * 4)
    refuse(tmp_path, "1 x not utf-8 text")


def test_cut_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(("".join(f"u{n}\ta b c d\n" for n in range(5000))).encode())
    (tmp_path / "sequences.tsv.gz").write_bytes(whole[: len(whole) // 2])
    refuse(tmp_path, r"sequences.tsv.gz: damaged or cut short after line \d+")


def test_damaged_gzip(tmp_path: Path) -> None:
    whole = bytearray(gzip.compress(GOOD.encode() * 500))
    whole[len(whole) // 2] ^= 0xFF
    (tmp_path / "sequences.tsv.gz").write_bytes(bytes(whole))
    refuse(tmp_path, "damaged or cut short")


def test_gz_name_without_gzip_data(tmp_path: Path) -> None:
    samples.write(tmp_path / "sequences.tsv.gz", GOOD)
    refuse(tmp_path, "holds no gzip data")


def test_gzip_data_without_gz_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "sequences.tsv").write_bytes(gzip.compress(GOOD.encode()))
    dataset = load(tmp_path)
    assert len(dataset.examples) == 2
    assert dataset.provenance["malformed"] == 0 and "malformed_first" not in dataset.provenance


def test_malformed_rows_are_counted_or_refused(tmp_path: Path) -> None:
    samples.write(tmp_path / "sequences.tsv", GOOD + "no tab here\nu1\ta b c\n\t a b c\nnan\ta b\n")
    provenance = load(tmp_path).provenance
    assert provenance["malformed"] == 4
    assert provenance["malformed_first"] == "sequences.tsv:3: not `user TAB items`"
    assert provenance["malformed.not `user TAB items`"] == "3, first at sequences.tsv:3"
    assert provenance["malformed.a user's second line"] == "1, first at sequences.tsv:4"
    refuse(tmp_path, r"sequences.tsv:3: not `user TAB items`; mend or remove the row", strict=True)


def test_malformed_item_lines(tmp_path: Path) -> None:
    samples.write(tmp_path / "sequences.tsv", GOOD)
    samples.write(
        tmp_path / "items.jsonl", '{"item": "a"}\n{"item": \n[1]\n{"title": "no id"}\n{"item": "a", "title": "again"}\n'
    )
    dataset = load(tmp_path)
    assert dataset.provenance["malformed"] == 3
    assert dataset.provenance["repeated_items"] == 1
    assert dataset.train.items["a"].title == "again"


def test_overlong_line_is_skipped_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_LINE", 100)
    samples.write(tmp_path / "sequences.tsv", "u0\t" + "a " * 500 + "\n" + GOOD)
    provenance = load(tmp_path).provenance
    assert provenance["malformed.line longer than 100 bytes"] == "1, first at sequences.tsv:1"
    assert provenance["users"] == 2


def test_nested_and_broken_text_is_bounded_and_valid(tmp_path: Path) -> None:
    samples.write(tmp_path / "sequences.tsv", GOOD)
    deep = "[" * 400 + "1" + "]" * 400
    first = f'{{"item": "a", "title": "\\ud800x", "\\ud800": "k", "deep": {deep}}}'
    rows = first + '\n{"item": "b", "tags": [["x", ["y"]]]}\n'
    samples.write(tmp_path / "items.jsonl", rows)
    dataset = load(tmp_path)
    assert dataset.train.items["a"].title == "?x"
    assert dataset.train.items["a"].attributes == {"?": ("k",)}
    assert dataset.train.items["b"].attributes == {"tags": ("x", "y")}


def test_media_outside_the_folder_names_nothing(tmp_path: Path) -> None:
    samples.write(tmp_path / "secret.jpg", "x")
    samples.write(tmp_path / "set" / "sequences.tsv", GOOD)
    samples.write(
        tmp_path / "set" / "items.jsonl",
        '{"item": "a", "image": "../secret.jpg"}\n{"item": "b", "image": "/etc/passwd"}\n',
    )
    items = load(tmp_path, folder="set").train.items
    assert items["a"].image is None and items["b"].image is None


def test_two_files_that_fit_are_an_error(tmp_path: Path) -> None:
    samples.movielens_100k(tmp_path)
    samples.recbole(tmp_path)
    samples.write(tmp_path / "other.inter", "x")
    refuse(tmp_path, r"several files \(ml.inter, other.inter\)", format="recbole")


@pytest.mark.parametrize(
    ("make", "name", "file", "text", "message"),
    [
        (samples.recbole, "recbole", "ml.inter", "user_id\titem_id\n1\t2\n", "column 'user_id' has no type"),
        (samples.recbole, "recbole", "ml.inter", "user_id:token\trating:float\n1\t2\n", "no column user_id or item_id"),
        (samples.recbole, "recbole", "ml.inter", "", "is empty"),
        (
            samples.kuairec,
            "kuairec",
            "KuaiRec 2.0/data/big_matrix.csv",
            "a,b\n1,2\n",
            "no column user_id, video_id, timestamp, watch_ratio; it has: a, b",
        ),
        (
            samples.microlens,
            "microlens",
            "MicroLens-50k_pairs.csv",
            "user,item,item\n1,2,3\n",
            "two columns have one name",
        ),
        (samples.retail, "online-retail", "OnlineRetail.csv", "InvoiceNo,StockCode\n1,2\n", "no column Description"),
        (samples.minionerec, "minionerec", "index/Office.index.json", "[1, 2]", "expected one JSON object"),
        (samples.minionerec, "minionerec", "index/Office.index.json", "{", "not valid JSON"),
        (samples.movielens_1m, "movielens-1m", "ratings.dat", "1,2,3,4\n", "1 x not user, movie, rating, time"),
    ],
)
def test_wrong_columns_and_files(
    tmp_path: Path, make: Callable[[Path], None], name: str, file: str, text: str, message: str
) -> None:
    make(tmp_path)
    samples.write(tmp_path / file, text)
    refuse(tmp_path, message, format=name)


def test_a_quote_that_never_ends_is_malformed_not_endless(tmp_path: Path) -> None:
    samples.microlens(tmp_path)
    rows = "".join(f"1,{number},{number}\n" for number in range(30_000))
    samples.write(tmp_path / "MicroLens-50k_pairs.csv", 'user,item,timestamp\n1,"2,3\n' + rows)
    assert load(tmp_path, format="microlens").provenance["malformed"] >= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(junk=st.binary(max_size=200))
def test_any_bytes_load_or_are_refused_in_one_line(tmp_path: Path, junk: bytes) -> None:
    for file, name in (("sequences.tsv", "pair"), ("ratings.csv", "movielens-20m"), ("x.inter", "recbole")):
        (tmp_path / file).write_bytes(junk)
        try:
            load(tmp_path, format=name)
        except BenchError as error:
            assert str(tmp_path) in str(error)


@given(text=st.text(max_size=30))
def test_any_text_is_an_id_a_time_or_nothing(text: str) -> None:
    name = parse_id(text)
    assert name == name.strip() and name.isprintable()
    time = parse_time(text)
    assert time is None or abs(time) < float("inf")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1500000000, 1500000000.0),
        ("1500000000", 1500000000.0),
        (1500000000123, 1500000000.123),
        ("1500000000123456", 1500000000.123456),
        ("20200705", 1593907200.0),
        (20200705, 1593907200.0),
        ("2020-07-05", 1593907200.0),
        ("2020-07-05T02:00:00+02:00", 1593907200.0),
        ("2020-07-05 00:00:00", 1593907200.0),
        ("12/1/2010 8:26", None),
        ("yesterday", None),
        ("", None),
        (float("nan"), None),
        (None, None),
        (True, None),
    ],
)
def test_times(value: object, expected: float | None) -> None:
    assert parse_time(value) == (None if expected is None else pytest.approx(expected, abs=1e-3))


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), "", " ", "NaN", "null", "a\tb", "x" * 600, True])
def test_missing_ids(value: object) -> None:
    assert parse_id(value) == ""


def test_ids_read_alike_as_text_and_number() -> None:
    assert parse_id(12.0) == parse_id(12) == parse_id(" 12 ") == "12"
    assert parse_id("0012") == "0012"


def test_strict_notes_name_file_and_line() -> None:
    with pytest.raises(BenchError, match=r"^log.csv:7: no user; mend"):
        Notes(strict=True).drop("no user", Path("log.csv"), 7)
