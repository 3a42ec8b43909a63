"""Only pictures and clips from where they belong get into a report, whatever a run's tables say."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from bench.errors import BenchError
from bench.pixels import save_pixels
from bench.report.html.files import Shelf
from bench.report.html.site import write_runs
from bench.store import Run
from tests.report.made import edit_media, make_runs
from tests.report.reading import all_cases, arguments, the_gallery


@pytest.fixture
def copied(pictures: list[Run], tmp_path: Path) -> list[Run]:
    """The runs in an output folder of their own, to be tampered with."""
    out = pictures[0].folder.parents[4]
    shutil.copytree(out, tmp_path / "runs")
    return [Run(tmp_path / "runs" / run.folder.relative_to(out)) for run in pictures]


def picture(path: Path, shade: int = 9) -> Path:
    save_pixels(path, np.full((1, 4, 4, 3), shade, np.uint8))
    return path


def rows_of(runs: list[Run], folder: Path) -> dict[str, list[list[str | None]]]:
    return {case: row["answers"] for case, row in all_cases(the_gallery(write_runs(runs, folder).folder)).items()}


@pytest.mark.parametrize("how", ["upwards", "absolute", "link", "text", "script", "renamed", "folder"])
def test_a_path_that_leads_elsewhere_is_refused(copied: list[Run], tmp_path: Path, how: str) -> None:
    out = tmp_path / "runs"
    secret = picture(tmp_path / "secret.png", 77)
    (out / "notes.txt").write_text("dear diary")
    (out / "notes.png").write_text("dear diary")
    (out / "drawn.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (out / "link.png").symlink_to(secret)
    (out / "folder.png").mkdir()
    path = {
        "upwards": "media/../../secret.png",
        "absolute": str(secret),
        "link": "link.png",
        "text": "notes.txt",
        "script": "drawn.svg",
        "renamed": "notes.png",
        "folder": "folder.png",
    }[how]
    run = copied[0]
    case = next(case for case, answers in rows_of(copied, tmp_path / "before").items() if answers[0][1])
    edit_media(run, path={case: path})
    site = write_runs(copied, tmp_path / "r")
    answers = all_cases(the_gallery(site.folder))[case]["answers"]
    refused = [answer for answer in answers if answer[2].startswith("not shown: ")]
    assert len(refused) == 1 and refused[0][1] is None
    assert any("1 not shown: " in note for note in site.notes)
    for file in (site.folder / "media").iterdir():
        assert file.read_bytes() not in (secret.read_bytes(), b"dear diary")
        assert file.suffix == ".png"
        assert not file.is_symlink()


def test_a_task_name_cannot_widen_the_folder_of_runs(pictures: list[Run], tmp_path: Path) -> None:
    shutil.copytree(pictures[0].folder, tmp_path / "alone")
    edit_media(Run(tmp_path / "alone"), path={})
    site = write_runs([Run(tmp_path / "alone")], tmp_path / "r")
    assert any("lies outside its output folder" in note for note in site.notes)
    assert not (site.folder / "media").exists()


def test_failures_and_lost_files_are_told(copied: list[Run], tmp_path: Path) -> None:
    whole = rows_of(copied, tmp_path / "before")
    good = [case for case, answers in whole.items() if all(answer[1] for answer in answers)]
    edit_media(copied[0], path={good[0]: None}, failure={good[0]: "out of paint"})
    edit_media(copied[0], path={good[1]: "media/no-such.png"})
    answers = rows_of(copied, tmp_path / "r")
    assert "could not be rendered: out of paint" in [answer[2] for answer in answers[good[0]]]
    assert "not shown: the file is gone" in [answer[2] for answer in answers[good[1]]]
    assert answers[good[2]] == whole[good[2]]


def test_equal_pictures_are_kept_once_and_linked(tmp_path: Path) -> None:
    one, two = picture(tmp_path / "one.png"), picture(tmp_path / "two.png")
    shelf = Shelf(tmp_path / "shelf")
    name = shelf.take(one)
    assert shelf.take(two) == name
    assert [path.name for path in shelf.folder.iterdir()] == [name]
    assert (shelf.folder / name).samefile(one)


def test_a_picture_is_copied_where_it_cannot_be_linked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, target: Path) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)
    one = picture(tmp_path / "one.png")
    kept = tmp_path / "shelf" / Shelf(tmp_path / "shelf").take(one)
    assert kept.read_bytes() == one.read_bytes() and not kept.samefile(one)


def test_animations_are_told_from_stills(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "shelf")
    for frames, moving in ((1, False), (3, True)):
        pixels = np.arange(frames * 48, dtype=np.uint8).reshape(frames, 4, 4, 3)
        save_pixels(tmp_path / f"{frames}.webp", pixels)
        assert ("-moving" in shelf.take(tmp_path / f"{frames}.webp")) is moving
    with pytest.raises(BenchError, match="gone"):
        shelf.take(tmp_path / "none.webp")


def test_cases_that_were_not_rendered_are_told_from_the_others(tmp_path: Path) -> None:
    runs = make_runs(tmp_path, 30, "video", more="generator.cases=10")
    gallery = the_gallery(write_runs(runs, tmp_path / "r").folder)
    _, ids, _, drawn = arguments(gallery / "index.js")
    rows = all_cases(gallery)
    rendered = [case for case, bit in zip(ids, drawn, strict=True) if bit == "1"]
    assert len(rendered) == 10
    for case in ids:
        files = [answer[1] for answer in rows[case]["answers"] if answer[1]]
        assert bool(files) <= (case in rendered)
        assert all("-moving.webp" in file for file in files)
