"""The pages of a report say what the runs say, and take nothing that the runs contain for markup."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.report.board import gather
from bench.report.html.ranks import ranks
from bench.report.html.site import write_runs, write_stored
from bench.report.render import from_json, interval, number
from bench.store import Run
from bench.tables import read_answers
from tests.conftest import REPOSITORY, write_log
from tests.core.test_cli import good, navibench
from tests.report.conftest import data_of
from tests.report.made import HOSTILE
from tests.report.reading import Page, all_cases, arguments, bytes_of, the_gallery


def test_figures_on_the_page_are_those_of_the_runs(pictures: list[Run], report: Path) -> None:
    shown = Page(report / "index.html").rows
    (page,) = gather(pictures)
    for row, rank in zip(page.rows, ranks(page), strict=True):
        line = next(cells for cells in shown if len(cells) > 7 and cells[1] == row.label)
        assert line[0].lstrip("=") == str(rank)
        assert line[2] == interval(row.figures["retrieval@10"])
        assert line[4] == number(row.figures["words"].value)
        assert line[5] == f"{page.cases - row.failed:,} of {page.cases:,}"
    assert len([cells for cells in shown if len(cells) == 7]) == 1 + 3  # header and three pairs


def test_systems_that_cannot_be_told_apart_share_a_rank(pictures: list[Run], report: Path) -> None:
    (page,) = gather(pictures)
    assert ranks(page) == [1, 2, 2]
    told = {(line.a, line.b): line.low is not None and line.low > 0 for line in page.contrasts}
    names = [row.label for row in page.rows]
    assert told == {(names[0], names[1]): True, (names[0], names[2]): True, (names[1], names[2]): False}
    assert [line[0] for line in Page(report / "index.html").rows[1:4]] == ["1", "=2", "=2"]


def test_ranks_follow_the_direction_of_the_metric(pictures: list[Run]) -> None:
    (page,) = gather(pictures)
    turned = [replace(line, low=-line.high, high=-line.low) for line in page.contrasts if line.low is not None]  # type: ignore[operator]
    figure = {row.label: row.figures["retrieval@10"] for row in page.rows}
    rows = [
        replace(row, figures={"retrieval@10": replace(figure[row.label], value=1 - (figure[row.label].value or 0.0))})
        for row in page.rows
    ]
    assert ranks(replace(page, rows=tuple(rows), contrasts=tuple(turned))) == [1, 2, 2]
    nothing = [replace(line, difference=None, low=None, high=None) for line in page.contrasts]
    assert ranks(replace(page, contrasts=tuple(nothing))) == [1, 1, 1]


def test_scores_and_words_of_cases_are_those_of_the_runs(pictures: list[Run], report: Path) -> None:
    about, ids, scores, drawn = arguments(the_gallery(report) / "index.js")
    cases = all_cases(the_gallery(report))
    assert list(cases) == ids == sorted(ids)
    assert drawn == "1" * len(ids)
    by_label = {row.label: row for row in gather(pictures)[0].rows}
    runs = {run.manifest["key"][:12]: run for run in pictures}
    for place, system in enumerate(about["systems"]):
        run = runs[by_label[system["label"]].keys[0]]
        stored = run.read_scores()
        expected = dict(zip(stored.cases, stored.metrics["retrieval@10"], strict=True))
        assert np.allclose(scores[place], [expected[case] for case in ids], atol=5e-5)
        for case, answer in read_answers(run.answers).items():
            text, name, note = cases[case]["answers"][place]
            assert text == getattr(answer, "text", "")
            assert (name is None) == bool(note) == hasattr(answer, "reason")
            assert name is None or (report / "media" / name).is_file()


def test_histories_and_true_items_are_those_of_the_log(pictures: list[Run], report: Path) -> None:
    log = (data_of(pictures) / "sequences.tsv").read_text().splitlines()
    for line in log:
        user, _, events = line.partition("\t")
        *history, target = events.split()
        row = next(row for case, row in all_cases(the_gallery(report)).items() if case.split("@")[0] == user)
        assert row["history"] == history[-12:]
        assert (row["events"], row["targets"]) == (len(history), [target])
        for item in {*row["history"], target}:
            title, name = row["items"][item]
            assert name is not None and (report / "media" / name).is_file()
            assert title.startswith(HOSTILE[:60]) == (item == "i007")


def test_hostile_names_and_words_stay_text(report: Path) -> None:
    gallery = the_gallery(report)
    for path in (report / "index.html", gallery / "index.html"):
        page = Page(path)
        assert not page.of("b") and not page.of("img")
        assert "<b>bold</b>" in "".join(page.text)
        assert all(not name.startswith("on") for _, attributes in page.elements for name in attributes)
        assert all("style" not in attributes for _, attributes in page.elements)
        assert {line["src"].rpartition("/")[2] for line in page.of("script")} <= {"table.js", "gallery.js", "index.js"}
        (policy,) = [line["content"] for line in page.of("meta") if "http-equiv" in line]
        assert "default-src 'none'" in policy and "unsafe" not in policy and "http" not in policy
    for path in gallery.glob("*.js"):
        assert path.read_bytes().isascii()
        arguments(path)
    assert any(answer[0] == HOSTILE for row in all_cases(gallery).values() for answer in row["answers"])


def test_no_page_names_a_folder_of_this_machine(pictures: list[Run], report: Path) -> None:
    here = str(pictures[0].folder.parents[6])
    for path in report.rglob("*"):
        if path.suffix in (".html", ".js", ".css", ".json"):
            assert here not in path.read_text(), path


def test_equal_runs_are_equal_bytes_and_a_report_takes_an_older_ones_place(
    pictures: list[Run], report: Path, tmp_path: Path
) -> None:
    write_runs(pictures[:2], tmp_path / "r", None)
    assert bytes_of(tmp_path / "r") != bytes_of(report)
    write_runs(pictures[::-1], tmp_path / "r", data_of(pictures))
    assert bytes_of(tmp_path / "r") == bytes_of(report)
    assert [path.name for path in tmp_path.iterdir()] == ["r"]


def test_a_folder_of_something_else_is_left_alone(pictures: list[Run], tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("dear")
    for folder in (tmp_path, tmp_path / "mine"):
        with pytest.raises(BenchError, match="something else than a report"):
            write_runs(pictures, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_without_data_a_gallery_says_so(pictures: list[Run], tmp_path: Path) -> None:
    site = write_runs(pictures, tmp_path / "r", None)
    assert "no data folder given" in site.notes[0]
    gallery = the_gallery(site.folder)
    assert "Without histories" in "".join(Page(gallery / "index.html").text)
    assert all("history" not in row for row in all_cases(gallery).values())
    assert any(answer[1] for row in all_cases(gallery).values() for answer in row["answers"])


def test_other_data_are_not_shown_as_these(pictures: list[Run], tmp_path: Path) -> None:
    write_log(tmp_path / "other")
    site = write_runs(pictures, tmp_path / "r", tmp_path / "other")
    assert "not those that the runs were asked on" in site.notes[0]


def test_a_runs_file_cannot_name_what_loads_its_data(pictures: list[Run], tmp_path: Path) -> None:
    told = json.loads((pictures[0].folder / "run.json").read_text())
    told["task"]["data"]["loader"] = "shutil:rmtree"
    moved = tmp_path / "run"
    moved.mkdir()
    for path in pictures[0].folder.glob("*.parquet"):
        (moved / path.name).write_bytes(path.read_bytes())
    (moved / "run.json").write_text(json.dumps(told))
    (tmp_path / "dear").mkdir()
    site = write_runs([Run(moved)], tmp_path / "r", tmp_path / "dear")
    assert "shutil:rmtree is the loader of no registered card" in site.notes[0]
    assert (tmp_path / "dear").is_dir()


def test_a_stored_report_becomes_pages_without_galleries(pictures: list[Run], report: Path, tmp_path: Path) -> None:
    site = write_stored(from_json(report / "report.json"), tmp_path / "r")
    assert (site.galleries, site.notes) == (0, ())
    ours, theirs = ([row[:3] for row in Page(folder / "index.html").rows] for folder in (site.folder, report))
    assert ours[1:4] == theirs[1:4]


def test_the_command_writes_a_report(pictures: list[Run], tmp_path: Path) -> None:
    runs = pictures[0].folder.parents[4]
    done = navibench("report", runs, "--html", tmp_path / "r", "--data-root", data_of(pictures))
    assert done.returncode == 0, done.stderr
    assert "1 galleries" in done.stderr
    assert len(all_cases(the_gallery(tmp_path / "r"))) == 130
    assert "--html" in navibench("report", runs, "--html", tmp_path / "r", "--format", "csv").stderr
    good("report", tmp_path / "r" / "report.json", "--html", tmp_path / "s")


def test_an_installed_package_has_templates_and_assets(tmp_path: Path) -> None:
    code = "import sys, setuptools.build_meta as b; print(b.build_wheel(sys.argv[1]))"
    source = tmp_path / "source"
    kept = ["pyproject.toml", "README.md", "LICENSE", "bench"]
    source.mkdir()
    for name in kept:
        subprocess.run(["cp", "-r", str(REPOSITORY / name), str(source / name)], check=True)
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=source, capture_output=True, check=False)
    if b"No module named 'setuptools" in done.stderr:
        pytest.skip("setuptools is not installed, so no wheel can be built")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    listed = subprocess.run([sys.executable, "-m", "zipfile", "-l", wheel], capture_output=True, text=True, check=True)
    for path in (REPOSITORY / "bench" / "report" / "html").rglob("*.*"):
        if path.suffix in (".html", ".css", ".js"):
            assert path.relative_to(REPOSITORY).as_posix() in listed.stdout
