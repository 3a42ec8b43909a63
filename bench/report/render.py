"""Pages as Markdown, CSV or JSON, and JSON back to pages."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from bench.config import build, plain
from bench.errors import BenchError
from bench.io import read_json
from bench.report.board import Figure, Page
from bench.store import canonical_lines

SCHEMA = 1
COLUMNS = (
    *("task", "version", "seen", "limit", "system", "seeds", "metric", "value", "low", "high"),
    *("cases", "users", "failed", "seconds", "fingerprint"),
)
FORMATS = ("text", "markdown", "csv", "latex", "json")


def number(value: float | None) -> str:
    """Return a figure with four digits, without the leading zero that every score shares."""
    if value is None:
        return "-"
    text = f"{round(value, 4) + 0.0:.4f}"  # no minus before a zero
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def probability(p: float | None) -> str:
    """Return a p-value as people print it."""
    if p is None:
        return "-"
    return "<.001" if p < 0.001 else f"{p:.3f}".lstrip("0") if p < 1 else "1"


def difference(value: float | None, low: float | None, high: float | None) -> str:
    """Return "+.0123 [+.0101, +.0145]"."""
    if value is None or low is None or high is None:
        return "-"
    return f"{value:+.4f} [{low:+.4f}, {high:+.4f}]"


def interval(figure: Figure) -> str:
    """Return "value [low, high]"; a figure without an interval stands alone."""
    if figure.low is None or figure.high is None:
        return number(figure.value)
    return f"{number(figure.value)} [{number(figure.low)}, {number(figure.high)}]"


def guarded(text: str) -> str:
    """Return text that no spreadsheet takes for a formula when it opens a CSV file."""
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) or text.startswith(("\t", "\r")) else text


def versus(page: Page, index: int) -> tuple[str, str]:
    """Return the difference to the next row with its interval, and its Holm-corrected p; blank in the last row."""
    if index + 1 >= len(page.rows):
        return "", ""
    names = (page.rows[index].label, page.rows[index + 1].label)
    line = next(line for line in page.contrasts if (line.a, line.b) == names)
    return difference(line.difference, line.low, line.high), probability(line.p_holm)


def header(page: Page) -> list[str]:
    """Return the column names of a page's table."""
    first = f"{page.question.primary} [{page.question.level:.0%}]"
    return ["system", first, *page.metrics[1:], "minus next row", "p (Holm)", "failed", "seconds"]


def cells(page: Page, index: int) -> list[str]:
    """Return one row of a page's table."""
    row = page.rows[index]
    rest = [number(row.figures[name].value) if name in row.figures else "-" for name in page.metrics[1:]]
    seeds = f" x {len(row.seeds)} seeds" if len(row.seeds) > 1 else ""
    spread = f" ± {row.seed_spread:.4f} between seeds" if row.seed_spread is not None else ""
    return [
        row.label + seeds,
        interval(row.figures[page.question.primary]) + spread,
        *rest,
        *versus(page, index),
        f"{row.failed}/{page.cases}",
        "-" if row.seconds is None else f"{row.seconds:.1f}",
    ]


def markdown(pages: Sequence[Page]) -> str:
    """Return every page as a Markdown table."""
    parts: list[str] = []
    for page in pages:
        names = header(page)
        rows = [cells(page, index) for index in range(len(page.rows))]
        parts += [
            f"### {page.title}",
            "",
            f"{page.cases:,} cases of {page.users:,} users; data {page.question.fingerprint[:12]}.",
            "",
            "| " + " | ".join(names) + " |",
            "|---|" + "---:|" * (len(names) - 1),
            *["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows],
            "",
        ]
    return "\n".join(parts)


def as_csv(pages: Sequence[Page]) -> str:
    """Return one line a task, system and metric."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for page in pages:
        asked = page.question
        for row in page.rows:
            about = [
                guarded(asked.task),
                asked.version,
                asked.seen,
                asked.limit or "",
                guarded(row.label),
                " ".join(map(str, row.seeds)),
            ]
            tail = [page.cases, page.users, row.failed, row.seconds, asked.fingerprint]
            for name, figure in row.figures.items():
                writer.writerow([*about, name, figure.value, figure.low, figure.high, *tail])
    return text.getvalue()


def to_json(pages: Sequence[Page]) -> str:
    """Return pages as JSON; `from_json` reads it back."""
    return canonical_lines({"schema": SCHEMA, "pages": [plain(page) for page in pages]})


def from_json(path: Path) -> list[Page]:
    """Return the pages stored in a report file."""
    content = read_json(path)
    if not isinstance(content, dict) or "schema" not in content:
        raise BenchError(f"{path}: not a report; expected the JSON that `navibench report --format json` prints")
    if content["schema"] > SCHEMA:
        raise BenchError(f"{path}: schema {content['schema']} is newer than {SCHEMA}; upgrade navibench")
    return [build(Page, value, f"{path}: page {number}") for number, value in enumerate(content.get("pages", []))]
