"""`navibench report`: runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import out
from bench.cli.html import write_html, write_stored_html
from bench.cli.options import RUNS, DataRoot
from bench.errors import BenchError, unknown


def report(
    runs: Annotated[list[Path] | None, typer.Argument(help="Run folders, or one stored report (.json).")] = None,
    form: Annotated[str, typer.Option("--format", help="text, markdown, csv or json.")] = "text",
    by: Annotated[str | None, typer.Option("--slices", help="Slice by history or popularity instead.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write pages and galleries into this folder.")] = None,
    data_root: DataRoot = None,
) -> None:
    """Show runs side by side, with intervals and Holm-corrected paired comparisons."""
    from bench.report.board import gather
    from bench.report.render import FORMATS, as_csv, from_json, markdown, to_json
    from bench.report.slices import print_slices
    from bench.report.text import print_pages
    from bench.store import find_runs
    from bench.tables import SLICES

    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if by is not None and by not in SLICES:
        raise unknown("slice", by, SLICES)
    places = runs or [RUNS]
    if by is not None and form != "text":
        raise BenchError("--slices prints text only; drop --format")
    if html is not None and (by is not None or form != "text"):
        raise BenchError("--html writes a folder of pages; drop --slices and --format")
    stored = len(places) == 1 and places[0].suffix == ".json"
    if html is not None:
        if stored:
            write_stored_html(places[0], html)
        else:
            write_html(find_runs(places), html, data_root)
        return
    if by is not None:
        print_slices(find_runs(places), by, out)
        return
    pages = from_json(places[0]) if stored else gather(find_runs(places))
    if form == "text":
        print_pages(pages, out)
    else:
        print({"markdown": markdown, "csv": as_csv, "json": to_json}[form](pages), end="")
