"""`navibench board`: a leaderboard made of stored results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bench.cli.console import note, progress_bar
from bench.cli.options import DataRoot
from bench.errors import BenchError

PRINTED = Path("-")

app = typer.Typer(no_args_is_help=True, help="Make a leaderboard of stored results.")


@app.callback()
def board() -> None:
    """Make a leaderboard of stored results."""


@app.command("build")
def build(
    results: Annotated[Path, typer.Argument(help="Folder of stored reports and submissions.")] = Path("results"),
    to: Annotated[Path | None, typer.Option("--to", help="Write a site of static pages into this folder.")] = None,
    markdown: Annotated[Path | None, typer.Option("--markdown", help="Write Markdown tables (-: print them).")] = None,
    short: Annotated[bool, typer.Option("--brief", help="Markdown of one table, a line a task.")] = False,
    csv: Annotated[Path | None, typer.Option("--csv", help="Write a line a question, system and metric.")] = None,
    json: Annotated[Path | None, typer.Option("--json", help="Write rows, sources and contrasts.")] = None,
    runs: Annotated[list[Path] | None, typer.Option("--runs", help="Runs of your own to add, repeatable.")] = None,
    data_root: DataRoot = None,
) -> None:
    """Merge stored reports and submitted runs into a leaderboard: pages, Markdown, CSV or JSON.

    Systems of different sources are compared case by case where both have scores (NAME.parquet beside NAME.json).
    """
    from bench.io import write_text
    from bench.leaderboard import text
    from bench.leaderboard.merge import merge
    from bench.leaderboard.site import write
    from bench.leaderboard.sources import opened

    if not any((to, markdown, csv, json)):
        raise BenchError("nothing to write; name a folder with --to, or a file with --markdown, --csv or --json")
    if short and markdown is None:
        raise BenchError("--brief is a form of the Markdown; add --markdown FILE, or --markdown - to print it")
    with opened(results, runs or ()) as sources:
        with progress_bar("board") as progress:
            made = merge(sources, progress)
        tables = text.brief if short else text.markdown
        if markdown == PRINTED:
            print(tables(made), end="")
            markdown = None
        for path, form in ((markdown, tables), (csv, text.as_csv), (json, text.to_json)):
            if path is not None:
                write_text(path, form(made))
        note(made.counts())
        if to is None:
            return
        with progress_bar("board") as progress:
            site = write(made, to, data_root, progress)
    for line in site.notes:
        note(line)
    told = f"{site.tasks} tasks, {site.systems} systems, {site.galleries} galleries"
    note(f"{told}; open {site.folder / 'index.html'} in a browser")
