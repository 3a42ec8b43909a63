"""The released parquet layout: rows, parts, catalogue and everything that can be wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.errors import BenchError
from tasks.ingest.released import load
from tests.released import CODES, ITEMS, terms, windows, write_files


def refuse(root: Path, message: str, **options: Any) -> None:
    with pytest.raises(BenchError, match=message) as caught:
        load(root, **options)
    assert "\n" not in str(caught.value)


def test_parts_items_and_targets(tmp_path: Path) -> None:
    data = load(write_files(tmp_path))
    assert [len(data.train.sequences), len(data.train.validation), len(data.examples)] == [20, 4, 6]
    assert data.train.sequences["u1"] == tuple(CODES[1:5])  # history of 3 and its target
    (example,) = [one for one in data.examples if one.query.id == "u24"]
    assert (example.query.history, example.targets) == ((CODES[0], CODES[1]), (CODES[2],))
    assert sorted(CODES) == list(data.train.items)
    assert data.train.items[CODES[3]].attributes == {"terms": tuple(terms(3))}
    told = data.provenance
    assert (told["pids"], told["pids_sharing_a_code"], told["malformed"]) == (ITEMS + 1, 2, 0)
    assert load(tmp_path, history=1).examples[0].query.history == (CODES[1],)


def test_newer_column_names_and_the_order_of_rows_change_nothing(tmp_path: Path) -> None:
    before = load(write_files(tmp_path)).fingerprint
    for path in tmp_path.glob("*.parquet"):
        table = pq.read_table(path)
        names = [name.replace("sid", "cid") for name in table.column_names]
        pq.write_table(table.rename_columns(names).take(list(range(len(table)))[::-1]), path)
    assert load(tmp_path).fingerprint == before


def test_a_user_is_in_one_part_with_all_questions_or_one_sequence(tmp_path: Path) -> None:
    write_files(tmp_path)
    rows = [("a", [0], 1), ("a", [0, 1], 2), ("u24", [3], 4), ("u20", [3], 4)]
    pq.write_table(windows(rows), tmp_path / "train_cid2cid.parquet")
    pq.write_table(windows([("u24", [0, 1], 2), ("u24", [5], 6)]), tmp_path / "test_cid2cid.parquet")
    data = load(tmp_path)
    assert data.train.sequences == {"a": tuple(CODES[:3])}
    assert [(one.query.id, one.query.user) for one in data.examples] == [("u24#0", "u24"), ("u24#1", "u24")]
    assert data.provenance["shorter_rows_left_out"] == 1
    assert data.provenance["rows_train_of_users_asked_elsewhere"] == 2


def test_bad_rows_are_counted_or_refused(tmp_path: Path) -> None:
    write_files(tmp_path)
    good, zero = CODES[0], "<|cid_begin|><s_a_01><s_b_0><s_c_0><|cid_end|>"
    table = {
        "uid": ["a", "b", "c", "d", None],
        "hist_sid": [[good], [], [good, zero], [good], [good]],
        "target_sid": [[good], [good], [good], None, [good]],
    }
    pq.write_table(pa.table(table), tmp_path / "test_cid2cid.parquet")
    data = load(tmp_path)
    assert [one.query.id for one in data.examples] == ["a"]
    assert data.provenance["malformed"] == 4
    assert str(data.provenance["malformed.malformed code"]).startswith("1, first at test_cid2cid.parquet:3")
    refuse(tmp_path, "test_cid2cid.parquet:2: no user, history or target", strict=True)
    pq.write_table(pa.table(table).slice(1), tmp_path / "test_cid2cid.parquet")
    refuse(tmp_path, r"no usable row in test_cid2cid.parquet \(4 malformed\)")


def test_a_code_with_several_terms_has_those_of_most_products(tmp_path: Path) -> None:
    write_files(tmp_path)
    table = {"pid": ["1", "2", "3"], "sid": [CODES[0]] * 3, "tid": [["a b"], ["cup"], ["cup"]]}
    pq.write_table(pa.table(table), tmp_path / "pid2cid2tid.parquet")
    data = load(tmp_path)
    assert data.train.items[CODES[0]].attributes["terms"] == ("cup",)
    assert data.provenance["codes_with_several_terms"] == 1
    assert len(data.train.items) == data.provenance["undescribed_items"] + 1 == ITEMS  # type: ignore[operator]


def test_instructions_aim_at_the_item_of_their_terms(tmp_path: Path) -> None:
    write_files(tmp_path)
    by_code, by_terms = load(tmp_path), load(tmp_path, asked="cid2ins")
    assert by_code.examples == by_terms.examples
    pq.write_table(windows([("x", [0], 1)]), tmp_path / "test_cid2cid.parquet")  # nothing to look targets up in
    assert load(tmp_path, asked="cid2ins").examples == by_code.examples
    table = pq.read_table(tmp_path / "test_cid2ins.parquet").to_pydict()
    table["target_tid"][0] = ["nothing of the kind"]
    pq.write_table(pa.table(table), tmp_path / "test_cid2ins.parquet")
    assert load(tmp_path, asked="cid2ins").provenance["malformed"] == 1
    refuse(tmp_path, "terms of no item", asked="cid2ins", strict=True)


@pytest.mark.parametrize("junk", [b"", b"PAR1", b"PAR1" + b"\0" * 40 + b"PAR1", b"not parquet at all"])
def test_truncated_parquet(tmp_path: Path, junk: bytes) -> None:
    write_files(tmp_path)
    (tmp_path / "test_cid2cid.parquet").write_bytes(junk)
    refuse(tmp_path, "test_cid2cid.parquet: not a whole parquet file")


def test_parquet_with_a_flipped_page(tmp_path: Path) -> None:
    path = write_files(tmp_path) / "test_cid2cid.parquet"
    whole = bytearray(path.read_bytes())
    whole[4:60] = b"\xff" * 56
    path.write_bytes(bytes(whole))
    refuse(tmp_path, "damaged parquet file")


def test_other_files_and_options_are_refused(tmp_path: Path) -> None:
    refuse(tmp_path, "no file named test_cid2cid.parquet")
    refuse(tmp_path, "no such folder; put the parquet files", folder="nowhere")
    refuse(write_files(tmp_path), "did you mean cid2ins", asked="cid2in")
    (tmp_path / "pid2cid2tid.parquet").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
    refuse(tmp_path, "this is a Git LFS pointer, .*git lfs pull")
    pq.write_table(pa.table({"uid": ["u"], "hist": [["x"]]}), tmp_path / "test_cid2cid.parquet")
    (tmp_path / "pid2cid2tid.parquet").unlink()
    refuse(tmp_path, "no column hist_cid, target_cid; it has: uid, hist")
