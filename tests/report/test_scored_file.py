"""The file of per-case scores: what it gives back, how small and equal it is, and what does not pass for one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.leaderboard.sources import opened
from bench.report.board import Page, compared, contrasts
from bench.report.groups import grouped
from bench.report.render import from_json
from bench.report.scored import scored
from bench.report.scored_file import VERSION, read_scored, write_scored
from bench.store import Run
from tests.core.test_cli import navibench
from tests.report.scored_results import drawn, store_scored, write_run, write_runs

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    """Three systems over 120 cases of 80 users, one of them with three seeds, one not judged everywhere."""
    folder, tables = tmp_path_factory.mktemp("runs"), drawn(["ann", "bob", "cid"])
    tables["bob"][5:30] = np.nan
    more = drawn(["one", "two"])
    seeds = [write_run(folder, "ann", values, seed, owners=80) for seed, values in enumerate(more.values(), 1)]
    return [*write_runs(folder, tables, owners=80), *seeds]


@pytest.fixture(scope="module")
def stored(runs: list[Run], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of scores of a stored report."""
    return store_scored(tmp_path_factory.mktemp("results"), one=runs) / "one.parquet"


def pages(path: Path) -> list[Page]:
    return from_json(path.with_suffix(".json"))


def test_stored_contrasts_are_made_again_to_the_last_digit(stored: Path) -> None:
    ((page,), (found,)) = (pages(stored), read_scored(stored, pages(stored)))
    names = [(line.a, line.b) for line in page.contrasts]
    made = [compared(found.rows[a], found.rows[b], found.cases.users, page.question) for a, b in names]
    assert len(names) == 3 and tuple(contrasts(names, made)) == page.contrasts


def test_what_is_read_is_what_was_written(runs: list[Run], stored: Path) -> None:
    (told,), (found,) = scored(grouped(runs)), read_scored(stored, pages(stored))
    assert (found.question, found.more, list(found.rows)) == (told.question, True, ["ann", "bob", "cid"])
    assert found.cases.same(told.cases)
    for label, values in told.rows.items():
        np.testing.assert_array_equal(found.rows[label], values)
    assert np.isnan(found.rows["bob"]).sum() == 25


def test_no_name_of_a_case_or_user_is_in_the_file(stored: Path) -> None:
    told = str(pq.read_table(stored).to_pylist()) + stored.read_bytes().decode("latin-1")
    assert "case-0" not in told and "user-0" not in told


def test_equal_runs_are_equal_bytes_in_any_order(runs: list[Run], stored: Path, tmp_path: Path) -> None:
    write_scored(scored(grouped(runs[::-1])), tmp_path / "again.parquet")
    assert (tmp_path / "again.parquet").read_bytes() == stored.read_bytes()


def test_a_row_of_3200_cases_takes_less_than_10_kilobytes(tmp_path: Path) -> None:
    seeds = [
        write_run(tmp_path, "ann", values, seed)
        for seed, values in enumerate(drawn(["a", "b", "c"], cases=3200).values())
    ]
    write_scored(scored(grouped(seeds)), tmp_path / "s.parquet")
    assert (tmp_path / "s.parquet").stat().st_size < 10_000


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(-1e50, 1e50)), min_size=1, max_size=9), st.data())
def test_any_scores_come_back_bit_by_bit(stored: Path, values: list[float], data: st.DataObject) -> None:
    (page,), (told,) = pages(stored), read_scored(stored, pages(stored))
    column = np.full(page.cases, data.draw(st.floats(0, 1)))
    column[: len(values)] = values
    path = stored.parent / "drawn.parquet"
    write_scored([replace(told, rows={**told.rows, "bob": column})], path)
    back = pq.read_table(path).column("scores")[0].values[1].values.to_numpy(zero_copy_only=False)
    path.unlink()
    assert back.tobytes() == np.where(np.isnan(column), back, column).tobytes()
    assert (np.isnan(back) == np.isnan(column)).all()


def edit(table: pa.Table, change: Callable[[Rows], None]) -> pa.Table:
    rows = table.to_pylist()
    change(rows)
    return pa.Table.from_pylist(rows, schema=table.schema)


def put(name: str, make: Callable[[Any], Any]) -> Callable[[pa.Table], pa.Table]:
    """Return a change of one cell of the first page."""
    return lambda table: edit(table, lambda rows: rows[0].update({name: make(rows[0][name])}))


def score(value: float | None) -> Callable[[pa.Table], pa.Table]:
    return put("scores", lambda told: [[value, *told[0][1:]], *told[1:]])


