"""Loader of the parquet files released with NaviGen: histories of collaborative identifiers, ready split by user.

An item is a code: `<|cid_begin|><s_a_N><s_b_N><s_c_N><|cid_end|>` is its id, and products that share one are one item.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from bench.api import Dataset, Example, Item, Query, Setting, Train
from bench.errors import BenchError, unknown
from bench.io import file_sha256
from tasks.ingest.assemble import build_catalogue, finish
from tasks.ingest.leaks import check_dataset, check_users
from tasks.ingest.lines import find_file, need_file
from tasks.ingest.rows import Notes
from tasks.ingest.tables import open_parquet
from tasks.ingest.values import as_terms, as_text, parse_id
from tasks.options import check_least, check_options

ASKED = ("cid2cid", "cid2ins")
PARTS = ("test", "valid", "train")
CODE = re.compile(
    r"<\|cid_begin\|>" + "".join(rf"<s_{level}_(?:0|[1-9]\d{{0,8}})>" for level in "abc") + r"<\|cid_end\|>"
)
LFS_POINTER = b"version https://git-lfs"

Told = dict[str, Setting]


class Window(NamedTuple):
    """One released row: what a user had, oldest first, and what came next."""

    user: str
    history: tuple[str, ...]
    target: str


def load(
    root: Path | None, *, folder: str = "", asked: str = "cid2cid", history: int = 0, strict: bool = False
) -> Dataset:
    """Return the Dataset of the released files in `root / folder`.

    asked: the files whose valid and test rows are the questions, cid2cid or cid2ins; training sequences are the
    longest row of each user of train_cid2cid. history: longest history of a query (0: all). strict: refuse the first
    malformed row instead of counting it.

    The catalogue is every code of pid2cid2tid (of the cid2tid files where that is absent) and of every row. Rows of
    training users who are asked about are left out and counted. BenchError says what is wrong with files or options.
    """
    check_options({**locals()}, load.__annotations__, "data.")
    check_least({"history": history}, ("history",), "data.")
    if asked not in ASKED:
        raise unknown("data.asked", asked, ASKED)
    place = locate(root, folder)
    files = {name: _file(place, f"{name}.parquet") for name in (f"{part}_cid2cid" for part in PARTS)}
    if asked == "cid2ins":
        files |= {name: _file(place, f"{name}.parquet") for name in ("test_cid2ins", "valid_cid2ins")}
    texts = _catalogue_files(place)
    notes = Notes(strict)
    told: Told = {}
    windows = {part: list(read_windows(files[f"{part}_cid2cid"], notes)) for part in PARTS}
    described = read_items(texts, notes, told)
    if asked == "cid2ins":
        for part in ("test", "valid"):
            windows[part] = _aim(files[f"{part}_cid2ins"], windows[part], described, notes, told)
    met = {code for rows in windows.values() for row in rows for code in (*row.history, row.target)}
    users = keep_apart(windows, told)
    shelf = build_catalogue(described, met, whole=True)
    train = Train(shelf.items, _longest(users["train"], told), tuple(_examples(users["valid"], history)))
    examples = tuple(_examples(users["test"], history))
    if not examples:
        raise BenchError(f"{place}: no usable row in test_{asked}.parquet ({notes.total()} malformed); check the file")
    hashes: Told = {f"sha256.{path.name}": file_sha256(path) for path in (*files.values(), *texts)}
    counts: Told = {"format": "navigen", "asked": asked, "items": len(shelf.items), **shelf.counts}
    dataset = finish(train, examples, {**counts, **told, **hashes, **notes.provenance()})
    check_dataset(dataset)
    check_users(dataset)
    return dataset


def locate(root: Path | None, folder: str) -> Path:
    """Return the folder of the released files, or say how to name it."""
    if root is None and not Path(folder).is_absolute():
        raise BenchError("no data folder given; set NAVIBENCH_DATA or pass --data-root")
    place = Path(root or "") / folder
    if not place.is_dir():
        raise BenchError(
            f"{place}: no such folder; put the parquet files released with NaviGen there (docs/released.md)"
        )
    return place


def refuse_pointer(path: Path) -> None:
    """Raise BenchError if a file is the Git-LFS pointer to it, the usual accident of a plain clone."""
    with path.open("rb") as stream:
        if stream.read(len(LFS_POINTER)) == LFS_POINTER:
            raise BenchError(f"{path}: this is a Git LFS pointer, not the data; run `git lfs pull` in the clone")


def modern(column: str) -> str:
    """Return a column's name with the older word sid read as cid: hist_sid -> hist_cid."""
    return "_".join("cid" if part == "sid" else part for part in column.split("_"))


def read_windows(path: Path, notes: Notes) -> Iterator[Window]:
    """Yield the rows of a cid2cid file that have a user, a history and a target, all codes well formed."""
    for number, row in open_parquet(path, ("uid", "hist_cid", "target_cid"), modern).rows():
        user, history, target = parse_id(row["uid"]), as_terms(row["hist_cid"]), as_terms(row["target_cid"])[:1]
        if not user or not history or not target:
            notes.drop("no user, history or target", path, number)
        elif not _are_codes((*history, *target)):
            notes.drop("malformed code", path, number)
        else:
            yield Window(user, history, target[0])


