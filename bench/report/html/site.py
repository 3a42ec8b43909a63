"""A whole report in a folder: one page of figures, a gallery a picture or video question, and their media."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.api import Kind, Progress, ignore_progress
from bench.errors import BenchError
from bench.io import write_text
from bench.report.board import Page, gather
from bench.report.groups import grouped
from bench.report.html.cases import Exhibit, People, exhibit
from bench.report.html.files import Shelf
from bench.report.html.gallery import Gallery
from bench.report.html.shell import write_assets, write_page
from bench.report.html.table import Section, section, slug
from bench.report.render import to_json
from bench.store import Run

MARK = "report.json"  # the pages as JSON; also tells that a folder holds a report and may be replaced


@dataclass(frozen=True, slots=True)
class Site:
    """What was written: where, how many galleries, and what was left out, for people."""

    folder: Path
    galleries: int
    notes: tuple[str, ...]


def write_runs(
    runs: Sequence[Run], folder: Path, root: Path | None = None, progress: Progress = ignore_progress
) -> Site:
    """Write the report of runs into `folder`, which is absent, empty or an older report; equal runs, equal bytes.

    `root` is where data sets lie, for histories and true next items.
    """
    groups = grouped(runs)
    people = People(root, progress)

    def write(page: Page, part: Path, shelf: Shelf) -> Section:
        members = groups[page.question]
        told = members[0].told
        directions = {name: line["higher_is_better"] for name, line in told["figures"].items()}
        if told["task"].get("kind") not in (Kind.IMAGE, Kind.VIDEO):
            return section(page, directions)
        if not all(run.whole for group in members for run in group.runs):
            return section(page, directions, notes=("no gallery, since a file of runs holds no answers",))
        by_label = {group.label: group for group in members}
        shown = exhibit(page.question, [by_label[row.label] for row in page.rows], people)
        return section(page, directions, *hang(page, shown, part, shelf, progress))

    return _replace(folder, gather(runs), write)


def hang(
    page: Page, shown: Exhibit, part: Path, shelf: Shelf, progress: Progress = ignore_progress
) -> tuple[str, tuple[str, ...]]:
    """Write the gallery of a page into the folder `part`; return where it is and what it leaves out."""
    name = f"gallery/{slug(page.question)}"
    notes = Gallery(page, shown, part / name, shelf).write(progress)
    return f"{name}/index.html", notes


def write_stored(pages: Sequence[Page], folder: Path) -> Site:
    """Write the report of stored pages: figures without galleries, since pages hold no case."""
    return _replace(folder, pages, lambda page, _part, _shelf: section(page, {}))


def _replace(folder: Path, pages: Sequence[Page], write: Callable[[Page, Path, Shelf], Section]) -> Site:
    with whole(folder, MARK) as part:
        write_assets(part / "assets")
        shelf = Shelf(part / "media")
        sections = [write(page, part, shelf) for page in pages]
        write_page(part / "index.html", "index.html", "", sections=sections)
        write_text(part / MARK, to_json(pages))
    notes = tuple(f"{one.page.title}: {note}" for one in sections for note in one.notes)
    return Site(folder, sum(bool(one.gallery) for one in sections), notes)


@contextmanager
def whole(folder: Path, mark: str) -> Iterator[Path]:
    """Yield a folder to write beside `folder`, whose place it takes at the end: there is a whole one or none.

    What stands there already has to be empty or to hold the file `mark`, which tells that it may be replaced.
    """
    if folder.exists() and not (folder / mark).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise BenchError(f"{folder}: holds something else than a report; name a new folder")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.", suffix=".part") as room:
        part = Path(room) / "report"
        part.mkdir()
        yield part
        if folder.exists():
            folder.replace(Path(room) / "older")
        part.replace(folder)