FAULTS: dict[str, tuple[Callable[[pa.Table], pa.Table], str]] = {
    "no version": (lambda table: table.replace_schema_metadata({}), "states no version"),
    "odd version": (lambda table: table.replace_schema_metadata({VERSION: b"-1"}), "states no version"),
    "older version": (lambda table: table.replace_schema_metadata({VERSION: b"0"}), "its schema is 0, expected 1"),
    "endless version": (lambda table: table.replace_schema_metadata({VERSION: b"9" * 5000}), "no whole parquet"),
    "a column more": (lambda table: table.append_column("x", pa.array([1])), "its columns are"),
    "a column less": (lambda table: table.drop_columns(["cases"]), "its columns are"),
    "a page twice": (lambda table: pa.concat_tables([table, table]), "it has 2 question, the report has 1"),
    "no page": (lambda table: table.slice(0, 0), "it has 0 question"),
    "unknown page": (put("question", lambda told: told.replace("own/made", "own/other")), "in its place is own/other"),
    "no question": (put("question", lambda told: None), "a question cannot be read"),
    "question of nothing": (put("question", lambda told: "[]"), "a question cannot be read"),
    "deep question": (put("question", lambda told: "[" * 99999), "a question cannot be read"),
    "digest too short": (put("cases", lambda told: told[:-1]), "expected the sha256"),
    "no digest": (put("cases", lambda told: None), "expected the sha256"),
    "direction": (put("more", lambda told: not told), "more is not better"),
    "no direction": (put("more", lambda told: None), "more is not better"),
    "a user more": (put("users", lambda told: [*told, 0]), "it has 121 users, the report has 120"),
    "users missing": (put("users", lambda told: [None, *told[1:]]), "expected the users"),
    "users misnumbered": (put("users", lambda told: told[::-1]), "numbered in order of appearance"),
    "users merged": (put("users", lambda told: [0 if one == 79 else one for one in told]), "expected 80 users"),
    "user below 0": (put("users", lambda told: [*told[:-1], -1]), "expected 80 users"),
    "row renamed": (put("labels", lambda told: ["ann", "bob", "zoe"]), "its rows are"),
    "rows swapped": (put("labels", lambda told: ["bob", "ann", "cid"]), "its rows are"),
    "row more": (put("labels", lambda told: [*told, "zoe"]), "it has 4 labels"),
    "scores more": (put("scores", lambda told: [*told, told[0]]), "it has 480 scores, the report has 360"),
    "case less": (put("scores", lambda told: [told[0][1:], *told[1:]]), "it has 359 scores"),
    "case moved": (put("scores", lambda told: [told[0][1:], [*told[1], 0.5], told[2]]), "expected 120 scores"),
    "scores missing": (put("scores", lambda told: None), "it has 1 scores"),
    "not a number": (score(float("nan")), "is not finite"),
    "endless": (score(float("inf")), "is not finite"),
    "other score": (score(0.123), "main@10 is"),
    "unjudged": (score(None), "over 119 cases"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_does_not_fit_the_report_is_refused_with_the_next_step(stored: Path, tmp_path: Path, fault: str) -> None:
    change, told = FAULTS[fault]
    path = tmp_path / "one.parquet"
    pq.write_table(change(pq.read_table(stored)), path)
    with pytest.raises(BenchError, match=told) as caught:
        read_scored(path, pages(stored))
    assert f"`navibench report RUNS --format json --scores {path} > {path.with_suffix('.json')}` makes both" in str(
        caught.value
    )


def test_a_newer_version_asks_for_an_upgrade(stored: Path, tmp_path: Path) -> None:
    pq.write_table(pq.read_table(stored).replace_schema_metadata({VERSION: b"2"}), tmp_path / "one.parquet")
    with pytest.raises(BenchError, match="schema 2 is newer than this program's 1; upgrade navibench"):
        read_scored(tmp_path / "one.parquet", pages(stored))


def test_a_file_cut_anywhere_is_refused(stored: Path, tmp_path: Path) -> None:
    whole, path = stored.read_bytes(), tmp_path / "one.parquet"
    for size in [0, 3, 11, *range(12, len(whole), max(1, len(whole) // 40)), len(whole) - 1]:
        path.write_bytes(whole[:size])
        with pytest.raises(BenchError, match="no whole parquet file"):
            read_scored(path, pages(stored))


def test_damaged_scores_are_never_taken_for_others(stored: Path, tmp_path: Path) -> None:
    whole, path = stored.read_bytes(), tmp_path / "one.parquet"
    (told,) = read_scored(stored, pages(stored))
    footer = len(whole) - 8 - int.from_bytes(whole[-8:-4], "little")
    refused = 0
    for place in range(0, footer, 7):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            (found,) = read_scored(path, pages(stored))
        except BenchError:
            refused += 1
            continue
        assert all(one.same(told.columns()[key]) for key, one in found.columns().items())
    assert refused > 0.9 * footer / 7


def test_a_report_of_other_rows_does_not_fit(stored: Path) -> None:
    (page,) = pages(stored)
    bare = replace(page.rows[0], figures={})
    for other in (
        replace(page, rows=page.rows[:2]),
        replace(page, cases=0),
        replace(page, rows=(bare, *page.rows[1:])),
    ):
        with pytest.raises(BenchError, match=r"not the scores of one\.json"):
            read_scored(stored, [other])


def test_scores_without_their_report_are_refused(stored: Path, tmp_path: Path) -> None:
    (tmp_path / "lone.parquet").write_bytes(stored.read_bytes())
    with pytest.raises(BenchError, match=r"lone\.parquet: no report beside it"), opened(tmp_path):
        pass


def test_runs_of_other_cases_are_not_one_page(tmp_path: Path) -> None:
    runs = [
        write_run(tmp_path, name, values, owners=owners)
        for (name, values), owners in zip(drawn("ab").items(), (80, 70), strict=True)
    ]
    with pytest.raises(BenchError, match="a and b were asked different cases"):
        scored(grouped(runs))


def test_the_command_writes_both(runs: list[Run], stored: Path, tmp_path: Path) -> None:
    folder = runs[0].folder.parents[1]
    made = tmp_path / "one.parquet"
    done = navibench("report", folder, "--format", "json", "--scores", made)
    assert done.returncode == 0 and f"wrote {made}" in done.stderr
    assert done.stdout == stored.with_suffix(".json").read_text()
    assert made.read_bytes() == stored.read_bytes()
    for options in ((folder, "--scores", made), (stored.with_suffix(".json"), "--format", "json", "--scores", made)):
        done = navibench("report", *options)
        assert done.returncode == 2 and "--scores needs runs" in done.stderr
