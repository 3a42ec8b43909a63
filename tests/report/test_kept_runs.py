"""Runs kept in a file: reports tell the same of them as of their folders, and files that are none are refused.

Invariants: 1. a report of the file is, to the byte, the report of the folders; 2. equal runs are equal bytes, in any
order; 3. seeds and systems of a file and of folders come together, and the newest of equal ones counts; 4. a file that
is broken, newer or something else is refused by name, and what it does not hold is not made up.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bench.errors import BenchError
from bench.io import file_sha256
from bench.kept import VERSION, read_kept, write_kept
from bench.report.board import gather
from bench.report.groups import find_group, grouped
from bench.report.html import site
from bench.report.render import to_json
from bench.store import Run, find_runs
from bench.tables import write_scores
from tests.core.test_cli import navibench
from tests.report.scored_results import drawn, write_run, write_runs


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two systems, one with three seeds, one not judged everywhere and of other cases on another task."""
    folder, tables = tmp_path_factory.mktemp("runs"), drawn(["ann", "bob"])
    tables["bob"][5:30] = np.nan
    write_runs(folder, tables, owners=80)
    for seed, values in enumerate(drawn(["one", "two"]).values(), 1):
        write_run(folder, "ann", values, seed, owners=80)
    other = {"id": "own/other/next-item", "version": "1", "primary": "main@10", "scorers": ["main@10"]}
    write_run(folder / "other", "ann", drawn(["ann"], cases=30)["ann"], task=other)
    return folder


@pytest.fixture(scope="module")
def kept(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("kept") / "all.runs"
    assert write_kept(find_runs([folder]), path) == 5
    return path


def test_a_report_of_the_file_is_that_of_the_folders(folder: Path, kept: Path) -> None:
    assert to_json(gather(find_runs([kept]))) == to_json(gather(find_runs([folder])))


def test_scores_come_back_as_they_were(folder: Path, kept: Path) -> None:
    there = {(run.task, run.system, run.manifest["seed"]): run for run in find_runs([folder])}
    found = read_kept(kept)
    assert len(found) == len(there)
    for run in found:
        told, own = there[run.task, run.system, run.manifest["seed"]].read_scores(), run.read_scores()
        assert (own.cases, own.users, own.slices) == (told.cases, told.users, told.slices)
        np.testing.assert_array_equal(own.failed, told.failed)
        for mine, theirs in ((own.metrics, told.metrics), (own.facts, told.facts)):
            assert mine.keys() == theirs.keys()
            for name in mine:
                np.testing.assert_array_equal(mine[name], theirs[name])


def test_equal_runs_are_equal_bytes_in_any_order(folder: Path, kept: Path, tmp_path: Path) -> None:
    write_kept(find_runs([folder])[::-1], tmp_path / "again.runs")
    write_kept(read_kept(kept), tmp_path / "of-itself.runs")
    assert (tmp_path / "again.runs").read_bytes() == (tmp_path / "of-itself.runs").read_bytes() == kept.read_bytes()


def test_a_file_and_a_folder_come_together(kept: Path, tmp_path: Path) -> None:
    write_run(tmp_path, "ann", drawn(["x"])["x"], seed=7, owners=80)
    newer = write_run(tmp_path, "bob", drawn(["y"])["y"], owners=80, asked="2026-01-01T00:00:00+00:00")
    page = next(page for page in gather(find_runs([kept, tmp_path])) if page.question.task == "own/made/next-item")
    rows = {row.system: row for row in page.rows}
    assert rows["ann"].seeds == (0, 1, 2, 7) and rows["bob"].seeds == (0,)
    assert rows["bob"].figures["main@10"].value == pytest.approx(newer.read_scores().metrics["main@10"].mean())


def test_it_is_small(tmp_path: Path) -> None:
    seeds = [
        write_run(tmp_path, "ann", values, seed)
        for seed, values in enumerate(drawn([f"s{number}" for number in range(8)], cases=3200).values())
    ]
    write_kept(seeds, tmp_path / "one.runs")
    folders = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".runs")
    assert (tmp_path / "one.runs").stat().st_size < folders / 5


def test_only_some_metrics_are_kept_if_so_asked(tmp_path: Path) -> None:
    run = write_run(tmp_path, "ann", drawn(["ann"])["ann"])
    scores = run.read_scores()
    more = replace(
        scores, metrics={**scores.metrics, "other": scores.metrics["main@10"] * 2, "third": scores.failed * 1.0}
    )
    write_scores(run.scores, more)
    files = {**run.manifest["files"], "scores.parquet": file_sha256(run.scores)}
    run.write_manifest({**run.manifest, "files": files})
    write_kept([run], tmp_path / "some.runs", ["other"])
    (kept,) = read_kept(tmp_path / "some.runs")
    assert set(kept.read_scores().metrics) == {"main@10", "other"}
    np.testing.assert_array_equal(kept.read_scores().metrics["other"], more.metrics["other"])
    with pytest.raises(BenchError, match="did you mean other"):
        write_kept([run], tmp_path / "some.runs", ["othr"])


