"""Writing an imported task: deterministic gzip, a card in TOML, and a folder that is whole or not there."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.api import Kind, Setting
from bench.config import to_toml
from bench.errors import BenchError
from bench.io import current_umask
from tasks.product import LOADER, SCORERS


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import wrote: the folder, the card in it, the task's id, and every count worth showing."""

    folder: Path
    card: Path
    task: str
    users: int
    items: int
    events: int
    testable_users: int
    columns: Mapping[str, str]
    counts: Mapping[str, Setting]


def write_pair(folder: Path, tables: Mapping[str, Iterable[str]], record: Mapping[str, object], card: str) -> None:
    """Write a task's tables (name -> lines), its record and its card to a new folder, all or none."""
    with whole_folder(folder) as stage:
        for name, lines in tables.items():
            write_lines(stage / name, lines)
        text = json.dumps(record, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
        (stage / "provenance.json").write_text(text, encoding="utf-8")
        (stage / "card.toml").write_text(card, encoding="utf-8")


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder beside `folder` that takes its place only if the block succeeds.

    BenchError if `folder` exists and holds anything.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BenchError(f"{folder}: exists already; choose another folder or remove this one")
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    except OSError as error:
        raise BenchError(f"{folder}: cannot be written ({error.strerror})") from None
    try:
        yield stage
        for path in stage.iterdir():
            with path.open("rb") as written:
                os.fsync(written.fileno())
        stage.chmod(0o777 & ~current_umask())
        stage.replace(folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write gzip text without name or time in its header: equal lines give equal bytes."""
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as stream:
        for line in lines:
            stream.write(f"{line}\n".encode())


def card_text(made: Imported, licence: str, citation: str, seen: str) -> str:
    """Return the card of an imported task as TOML: the fields of `bench.api.Task`.

    The data folder is ".", read against the card's own place, so the folder can be moved as a whole.
    """
    notes = f"{made.users} users ({made.testable_users} testable), {made.items} items, {made.events} events"
    head: dict[str, object] = {
        "id": made.task,
        "kind": Kind.NEXT_ITEM.value,
        "scorers": list(SCORERS),
        "primary": "ndcg@10",
        "version": "1",
        "licence": licence,
        "source": citation,
        "notes": f"{notes}; imported, the last one of each user is asked, full ranking",
        "seen": seen,
        "depth": 50,
    }
    form = {"format": "log", "split": "basket"} if made.task.endswith("basket") else {"format": "pair", "split": "last"}
    options = {"folder": ".", **form}
    return to_toml({**head, "data": {"loader": LOADER, "options": options}})
