"""A user's own log becomes a task: the plain pair, a record of where it came from, and a card, whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path

import numpy as np

from bench.api import Item, Seen, Setting
from bench.errors import BenchError, unknown
from bench.hub import is_reference, locate
from bench.io import canonical, file_sha256
from tasks.ingest.assemble import build_catalogue
from tasks.ingest.clean import Sequences
from tasks.ingest.folder import tables_in
from tasks.ingest.formats import FORMATS, reader
from tasks.ingest.log import Log, collect
from tasks.ingest.pair import OWN_FIELDS
from tasks.ingest.rows import Notes, Raw
from tasks.ingest.sequences import LEAST_EVENTS, SPLITS, Plan
from tasks.ingest.table import Columns, read_table
from tasks.ingest.write import Imported, card_text, write_pair
from tasks.load import CATALOGUES, clean, refuse_empty
from tasks.options import NO_LEAST, check_least, check_options

TABLE = "table"
SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True, slots=True)
class Terms:
    """How to read and clean a log; `format` is "table" or a name of `tasks.ingest.formats.FORMATS`.

    time_format: strptime form of a table's times ("": the one form that fits the whole column).
    min_events: users with fewer events are dropped first. core, duplicates, ties, min_value: as in `tasks.load`.
    catalogue: `met` writes the items of the events left, `all` also the described items without one.
    files, item_files: where the source is a folder of tables, the patterns of the log's and of the items' own
    (`tasks.ingest.folder`). strict: refuse the first malformed row.
    BenchError if a value is of the wrong type or negative.
    """

    format: str = TABLE
    columns: Columns = field(default_factory=Columns)
    time_format: str = ""
    min_events: int = 0
    core: int = 0
    duplicates: str = "keep"
    ties: str = "keep"
    min_value: float = NO_LEAST
    catalogue: str = "met"
    strict: bool = True
    files: tuple[str, ...] = ()
    item_files: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no import could mean, before any file is opened."""
        values = {line.name: getattr(self, line.name) for line in fields(self)}
        check_options(values, Terms.__annotations__)
        check_least(values, ("min_events", "core"))
        if self.format != TABLE and self.format not in FORMATS:
            raise unknown("format", self.format, (TABLE, *FORMATS))
        if self.catalogue not in CATALOGUES:
            raise unknown("catalogue rule", self.catalogue, CATALOGUES)
        if self.format != TABLE and (self.columns != Columns() or self.time_format):
            raise BenchError(f"format {self.format} knows its own columns and times; name them for a table only")
        if self.format != TABLE and (self.files or self.item_files):
            raise BenchError(f"format {self.format} knows its own files; choose files of tables only")
        if self.format == TABLE and self.min_value > NO_LEAST and not self.columns.value:
            raise BenchError("min_value needs a column of values to compare; name it with value=COLUMN (--value)")


def import_log(
    source: Path | str,
    target: Path | str,
    *,
    name: str,
    domain: str = "own",
    items: Path | str | None = None,
    terms: Terms | None = None,
    licence: str = "not stated",
    citation: str = "",
    seen: str = "keep",
) -> Imported:
    """Read a log and write `sequences.tsv.gz`, `items.jsonl.gz`, `provenance.json` and `card.toml` to `target`.

    With a basket column the task is the next basket, and `interactions.tsv.gz` takes the place of the sequences.
    `source` is a table, a folder of them, or the folder of a known format; `items` describes the items likewise. Both
    may be hub:OWNER/NAME@COMMIT, a data set that was fetched before (`bench.hub`).
    `target` must not exist yet or be empty. Equal input gives equal bytes. BenchError names file, row or column.
    """
    terms = terms or Terms()
    baskets = bool(terms.columns.basket)
    task = _task_id(domain, name, "next-basket" if baskets else "next-item")
    if seen not in list(Seen):
        raise unknown("seen rule", seen, list(Seen))
    notes = Notes(terms.strict)
    place = locate(source, "dataset", (*terms.files, *terms.item_files) if terms.files else ())
    raw, columns = _open(place, items, terms, notes)
    log = collect(raw.events())
    refuse_empty(log, place, notes)
    log, few = _drop_short_users(log, terms.min_events)
    sequences, counts = clean(log, terms.min_value, terms.duplicates, terms.core, terms.ties)
    sizes = np.diff(sequences.starts)
    testable = _testable(sequences, baskets)
    if not testable:
        what = "baskets" if baskets else "events"
        raise BenchError(f"{source}: no user has {LEAST_EVENTS} {what} after cleaning, so nothing can be tested")
    catalogue, written, seen_counts = _catalogue(sequences, raw, place, terms.catalogue == "all")
    counts |= {"dropped_short_users": few, **seen_counts, **raw.extra, **notes.provenance()}
    record = _record(source, place, raw, terms.format, columns)
    record |= {"order": "time" if sequences.timed else "rows of the file", "counts": counts}
    made = Imported(
        folder=Path(target),
        card=Path(target) / "card.toml",
        task=task,
        users=len(sequences.users),
        items=len(catalogue),
        events=int(sizes.sum()),
        testable_users=testable,
        columns={role: column for role, column in asdict(columns).items() if column},
        counts=counts,
    )
    name, lines = _lines(sequences, written, baskets, place)
    origin = f"own log {_named(raw.files[0], place)}" if terms.format == TABLE else FORMATS[terms.format].summary
    origin = f"{source} ({origin})" if is_reference(source) else origin
    card = card_text(made, licence, citation or origin, seen)
    write_pair(made.folder, {name: lines, "items.jsonl.gz": map(_item_line, catalogue)}, record, card)
    return made


