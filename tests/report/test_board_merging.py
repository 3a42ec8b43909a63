"""Which figures of several sources count once, which stand apart, what is said of it, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.errors import BenchError
from bench.leaderboard import text
from bench.leaderboard.merge import Board, flipped, merge
from bench.leaderboard.sources import Source, opened
from bench.report.board import Page
from bench.report.render import as_csv, guarded
from tests.report.boards import made_page, store
from tests.report.scored_results import drawn, store_scored, write_run

FIRST = {"ann": 0.5, "bob": 0.4, "cid": 0.39}


def board(**pages: Page | list[Page]) -> Board:
    told = {name: tuple(found) if isinstance(found, list) else (found,) for name, found in pages.items()}
    return merge([Source(f"{name}.json", found) for name, found in told.items()])


def labels(made: Board) -> list[str]:
    return [entry.row.label for sheet in made.sheets for entry in sheet.entries]


def test_equal_figures_count_once_and_keep_every_source() -> None:
    made = board(one=made_page(FIRST), two=made_page({"bob": 0.4, "dora": 0.1}))
    (sheet,) = made.sheets
    assert labels(made) == ["ann", "bob", "cid", "dora"]
    assert [[one.source for one in entry.origins] for entry in sheet.entries][1] == ["one.json", "two.json"]
    assert "5 rows in 2 sources; 1 repeat" in made.counts() and "0 are different" in made.counts()


def test_different_figures_of_a_label_stand_apart_with_their_source() -> None:
    made = board(one=made_page(FIRST), two=made_page({"bob": 0.3, "dora": 0.1}), three=made_page({"bob": 0.3}))
    assert labels(made) == ["ann", "bob (from=one.json)", "cid", "bob (from=two.json + three.json)", "dora"]
    assert "2 are different figures of one label" in made.counts()
    assert {entry.system for entry in made.sheets[0].entries} == {"ann", "bob", "cid", "dora"}


def test_figures_that_differ_by_rounding_only_count_once() -> None:
    near = made_page({"ann": 0.5 + 4e-6, "bob": 0.4, "cid": 0.39 - 3e-5})
    apart = made_page({"ann": 0.5 + 1e-3})
    assert labels(board(one=made_page(FIRST), two=near)) == ["ann", "bob", "cid"]
    assert [entry.system for entry in board(one=made_page(FIRST), two=apart).sheets[0].entries].count("ann") == 2


def test_scores_that_differ_by_more_than_figures_stand_apart(tmp_path: Path) -> None:
    scores = drawn(["ann"])["ann"]
    moved = scores.copy()
    moved[:2] = scores[:2] + np.array([0.01, -0.01])  # the mean stays, the ends of the interval hardly move
    moved[2] += 1e-4
    places = [
        store_scored(tmp_path / name, **{name: [write_run(tmp_path / f"{name}-runs", "ann", values)]})
        for name, values in (("one", scores), ("two", scores + 1e-7), ("three", moved))
    ]
    for path in (place / f"{place.name}.{kind}" for place in places for kind in ("json", "parquet")):
        path.rename(tmp_path / path.name)
    with opened(tmp_path) as sources:
        known = {source.name: source for source in sources}
        together = merge([known["one.json"], known["two.json"]])
        assert [len(entry.origins) for entry in together.sheets[0].entries] == [2]
        assert len(merge(list(known.values())).sheets[0].entries) == 2


@pytest.mark.parametrize("change", [{"seeds": (1,)}, {"failed": 3}, {"settings": {"k": 2}}])
def test_other_seeds_failures_or_settings_are_other_rows(change: dict[str, object]) -> None:
    page = made_page(FIRST)
    other = replace(page, rows=(replace(page.rows[0], **change), *page.rows[1:]), contrasts=())  # type: ignore[arg-type]
    assert len(board(one=page, two=other).sheets[0].entries) == 4


def test_another_version_or_data_is_another_question() -> None:
    made = board(one=[made_page(FIRST), made_page(FIRST, version="2")])
    assert [len(sheet.entries) for sheet in made.sheets] == [3, 3]


def test_ranks_are_tied_where_the_interval_includes_nothing() -> None:
    (sheet,) = board(one=made_page(FIRST)).sheets
    assert [text.rank_of(sheet, index) for index in range(3)] == ["1", "=2", "=2"]


def test_systems_that_nobody_paired_differ_where_their_intervals_do_not_meet() -> None:
    (sheet,) = board(one=made_page({"ann": 0.5}), two=made_page({"bob": 0.47, "cid": 0.3})).sheets
    assert set(sheet.told) == {(1, 2)}  # one source has bob and cid, none has ann beside them
    assert [text.rank_of(sheet, index) for index in range(3)] == ["=1", "=1", "3"]


def test_less_is_better_where_reports_put_less_first() -> None:
    down = made_page(FIRST, up=False)
    (sheet,) = board(one=made_page({"dora": 0.9}, up=False), two=down).sheets
    assert not sheet.more
    assert [entry.system for entry in sheet.entries] == ["cid", "bob", "ann", "dora"]
    assert [text.rank_of(sheet, index) for index in range(4)] == ["=1", "=1", "3", "4"]
    with pytest.raises(BenchError, match="puts more first"):
        board(one=made_page(FIRST), two=down)


def test_every_contrast_is_kept_in_the_order_of_the_sheet_and_the_widest_correction_counts() -> None:
    page = made_page(FIRST)
    turned = replace(page, contrasts=tuple(map(flipped, page.contrasts)))
    few = made_page({"ann": 0.5, "bob": 0.4})
    (sheet,) = board(few=few, turned=turned).sheets
    for (i, j), told in sheet.told.items():
        for line in told:
            assert (line.contrast.a, line.contrast.b) == (sheet.page.rows[i].label, sheet.page.rows[j].label)
    stored = {(line.a, line.b): line for line in page.contrasts}
    assert {(line.a, line.b): line for line in sheet.page.contrasts} == stored
    assert [(line.source, line.pairs) for line in sheet.told[0, 1]] == [("few.json", 1), ("turned.json", 3)]


def test_pages_that_no_report_holds_are_refused() -> None:
    page = made_page(FIRST)
    for broken, told in (
        (replace(page, rows=()), "expected rows"),
        (replace(page, rows=(page.rows[0], page.rows[0]), contrasts=()), "label of its own"),
        (replace(page, rows=page.rows[:2]), "names cid"),
        (replace(page, rows=(replace(page.rows[0], figures={}),), contrasts=()), "has no main@10"),
    ):
        with pytest.raises(BenchError, match=told):
            board(one=broken)
    with pytest.raises(BenchError, match="different numbers of cases"):
        board(one=page, two=replace(page, cases=7))


def test_folders_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such folder"), opened(tmp_path / "absent"):
        pass
    with pytest.raises(BenchError, match="no report"), opened(tmp_path):
        pass
    store(tmp_path, one=made_page(FIRST))
    (tmp_path / "submissions" / "odd").mkdir(parents=True)
    with pytest.raises(BenchError, match="neither an archive"), opened(tmp_path):
        pass
    (tmp_path / "submissions" / "odd" / "odd.zip").write_bytes(b"no archive")
    with pytest.raises(BenchError, match=r"odd\.zip"), opened(tmp_path):
        pass
    (tmp_path / "two.json").write_text("{}")
    with pytest.raises(BenchError, match="not a report"), opened(tmp_path):
        pass


def test_csv_and_json_hold_the_stored_figures() -> None:
    page = made_page(FIRST)
    made = board(one=page, two=made_page({"bob": 0.4, "dora": -0.1}))
    rows = list(csv.DictReader(io.StringIO(text.as_csv(made))))
    told = {(row["system"], row["metric"]): (row["value"], row["low"], row["sources"]) for row in rows}
    for row in page.rows:
        for name, figure in row.figures.items():
            low = "" if figure.low is None else str(figure.low)
            source = "one.json two.json" if row.system == "bob" else "one.json"
            assert told[row.label, name] == (str(figure.value), low, source)
    assert {row["rank"] for row in rows if row["system"] in ("bob", "cid")} == {"2"}
    (task,) = json.loads(text.to_json(made))["tasks"]
    assert [one["label"] for one in task["systems"]] == ["ann", "bob", "cid", "dora"]
    assert {line["source"] for line in task["contrasts"]} == {"one.json", "two.json"}
    assert len(task["contrasts"]) == 4


@given(st.text(max_size=8))
def test_no_cell_begins_like_a_formula(told: str) -> None:
    assert not guarded(told).lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert guarded(told).endswith(told)


def test_hostile_names_are_text_in_markdown_and_csv() -> None:
    names = {'=HYPERLINK("http://x","y")': 0.5, "| a | [b](http://c) <script>`x`": 0.4, "two\nlines www.x.org": 0.3}
    made = board(one=made_page(names))
    shown = text.markdown(made)
    table = [line.split(" | ")[1] for line in shown.splitlines() if line.startswith(("| 1", "| =", "| 2", "| 3"))]
    assert table == [
        r"=HYPERLINK(\"http\://x\",\"y\")".replace(r"\"", '"'),
        r"\| a \| \[b\](http\://c) \&lt;script\&gt;\`x\`",
        r"two?lines www\.x.org",
    ]
    for form in (text.as_csv(made), as_csv([sheet.page for sheet in made.sheets])):
        found = {row["system"] for row in csv.DictReader(io.StringIO(form))}
        assert found == {guarded(name) for name in names} and '\'=HYPERLINK("http://x","y")' in found
