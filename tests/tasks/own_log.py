"""A user's own log of sixty rows, and its import, for the tests that read it."""

from __future__ import annotations

from pathlib import Path

import source_samples as samples

from tasks.ingest.importer import Terms, import_log
from tasks.ingest.write import Imported

ROWS = [
    (f"u{user}", f"i{(user * 7 + step * 3) % 11}", 1_500_000_000 + step * 60) for user in range(12) for step in range(5)
]


def csv(path: Path, header: str = "user_id,item_id,timestamp", rows: list[tuple[str, str, int]] = ROWS) -> Path:
    return samples.write(path, "\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")


def run(source: Path, target: Path, terms: Terms | None = None, items: Path | None = None) -> Imported:
    return import_log(source, target, name="mine", domain="product", terms=terms, items=items)
