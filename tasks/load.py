"""The loader every card names: read a folder in one of the known formats, clean, split, check, fingerprint."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.api import Dataset, Setting
from bench.errors import BenchError, unknown
from bench.io import file_sha256
from tasks.ingest.assemble import build_catalogue, build_train, finish
from tasks.ingest.clean import Sequences, drop_duplicates, drop_low_values, drop_untimed, keep_core, order_events
from tasks.ingest.formats import FORMATS, reader
from tasks.ingest.leaks import check_dataset, check_split
from tasks.ingest.log import Log, collect
from tasks.ingest.rows import Notes, Raw
from tasks.ingest.sequences import SPLITS, Plan, Split, count_short
from tasks.options import NO_LEAST, check_least, check_options

CATALOGUES = ("auto", "all", "met")
PREPARED = {
    "pair": "sequences.tsv.gz and items.jsonl.gz",
    "log": "interactions.tsv.gz and items.jsonl.gz",
}


def load(
    root: Path | None,
    *,
    folder: str = "",
    format: str = "pair",
    split: str = "last",
    core: int = 0,
    duplicates: str = "keep",
    ties: str = "keep",
    history: int = 0,
    windows: int = 1,
    validation_from: float = 0.8,
    test_from: float = 0.9,
    min_value: float = NO_LEAST,
    catalogue: str = "auto",
    strict: bool = False,
) -> Dataset:
    """Return the Dataset of `root / folder`.

    format: a name of `tasks.ingest.formats.FORMATS`. split: last, windows, time or basket.
    core: k of the iterative k-core over events (0, 1: none). duplicates, ties: see `tasks.ingest.clean`.
    history: longest history of a query (0: all). windows, validation_from, test_from: see `Plan`.
    min_value: least rating, price or watch time of an event. catalogue: `met` is the items of the cleaned events,
    `all` adds described items without events, `auto` is `all` for the plain pair and `met` for raw logs.
    strict: refuse the first malformed row instead of counting it. BenchError says what is wrong with the files,
    an option, or the split.

    Mappings of the Dataset are read-only. Its provenance counts what was dropped: `malformed` rows (and where the
    first of them is: `malformed_first`), `users_too_short` to be tested, `items_without_event`, and so on.
    """
    options = {**locals()}
    check_options(options, load.__annotations__, "data.")
    check_least(options, ("core", "history"), "data.")
    if catalogue not in CATALOGUES:
        raise unknown("catalogue rule", catalogue, CATALOGUES)
    plan = Plan(split, history, windows, validation_from, test_from)
    place, raw, sequences, counts, notes = read_log(root, folder, format, core, duplicates, ties, min_value, strict)
    parts = _split(sequences, plan)
    check_split(sequences, parts)
    whole = catalogue == "all" or (catalogue == "auto" and raw.whole_catalogue)
    met = {sequences.items[code] for code in set(sequences.item.tolist())}
    shelf = build_catalogue(raw.describe(), met, whole)
    train, examples = build_train(shelf.items, sequences, parts)
    if not examples:
        raise BenchError(f"{place}: split = {split} leaves no test example; users need more events")
    counts |= {"split": split, "items": len(shelf.items), **shelf.counts}
    counts["users_too_short"] = count_short(sequences, plan, parts)
    dataset = finish(train, examples, {"format": format, **_origin(raw), **counts, **notes.provenance()})
    check_dataset(dataset)
    return dataset


class Reading(NamedTuple):
    """A log read and cleaned: its folder, its adapter, the ordered events, what each step dropped, malformed rows."""

    place: Path
    raw: Raw
    sequences: Sequences
    counts: dict[str, Setting]
    notes: Notes


def read_log(
    root: Path | None,
    folder: str = "",
    format: str = "pair",
    core: int = 0,
    duplicates: str = "keep",
    ties: str = "keep",
    min_value: float = NO_LEAST,
    strict: bool = False,
) -> Reading:
    """Read and clean the log of `root / folder`; the options are those of `load`, before anything is split."""
    notes = Notes(strict)
    place = locate(root, folder, format)
    raw = reader(format)(place, notes)
    log = collect(raw.events())
    refuse_empty(log, place, notes)
    sequences, counts = clean(log, min_value, duplicates, core, ties)
    if not sequences.users:
        raise BenchError(f"{place}: no event is left after cleaning (core = {core}); lower core or min_value")
    return Reading(place, raw, sequences, counts, notes)


def locate(root: Path | None, folder: str, format: str) -> Path:
    """Return the data folder, or say how to name it; absolute folders and formats in a package need no root."""
    if format == "complete-journey":
        return Path(folder)
    if Path(folder).is_absolute():
        root = Path(folder)
    if root is None:
        raise BenchError("no data folder given; set NAVIBENCH_DATA or pass --data-root (what to fetch: navibench data)")
    place = Path(root) / folder
    if not place.is_dir():
        raise BenchError(f"{place}: no such folder; {_expected(format)}; NAVIBENCH_DATA or --data-root names its root")
    return place


def _expected(format: str) -> str:
    """Return what a data folder of a format holds, and whether it can be fetched."""
    if format in PREPARED:
        return (
            f"expected {PREPARED[format]} there, a prepared sample that is not distributed with this package "
            "(what it is, and where its log comes from: docs/data.md)"
        )
    if format not in FORMATS:
        raise unknown("format", format, FORMATS)
    return f"expected {FORMATS[format].summary} there (what can be fetched: navibench data ls)"


def refuse_empty(log: Log, place: Path, notes: Notes) -> None:
    """Raise BenchError if no row of the source was usable."""
    if not len(log):
        why = "; ".join(f"{count} x {reason} ({notes.first[reason]})" for reason, count in notes.counts.items())
        raise BenchError(f"{place}: holds no usable event{f': {why}' if why else ''}; check the format")


def clean(log: Log, least: float, duplicates: str, core: int, ties: str) -> tuple[Sequences, dict[str, Setting]]:
    """Return the ordered sequences and what each step dropped; see `load` for the options."""
    counts: dict[str, Setting] = {"events_read": len(log)}
    if least > NO_LEAST:
        counts["kept_without_value"] = int(np.isnan(log.value).sum())
    for name, step in (
        ("dropped_low_value", lambda rows: drop_low_values(rows, least)),
        ("dropped_untimed", drop_untimed),
        ("dropped_duplicates", lambda rows: drop_duplicates(rows, duplicates)),
        ("dropped_by_core", lambda rows: keep_core(rows, core)),
    ):
        before = len(log)
        log = step(log)
        counts[name] = before - len(log)
    sequences = order_events(log, ties)
    counts |= {"users": len(sequences.users), "events": len(log), "core": core, "ties": ties, "duplicates": duplicates}
    return sequences, counts


def _split(sequences: Sequences, plan: Plan) -> Split:
    if plan.name not in SPLITS:
        raise unknown("split", plan.name, SPLITS)
    return SPLITS[plan.name](sequences, plan)


def _origin(raw: Raw) -> dict[str, Setting]:
    """Return the sha256 of every file read, and what the adapter adds."""
    return {**{f"sha256.{path.name}": file_sha256(path) for path in raw.files}, **raw.extra}