def _task_id(domain: str, name: str, question: str) -> str:
    for what, text in (("domain", domain), ("name", name)):
        if not SLUG.fullmatch(text):
            raise BenchError(f"{what} {text!r}: expected lower-case letters, digits and hyphens, 64 at most")
    return f"{domain}/{name}/{question}"


def _open(source: Path, items: Path | str | None, terms: Terms, notes: Notes) -> tuple[Raw, Columns]:
    if terms.format == TABLE:
        place = source if items is None else locate(items, "dataset", terms.item_files)
        described = tables_in(place, terms.item_files) if items is not None or terms.item_files else ()
        tables = tables_in(source, terms.files, described)
        return read_table(tables, notes, terms.columns, described, terms.time_format)
    if items is not None:
        raise BenchError(f"format {terms.format} knows its own items; describe items for a table only")
    if terms.format != "complete-journey" and not source.is_dir():
        raise BenchError(f"{source}: format {terms.format} reads a folder ({FORMATS[terms.format].summary})")
    return reader(terms.format)(source, notes), Columns()


def _record(source: Path | str, place: Path, raw: Raw, form: str, columns: Columns) -> dict[str, object]:
    """Return where an import came from: a name on the hub, files with their sha256, format and columns."""
    return {
        **({"source": str(source)} if is_reference(source) else {}),
        "files": {_named(path, place): file_sha256(path) for path in raw.files},
        "format": form,
        "columns": asdict(columns),
    }


def _named(path: Path, source: Path) -> str:
    """Return a file's place in the folder that was imported, or its bare name."""
    return path.relative_to(source).as_posix() if source.is_dir() and path.is_relative_to(source) else path.name


def _drop_short_users(log: Log, least: int) -> tuple[Log, int]:
    """Return the log without the events of users that have fewer than `least`, and how many users those are."""
    counts = np.bincount(log.user, minlength=len(log.users))
    return log.keep(counts[log.user] >= least), int(((counts > 0) & (counts < least)).sum())


def _testable(sequences: Sequences, baskets: bool) -> int:
    """Return how many users will be asked about under the card's own split."""
    plan = Plan("basket" if baskets else "last")
    return len(SPLITS[plan.name](sequences, plan).test)


def _catalogue(
    sequences: Sequences, raw: Raw, source: Path, whole: bool
) -> tuple[list[Item], dict[str, str], dict[str, Setting]]:
    """Return the items under the ids they are written with, {id: id written}, and counts.

    The pair separates items by blanks, so a blank inside an id is written as an underscore; BenchError if two ids
    would become one.
    """
    met = {sequences.items[code] for code in set(sequences.item.tolist())}
    shelf = build_catalogue(raw.describe(), met, whole)
    items = shelf.items
    written = {name: "_".join(name.split()) for name in items}
    if len(set(written.values())) != len(written):
        raise BenchError(f"{source}: two item ids differ only in blanks and underscores; rename one")
    counts: dict[str, Setting] = {
        **shelf.counts,
        "renamed_items": sum(old != new for old, new in written.items()),
        "media_left_out": sum(item.image is not None or item.clip is not None for item in items.values()),
    }
    named = [replace(item, id=written[item.id], title=item.title or _spoken(item.id)) for item in items.values()]
    return named, written, counts


def _spoken(name: str) -> str:
    """Return an id as a title where it is words, which a blank gives away."""
    return name if " " in name else ""


def _lines(sequences: Sequences, written: Mapping[str, str], baskets: bool, source: Path) -> tuple[str, Iterator[str]]:
    """Return the name and lines of the log: plain sequences, or timed interactions where baskets are to be kept."""
    if not baskets:
        return "sequences.tsv.gz", _sequence_lines(sequences, written)
    if not sequences.timed:
        raise BenchError(f"{source}: a basket column needs a time column too, to put the baskets in order")
    return "interactions.tsv.gz", _event_lines(sequences, written)


def _event_lines(sequences: Sequences, written: Mapping[str, str]) -> Iterator[str]:
    yield "user\titem\ttimestamp\tinvoice"
    owner = np.repeat(np.arange(len(sequences.users)), np.diff(sequences.starts)).tolist()
    columns = (owner, sequences.item.tolist(), sequences.time.tolist(), sequences.basket.tolist())
    for user, item, time, basket in zip(*columns, strict=True):
        yield f"{sequences.users[user]}\t{written[sequences.items[item]]}\t{time:.3f}\t{basket if basket >= 0 else ''}"


def _sequence_lines(sequences: Sequences, written: Mapping[str, str]) -> Iterator[str]:
    names = [written.get(name, "") for name in sequences.items]
    for user, name in enumerate(sequences.users):
        codes = sequences.item[sequences.starts[user] : sequences.starts[user + 1]].tolist()
        yield f"{name}\t{' '.join(names[code] for code in codes)}"


def _item_line(item: Item) -> str:
    terms = {name: list(found) for name, found in item.attributes.items() if name not in OWN_FIELDS}
    return canonical({**terms, "item": item.id, "title": item.title, "caption": item.caption})
