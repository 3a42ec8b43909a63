"""Reports as pages: what `navibench report --html` and `navibench run --html` write, and what they say of it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.cli.console import note, progress_bar

if TYPE_CHECKING:
    from bench.report.html.site import Site
    from bench.store import Run


def write_html(runs: Sequence[Run], folder: Path, root: Path | None) -> None:
    """Write runs as pages with galleries, and say what the pages leave out."""
    from bench.report.html.site import write_runs

    with progress_bar("report") as progress:
        site = write_runs(runs, folder, root, progress)
    tell(site)


def write_stored_html(report: Path, folder: Path) -> None:
    """Write a stored report as pages; it holds no cases, so there are no galleries."""
    from bench.report.html.site import write_stored
    from bench.report.render import from_json

    tell(write_stored(from_json(report), folder))


def tell(site: Site) -> None:
    """Say what the pages leave out and where they are."""
    for line in site.notes:
        note(line)
    note(f"{site.galleries} galleries; open {site.folder / 'index.html'} in a browser")