def read_items(texts: Iterable[Path], notes: Notes, told: Told) -> list[Item]:
    """Return every code once, with the terms that most of its products have (of equals, the first in order)."""
    terms: dict[str, Counter[tuple[str, ...]]] = defaultdict(Counter)
    products: dict[str, set[str]] = defaultdict(set)
    for path in texts:
        columns = open_parquet(path, ("cid",), modern).columns
        needs = [name for name in ("pid", "cid", "tid") if name in columns]
        for number, row in open_parquet(path, needs, modern).rows():
            code, own = "".join(as_terms(row["cid"])[:1]), as_terms(row.get("tid"))
            if not _are_codes([code]):
                notes.drop("malformed code" if code else "row without a code", path, number)
                continue
            terms[code][own] += 1
            products[code].add(parse_id(row.get("pid")) or f"{path.name}:{number}")
    told["pids"] = sum(map(len, products.values()))
    told["pids_sharing_a_code"] = sum(len(names) for names in products.values() if len(names) > 1)
    told["codes_with_several_terms"] = sum(len(found) > 1 for found in terms.values())
    chosen = {code: min(found, key=lambda own: (not own, -found[own], own)) for code, found in terms.items()}
    return [
        Item(code, caption=", ".join(own), attributes={"terms": own} if own else {}) for code, own in chosen.items()
    ]


def keep_apart(windows: dict[str, list[Window]], told: Told) -> dict[str, dict[str, list[Window]]]:
    """Return part -> user -> rows, every user in one part only: test before validation before training."""
    taken: set[str] = set()
    found: dict[str, dict[str, list[Window]]] = {}
    for part in PARTS:
        own: dict[str, list[Window]] = defaultdict(list)
        for row in windows[part]:
            if row.user not in taken:
                own[row.user].append(row)
        told[f"rows_{part}"] = sum(map(len, own.values()))
        told[f"rows_{part}_of_users_asked_elsewhere"] = len(windows[part]) - sum(map(len, own.values()))
        taken |= own.keys()
        found[part] = {user: sorted(own[user], key=lambda row: (len(row.history), row)) for user in sorted(own)}
    return found


def _aim(path: Path, known: list[Window], described: list[Item], notes: Notes, told: Told) -> list[Window]:
    """Return the rows of a cid2ins file with the code of their target, which they name by its terms only.

    That is the target of a cid2cid row with the same user and history, preferably one with these terms, or else the
    first item with these terms; a row without either is malformed.
    """
    terms = {item.id: item.attributes.get("terms", ()) for item in described}
    first: dict[tuple[str, ...], str] = {}
    for code in sorted(terms):
        first.setdefault(terms[code], code)
    targets: dict[tuple[str, tuple[str, ...]], list[str]] = defaultdict(list)
    for row in sorted(known):
        targets[row.user, row.history].append(row.target)
    found, other = [], 0
    for number, cells in open_parquet(path, ("uid", "hist_cid", "target_tid", "target_ins"), modern).rows():
        user, history, own = parse_id(cells["uid"]), as_terms(cells["hist_cid"]), as_terms(cells["target_tid"])
        if not user or not history or not own or not as_text(cells["target_ins"]):
            notes.drop("no user, history, terms or instruction", path, number)
            continue
        same = sorted(targets[user, history], key=lambda code: terms.get(code) != own)
        target = same[0] if same else first.get(own)
        if not _are_codes(history):
            notes.drop("malformed code", path, number)
        elif target is None:
            notes.drop("terms of no item", path, number)
        else:
            other += terms.get(target) != own
            found.append(Window(user, history, target))
    told[f"{path.stem}_targets_with_other_terms"] = other
    return found


def _are_codes(names: Iterable[str]) -> bool:
    return all(CODE.fullmatch(name) for name in names)


def _longest(users: dict[str, list[Window]], told: Told) -> MappingProxyType[str, tuple[str, ...]]:
    """Return the training sequence of every user: history and target of the longest row."""
    told["shorter_rows_left_out"] = sum(len(rows) - 1 for rows in users.values())
    return MappingProxyType({user: (*rows[-1].history, rows[-1].target) for user, rows in users.items()})


def _examples(users: dict[str, list[Window]], most: int) -> Iterator[Example]:
    """Yield a question a row, named by its user, and by its place where a user has several."""
    for user, rows in users.items():
        for place, row in enumerate(rows):
            name = f"{user}#{place}" if len(rows) > 1 else user
            yield Example(Query(name, user, row.history[-most:] if most else row.history), (row.target,))


def _file(folder: Path, name: str) -> Path:
    path = need_file(folder, name)
    refuse_pointer(path)
    return path


def _catalogue_files(folder: Path) -> tuple[Path, ...]:
    """Return pid2cid2tid, or where that is absent the cid2tid files that are there."""
    whole = find_file(folder, "pid2cid2tid.parquet", required=False)
    parts = [find_file(folder, f"{part}_cid2tid.parquet", required=False) for part in PARTS]
    found = (whole,) if whole else tuple(path for path in parts if path)
    for path in found:
        refuse_pointer(path)
    return found
