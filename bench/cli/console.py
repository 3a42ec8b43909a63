"""What every verb shares: one console, one way to print tables, one way to say what went wrong."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bench.api import ignore_progress
from bench.processes import is_main

WIDE = 240  # columns when nobody's terminal limits them: a file or a pipe
QUIET = 30.0  # seconds between two lines of progress where no bar can be drawn

out = Console(width=None if sys.stdout.isatty() else WIDE, soft_wrap=True, emoji=False)
err = Console(stderr=True, soft_wrap=True, highlight=False, emoji=False)


def fail(message: str) -> None:
    """Print a one-line error to standard error."""
    err.print(f"[bold red]error:[/] {escape(message)}")


def note(message: str) -> None:
    """Print a remark to standard error, so that standard output stays what was asked for.

    Of processes that were launched together only the first makes remarks.
    """
    if is_main():
        err.print(f"[dim]{escape(message)}[/]")


class Remarks(logging.Handler):
    """Shows what systems say while they work (the logger "navibench") as remarks."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print one remark."""
        note(record.getMessage())


def show_remarks() -> None:
    """Let systems' remarks through to standard error."""
    log = logging.getLogger("navibench")
    log.setLevel(logging.INFO)
    log.propagate = False
    log.handlers = [Remarks()]


def show_json(value: Any) -> None:
    """Print JSON to standard output, unstyled."""
    print(json.dumps(value, indent=2, ensure_ascii=False))


def show_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a plain table under a title."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in header:
        table.add_column(name, header_style="dim")
    for row in rows:
        table.add_row(*[escape(cell) for cell in row])
    out.print(table)


@contextmanager
def progress_bar(label: str) -> Iterator[Callable[[str, int, int], None]]:
    """Yield a callback (stage, done, total) that draws a bar with the time left, or a line now and then in a log."""
    if not is_main():
        yield ignore_progress
        return
    if not err.is_terminal:
        yield spoken(label)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        line = bar.add_task(escape(label), total=None)
        current = ""

        def tell(stage: str, done: int, total: int) -> None:
            nonlocal current
            if stage != current:
                bar.reset(line)
                current = stage
            bar.update(line, description=f"{escape(label)} [dim]{escape(stage)}[/]", completed=done, total=total)

        yield tell


def spoken(label: str) -> Callable[[str, int, int], None]:
    """Return a callback that writes at most one line of progress every half minute."""
    last = time.monotonic()

    def tell(stage: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last >= QUIET:
            last = time.monotonic()
            note(f"{label}: {stage} {done:,} of {total:,}")

    return tell
