"""Pages and runs as tables for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.report.board import Figure, Page
from bench.report.render import cells, header, interval, number
from bench.store import Run

GAP = 2


def print_pages(pages: Sequence[Page], console: Console) -> None:
    """Print a table a page, best system first; columns that a narrow terminal has no room for are named below it."""
    for page in pages:
        console.print(f"[bold]{escape(page.title)}[/]  [dim]{page.cases:,} cases, {page.users:,} users[/]")
        names = header(page)
        rows = [cells(page, index) for index in range(len(page.rows))]
        kept = fitting(names, rows, console.width)
        console.print(grid([names[place] for place in kept], [[row[place] for place in kept] for row in rows]))
        if hidden := [name for place, name in enumerate(names) if place not in kept]:
            console.print(f"[dim]no room for: {escape(', '.join(hidden))} (--format csv has everything)[/]")
        console.print()


def fitting(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """Return the columns to show: names and the primary figure always, the others while they fit."""
    widths = [max(len(row[place]) for row in [names, *rows]) + GAP for place in range(len(names))]
    first, comparisons, last = [0, 1], [len(names) - 4, len(names) - 3, len(names) - 2], [len(names) - 1]
    figures = list(range(2, len(names) - 4))
    kept, room = [], width + GAP
    for place in [*first, *comparisons, *figures, *last]:
        room -= widths[place]
        if room < 0 and place not in first:
            break
        kept.append(place)
    return sorted(kept)


def grid(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Return a plain table: the first column is a name, the others are numbers."""
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0))
    for index, name in enumerate(names):
        table.add_column(name, justify="right" if index else "left", header_style="dim", no_wrap=bool(index))
    for row in rows:
        table.add_row(*[escape(cell) for cell in row])
    return table


def print_run(run: Run, console: Console) -> None:
    """Print the figures of one run, its failures with their reasons, and where it lies."""
    told = run.manifest
    console.print(f"[bold]{escape(run.label)}[/]")
    rows = []
    for name, line in told["figures"].items():
        figure = Figure(line["value"], line["low"], line["high"])
        judged = f"{line['cases']:,} of {told['counts']['cases']:,}"
        rows.append([name, interval(figure) if figure.low is not None else number(figure.value), judged])
    console.print(grid(["metric", f"value [{told['policies']['level']:.0%}]", "cases judged"], rows))
    for reason, count in told["counts"]["reasons"].items():
        console.print(f"[red]{count:,} failed:[/] {escape(reason)}")
    for reason, count in told["counts"].get("spoilt_reasons", {}).items():
        console.print(f"[red]{count:,} could not be rendered:[/] {escape(reason)}")
    console.print(f"[dim]{escape(str(run.folder))}[/]")