def test_seeds_that_were_kept_with_other_metrics_share_some(folder: Path, kept: Path, tmp_path: Path) -> None:
    run = write_run(tmp_path, "ann", drawn(["x"])["x"], seed=7, owners=80)
    scores = run.read_scores()
    write_scores(run.scores, replace(scores, metrics={"more": scores.metrics["main@10"], **scores.metrics}))
    files = {**run.manifest["files"], "scores.parquet": file_sha256(run.scores)}
    figures = {**run.manifest["figures"], "more": run.manifest["figures"]["main@10"]}
    run.write_manifest({**run.manifest, "files": files, "figures": figures})
    everything = [*(one for one in find_runs([kept]) if one.task == run.task), run]
    ((_, groups),) = grouped(everything).items()
    group = next(one for one in groups if one.system == "ann")
    assert len(group.runs) == 4 and set(group.scores.metrics) == {"main@10"}


def test_a_run_in_a_file_can_be_named_and_compared(kept: Path) -> None:
    named = {run.system: run for run in find_runs([kept]) if run.task == "own/made/next-item"}
    assert find_group(str(named["bob"].folder), kept).runs == (named["bob"],)
    told = navibench("compare", "own/made/next-item:ann", "own/made/next-item:bob", "--out", str(kept))
    assert told.returncode == 0 and "own/made/next-item" in told.stdout


def test_pages_of_a_file_have_no_gallery(tmp_path: Path) -> None:
    card = {"id": "own/made/image", "version": "1", "kind": "image", "primary": "main@10", "scorers": ["main@10"]}
    write_kept([write_run(tmp_path / "runs", "ann", drawn(["x"])["x"], task=card)], tmp_path / "one.runs")
    made = site.write_runs(find_runs([tmp_path / "one.runs"]), tmp_path / "pages")
    assert made.galleries == 0 and any("holds no answers" in note for note in made.notes)
    assert "ann" in (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")


def test_a_file_that_was_written_anew_is_not_taken_for_the_one_that_was(tmp_path: Path) -> None:
    one, two = (write_run(tmp_path, name, drawn([name])[name]) for name in ("one", "two"))
    path = tmp_path / "some.runs"
    write_kept([two], path)
    (old,) = read_kept(path)
    old.read_scores()
    write_kept([one, two], path)
    with pytest.raises(BenchError, match="written anew"):
        old.read_scores()
    assert {run.system for run in read_kept(path)} == {"one", "two"}


def test_answers_are_not_made_up(kept: Path) -> None:
    with pytest.raises(BenchError, match="no answers, only scores"):
        _ = read_kept(kept)[0].answers


def test_other_files_are_refused(folder: Path, kept: Path, tmp_path: Path) -> None:
    path = tmp_path / "none.runs"
    path.write_bytes(kept.read_bytes()[: kept.stat().st_size // 2])
    with pytest.raises(BenchError, match="not a whole file of runs"):
        find_runs([path])
    pq.write_table(pa.table({"run": ["{}"]}), path)
    with pytest.raises(BenchError, match="no file that `navibench keep` wrote"):
        find_runs([path])
    pq.write_table(pa.table({"run": ["{}"]}).replace_schema_metadata({VERSION: b"2"}), path)
    with pytest.raises(BenchError, match="newer than 1; upgrade"):
        find_runs([path])
    for text in ("{}", "[", "null"):
        pq.write_table(pa.table({"run": [text]}).replace_schema_metadata({VERSION: b"1"}), path)
        with pytest.raises(BenchError, match=r"none\.runs"):
            find_runs([path])
    with pytest.raises(BenchError, match=r"ends in \.runs"):
        write_kept([Run(folder / "bob" / "0")], tmp_path / "one.parquet")


def test_the_command_line(folder: Path, kept: Path, tmp_path: Path) -> None:
    done = navibench("keep", str(folder), "--to", str(tmp_path / "all.runs"))
    assert done.returncode == 0 and "5 runs kept" in done.stderr
    assert (tmp_path / "all.runs").read_bytes() == kept.read_bytes()
    told = navibench("report", str(kept), "--format", "json")
    assert told.returncode == 0 and told.stdout == to_json(gather(find_runs([folder])))
    refused = navibench("keep", str(folder), "--to", str(tmp_path / "all.parquet"))
    assert refused.returncode == 2 and "ends in .runs" in refused.stderr
