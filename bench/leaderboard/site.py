"""A leaderboard as a folder of static pages: an index, a page a task, the history of every system, galleries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from bench.api import Kind, Progress, ignore_progress
from bench.io import write_text
from bench.leaderboard import text, views
from bench.leaderboard.merge import Board, Sheet
from bench.leaderboard.pairs import write_pairs
from bench.report.html.cases import People, exhibit
from bench.report.html.files import Shelf
from bench.report.html.shell import write_assets, write_page
from bench.report.html.site import hang, whole
from bench.report.html.table import slug

MARK = "board.json"  # the board as JSON; also tells that a folder holds one and may be replaced
ASSETS = ("style.css", "table.js", "gallery.js", "board.js")


@dataclass(frozen=True, slots=True)
class Site:
    """What was written: where, how many pages and galleries, and what the galleries leave out, for people."""

    folder: Path
    tasks: int
    systems: int
    galleries: int
    notes: tuple[str, ...]


def write(board: Board, folder: Path, root: Path | None = None, progress: Progress = ignore_progress) -> Site:
    """Write the site into `folder`, which is absent, empty or an older one; an equal board makes equal bytes.

    `root` is where data sets lie, for the histories and true next items that galleries show.
    """
    told = views.histories(board)
    people, notes, galleries = People(root, progress), [], 0
    with whole(folder, MARK) as part:
        write_assets(part / "assets", ASSETS)
        shelf = Shelf(part / "media")
        for number, sheet in enumerate(board.sheets):
            gallery, missing = _gallery(sheet, part, shelf, people, progress)
            galleries += bool(gallery)
            notes += [f"{sheet.page.title}: {note}" for note in missing]
            name = slug(sheet.page.question)
            write_pairs(sheet, part / "task" / f"{name}.js", f"../{gallery}" if gallery else "")
            write_page(
                part / "task" / f"{name}.html",
                "board_task.html",
                "../",
                sheet=sheet,
                name=name,
                table=views.standings(sheet, told),
                origins=views.origins(sheet),
                apart=views.apart(sheet),
                gallery=gallery,
                notes=missing,
            )
            progress("tasks", number + 1, len(board.sheets))
        for number, history in enumerate(told.values()):
            table = views.over_time(history)
            write_page(
                part / "system" / f"{history.slug}.html", "board_system.html", "../", history=history, table=table
            )
            progress("systems", number + 1, len(told))
        tables = {"tasks": views.tasks(board), "systems": views.systems(told)}
        write_page(part / "index.html", "board.html", "", board=board, **tables)
        write_text(part / MARK, text.to_json(board))
    return Site(folder, len(board.sheets), len(told), galleries, tuple(notes))


def _gallery(sheet: Sheet, part: Path, shelf: Shelf, people: People, progress: Progress) -> tuple[str, tuple[str, ...]]:
    """Write the gallery of the rows whose runs are at hand, if these are pictures or clips."""
    found = [(entry.row.label, entry.group) for entry in sheet.entries if entry.group is not None]
    found = [(label, group) for label, group in found if all(run.whole for run in group.runs)]
    if not found or found[0][1].told["task"].get("kind") not in (Kind.IMAGE, Kind.VIDEO):
        return "", ()
    shown = exhibit(sheet.page.question, [group for _, group in found], people)
    named = zip(shown.hands, found, strict=True)
    shown = replace(shown, hands=tuple(replace(hand, label=label) for hand, (label, _) in named))
    return hang(sheet.page, shown, part, shelf, progress)
