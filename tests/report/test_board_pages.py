"""The pages of a leaderboard say what is stored, take no name for markup, and are the same bytes every time."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.errors import BenchError
from bench.leaderboard.merge import Board, merge
from bench.leaderboard.site import Site, write
from bench.leaderboard.sources import Source, opened
from bench.report.board import gather
from bench.report.html.table import slug
from bench.report.render import interval, number, to_json
from bench.store import Run
from bench.submission.pack import pack
from tests.core.test_cli import navibench
from tests.report.boards import made_page, store
from tests.report.conftest import data_of
from tests.report.made import HOSTILE
from tests.report.reading import Page, bytes_of

ANN = {"ann": 0.5, "bob": 0.4, "cid": 0.39}


def pairs_of(script: Path) -> list[Any]:
    text = script.read_text(encoding="ascii")
    assert text.startswith("navibench.pairs(")
    found: list[Any] = json.loads("[" + text.removeprefix("navibench.pairs(").removesuffix(");\n") + "]")
    return found


def site_of(folder: Path, **pages: Any) -> tuple[Board, Site]:
    with opened(store(folder / "results", **pages)) as sources:
        made = merge(sources)
        return made, write(made, folder / "site")


def test_figures_on_the_pages_are_the_stored_ones(tmp_path: Path) -> None:
    page = made_page(ANN)
    _, site = site_of(tmp_path, one=page, two=made_page({"bob": 0.4, "dora": 0.1}))
    rows = Page(site.folder / "task" / f"{slug(page.question)}.html").rows
    shown = {cells[1]: cells for cells in rows if len(cells) == 10 and cells[1] != "system"}
    assert list(shown) == ["ann", "bob", "cid", "dora"]
    for row in page.rows:
        assert shown[row.label][2] == interval(row.figures["main@10"])
        assert shown[row.label][4] == number(row.figures["other"].value)
    assert [cells[0] for cells in shown.values()] == ["1", "=2", "=2", "4"]
    assert shown["bob"][-2:] == ["3 of 3", "one.json, two.json"] and shown["dora"][-2] == "1 of 3"
    index = Page(site.folder / "index.html")
    assert [page.title, "ann", "4", "100", "90"] in [cells[:5] for cells in index.rows]
    assert "5 rows in 2 sources" in " ".join(index.text)


def test_the_comparison_holds_every_stored_contrast(tmp_path: Path) -> None:
    page = made_page(ANN)
    _, site = site_of(tmp_path, one=page, two=made_page({"bob": 0.4, "dora": 0.1}))
    about, rows, lines, lone, cases, scores = pairs_of(site.folder / "task" / f"{slug(page.question)}.js")
    names = [row[0] for row in rows]
    found = {(names[line[0]], names[line[1]]): line for line in lines}
    assert len(lines) == 4 and about["sources"] == ["one.json", "two.json"]
    for line in page.contrasts:
        told = found[line.a, line.b]
        assert [value / 1e4 for value in told[2:5]] == pytest.approx([line.difference, line.low, line.high], abs=5e-5)
        assert told[7:10] == [line.wins, line.losses, line.ties]
        assert told[10] == (1 if (line.low or 0) > 0 else 0)
    assert [(names[i], names[j]) for i, j in lone] == [("ann", "dora"), ("cid", "dora")]
    assert (cases, scores) == ([], [])


def test_a_history_has_every_version_in_order(tmp_path: Path) -> None:
    versions = {"10": 0.5, "2": 0.3, "1": 0.35}
    pages = [made_page({"ann": value, "bob": 0.1}, version=version) for version, value in versions.items()]
    _, site = site_of(tmp_path, one=pages, two=made_page({"ann": 0.31, "bob": 0.1}, version="2"))
    (path,) = (site.folder / "system").glob("ann-*.html")
    rows = Page(path).rows[1:]
    assert [(cells[1], cells[3]) for cells in rows] == [
        ("1", "one.json"),
        ("2", "one.json"),
        ("2", "two.json"),
        ("10", "one.json"),
    ]
    assert [cells[6] for cells in rows] == ["-", "-0.0500", "+0.0100", "+0.1900"]
    assert rows[0][5] == ".3500 [.3300, .3700]"


def test_equal_results_make_equal_bytes_whatever_their_order(tmp_path: Path) -> None:
    sources = [Source("one.json", (made_page(ANN),)), Source("two.json", (made_page({"bob": 0.2, "cid": 0.39}),))]
    for name in ("a", "b"):
        write(merge(sources), tmp_path / name)
    assert bytes_of(tmp_path / "a") == bytes_of(tmp_path / "b")
    write(merge(sources[:1]), tmp_path / "b")  # takes the older one's place
    assert bytes_of(tmp_path / "a") != bytes_of(tmp_path / "b")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "mine.txt").write_text("mine")
    with pytest.raises(BenchError, match="something else"):
        write(merge(sources), tmp_path / "c")
    assert (tmp_path / "c" / "mine.txt").read_text() == "mine"


def test_hostile_names_are_text_on_every_page(tmp_path: Path) -> None:
    page = made_page({HOSTILE: 0.5, "</script><b>": 0.4}, task=f"own/{HOSTILE}")
    _, site = site_of(tmp_path, one=page)
    pages = sorted(site.folder.rglob("*.html"))
    assert len(pages) == 4 and all(path.resolve().is_relative_to(site.folder.resolve()) for path in pages)
    for path in pages:
        shown = Page(path)
        assert {attributes.get("src", "").rpartition("/")[2] for attributes in shown.of("script")} <= {
            "table.js",
            "board.js",
        }
        assert shown.of("img") == [] and shown.of("b") == []
        assert all(not name.startswith("on") for _, attributes in shown.elements for name in attributes)
    assert HOSTILE in [cells[1] for path in pages for cells in Page(path).rows if len(cells) > 1]


def test_runs_give_their_cases_galleries_and_days(tmp_path: Path, pictures: list[Run]) -> None:
    results = tmp_path / "results"
    (page,) = gather(pictures)
    results.mkdir()
    (results / "one.json").write_text(to_json([page]))
    folder = pictures[0].folder.parents[4]
    done = navibench(
        "board", "build", results, "--to", tmp_path / "site", "--runs", folder, "--data-root", data_of(pictures)
    )
    assert done.returncode == 0, done.stderr
    assert "6 rows in 2 sources; 3 repeat figures of another source and count once, 0 are different" in done.stderr
    assert "1 tasks, 3 systems, 1 galleries" in done.stderr
    (script,) = (tmp_path / "site" / "task").glob("*.js")
    about, rows, _, lone, cases, scores = pairs_of(script)
    assert (script.parent / about["gallery"]).is_file() and lone == []
    assert len(cases) == 130 and all(len(line) == 130 for line in scores)
    stored = {row.label: row.figures["retrieval@10"].value for row in page.rows}
    for (name, *_), line in zip(rows, scores, strict=True):
        assert sum(line) / 130 == pytest.approx(stored[name], abs=1e-4)
    (history, *_) = sorted((tmp_path / "site" / "system").glob("*.html"))
    assert Page(history).rows[1][2] == pictures[0].manifest["asked"][:10]


def test_a_submitted_archive_stands_beside_the_reports(tmp_path: Path, pictures: list[Run]) -> None:
    results = store(tmp_path / "results", one=made_page(ANN))
    archive = results / "submissions" / "mine" / "mine.zip"
    archive.parent.mkdir(parents=True)
    pack([run.folder for run in pictures], archive, "Mine", "me@example.org", "CC-BY-4.0", media=True)
    with opened(results) as sources:
        made = merge(sources)
        site = write(made, tmp_path / "site")
    assert [(source.name, source.rows) for source in sources] == [("one.json", 3), ("submissions/mine/mine.zip", 3)]
    assert site.galleries == 1 and any((site.folder / "media").iterdir())
    (page,) = gather(pictures)
    (sheet,) = [sheet for sheet in made.sheets if sheet.page.question == page.question]
    assert [entry.row.figures for entry in sheet.entries] == [row.figures for row in page.rows]
    assert {line.contrast for found in sheet.told.values() for line in found} == set(page.contrasts)


def test_the_command_writes_all_forms_and_asks_for_one(tmp_path: Path) -> None:
    results = store(tmp_path / "results", one=made_page(ANN))
    told = navibench("board", "build", results)
    assert told.returncode == 2 and "nothing to write" in told.stderr
    files = [tmp_path / f"board.{name}" for name in ("md", "csv", "json")]
    options = [
        part for file, name in zip(files, ("markdown", "csv", "json"), strict=True) for part in (f"--{name}", file)
    ]
    assert navibench("board", "build", results, *options).returncode == 0
    assert all(file.stat().st_size > 200 for file in files)
