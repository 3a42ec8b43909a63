"""The parquet files released with NaviGen: histories of collaborative identifiers, ready split by user."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.api import Item
from bench.errors import BenchError
from tasks.ingest.lines import find_file
from tasks.ingest.rows import Event, Notes, Raw
from tasks.ingest.tables import open_parquet
from tasks.ingest.values import as_terms, parse_id

PARTS = {"train": "train", "valid": "validation", "test": "test"}
LFS_POINTER = b"version https://git-lfs"


def read(folder: Path, notes: Notes) -> Raw:
    """Read {train,valid,test}_cid2cid.parquet, and the catalogue pid2cid2tid or the cid2tid files if there.

    An item is a collaborative identifier: colliding items are one. Whole users are training, validation or test, so
    load with `split = released`. A user's second row, and rows without history or target, are counted as malformed.
    """
    windows = {
        part: path
        for name, part in PARTS.items()
        if (path := find_file(folder, f"{name}_cid2cid.parquet", required=False))
    }
    if not windows:
        raise BenchError(f"{folder}: no *_cid2cid.parquet; put the released NaviGen files there")
    names = ("pid2cid2tid.parquet", *(f"{name}_cid2tid.parquet" for name in PARTS))
    texts = tuple(path for name in names if (path := find_file(folder, name, required=False)))
    for path in (*windows.values(), *texts):
        refuse_pointer(path)
    parts: dict[str, str] = {}
    return Raw(
        (*windows.values(), *texts), partial(_events, windows, parts, notes), partial(_items, texts, notes), parts
    )


def refuse_pointer(path: Path) -> None:
    """Raise BenchError if a file is the Git-LFS pointer to it, the usual accident of a plain clone."""
    with path.open("rb") as stream:
        if stream.read(len(LFS_POINTER)) == LFS_POINTER:
            raise BenchError(
                f"{path}: is a Git-LFS pointer, not the data; run `git lfs pull` in the clone and copy again"
            )


def modern(column: str) -> str:
    """Return a column's name with the older word sid read as cid: hist_sid -> hist_cid."""
    return "_".join("cid" if part == "sid" else part for part in column.split("_"))


def _events(windows: dict[str, Path], parts: dict[str, str], notes: Notes) -> Iterator[Event]:
    for part, path in windows.items():
        for number, row in open_parquet(path, ("uid", "hist_cid", "target_cid"), modern).rows():
            user, history, target = parse_id(row["uid"]), as_terms(row["hist_cid"]), as_terms(row["target_cid"])
            if not user or not history or not target:
                notes.drop("no user, history or target", path, number)
            elif user in parts:
                notes.drop("a user's second row", path, number)
            else:
                parts[user] = part
                for item in (*history, target[0]):
                    yield Event(user, item)


def _items(texts: tuple[Path, ...], notes: Notes) -> Iterator[Item]:
    """Yield each identifier once, with the terms of its first row."""
    met: set[str] = set()
    for path in texts:
        table = open_parquet(path, ("cid",), modern)
        needs = ("cid", "tid") if "tid" in table.columns else ("cid",)
        for number, row in open_parquet(path, needs, modern).rows():
            name, terms = "".join(as_terms(row["cid"])[:1]), as_terms(row.get("tid"))
            if not name:
                notes.drop("row without an identifier", path, number)
            elif name not in met:
                met.add(name)
                yield Item(name, caption=", ".join(terms), attributes={"terms": terms} if terms else {})
