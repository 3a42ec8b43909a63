"""`navibench report`: runs side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import note, out
from bench.cli.html import write_html, write_stored_html
from bench.cli.options import RUNS, DataRoot, split
from bench.errors import BenchError, unknown


def report(
    runs: Annotated[list[Path] | None, typer.Argument(help="Run folders, or one stored report (.json).")] = None,
    form: Annotated[str, typer.Option("--format", help="text, markdown, csv, latex or json.")] = "text",
    by: Annotated[str | None, typer.Option("--slices", help="Slice by history or popularity instead.")] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write pages and galleries into this folder.")] = None,
    latex: Annotated[Path | None, typer.Option("--latex", help="Write tables for a paper into this file.")] = None,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a line a question, system and metric.")] = None,
    parquet: Annotated[Path | None, typer.Option("--parquet", help="Write the same with types.")] = None,
    scores: Annotated[
        Path | None, typer.Option("--scores", help="With json: write the per-case scores behind it.")
    ] = None,
    metrics: Annotated[str | None, typer.Option(help="Columns of the LaTeX tables, comma separated.")] = None,
    data_root: DataRoot = None,
) -> None:
    """Show runs side by side, with intervals and Holm-corrected paired comparisons, or write them to files."""
    from bench.report.render import FORMATS
    from bench.report.slices import print_slices
    from bench.store import find_runs
    from bench.tables import SLICES

    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    if by is not None and by not in SLICES:
        raise unknown("slice", by, SLICES)
    places, files = runs or [RUNS], Files(latex, csv, parquet, tuple(split(metrics)))
    _refuse_two_ways(by, html, form, files)
    if scores is not None and (form != "json" or places[0].suffix == ".json"):
        raise BenchError("--scores needs runs, and their report beside it: add --format json > FILE.json")
    if html is not None and len(places) == 1 and places[0].suffix == ".json":
        write_stored_html(places[0], html)
    elif html is not None:
        write_html(find_runs(places), html, data_root)
    elif by is not None:
        print_slices(find_runs(places), by, out)
    elif files.named:
        files.write(places)
    else:
        if scores is not None:
            _write_scores(places, scores)
        _show(places, form, files.metrics)


@dataclass(frozen=True, slots=True)
class Files:
    """The files that a report is written to; `metrics` are the columns of the LaTeX tables (none: all)."""

    latex: Path | None
    csv: Path | None
    parquet: Path | None
    metrics: tuple[str, ...]

    @property
    def named(self) -> list[Path]:
        """Those that were asked for."""
        return [path for path in (self.latex, self.csv, self.parquet) if path is not None]

    def write(self, places: list[Path]) -> None:
        """Write each of them, whole or not at all."""
        from bench.io import write_text
        from bench.report.frame import read_pages, write_parquet
        from bench.report.latex import latex
        from bench.report.render import as_csv

        pages = read_pages(*places)
        if self.latex is not None:
            write_text(self.latex, latex(pages, self.metrics))
        if self.csv is not None:
            write_text(self.csv, as_csv(pages))
        if self.parquet is not None:
            write_parquet(pages, self.parquet)
        note(f"wrote {', '.join(map(str, self.named))}")


def _refuse_two_ways(by: str | None, html: Path | None, form: str, files: Files) -> None:
    if by is not None and (form != "text" or files.named):
        raise BenchError("--slices prints text only; drop --format, --latex, --csv and --parquet")
    if html is not None and (by is not None or form != "text" or files.named):
        raise BenchError("--html writes a folder of pages; drop --slices, --format, --latex, --csv and --parquet")
    if files.named and form != "text":
        raise BenchError("--format prints; drop it, or --latex, --csv and --parquet, which write files")
    if files.metrics and files.latex is None and form != "latex":
        raise BenchError("--metrics chooses the columns of LaTeX tables; add --latex FILE")


def _write_scores(places: list[Path], path: Path) -> None:
    from bench.report.groups import grouped
    from bench.report.scored import scored
    from bench.report.scored_file import write_scored
    from bench.store import find_runs

    write_scored(scored(grouped(find_runs(places))), path)
    note(f"wrote {path}")


def _show(places: list[Path], form: str, metrics: tuple[str, ...]) -> None:
    from bench.report.frame import read_pages
    from bench.report.latex import latex
    from bench.report.render import as_csv, markdown, to_json
    from bench.report.text import print_pages

    pages = read_pages(*places)
    if form == "text":
        print_pages(pages, out)
    elif form == "latex":
        print(latex(pages, metrics), end="")
    else:
        print({"markdown": markdown, "csv": as_csv, "json": to_json}[form](pages), end="")
