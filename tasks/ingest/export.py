"""A task's whole log and items written as RecBole's atomic files, which `tasks.ingest.recbole` reads back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from inspect import signature
from pathlib import Path
from typing import Any

from bench.api import Dataset, Item, Setting, Task
from bench.errors import BenchError, unknown
from tasks.ingest.recbole import CAPTION, TITLES
from tasks.ingest.write import whole_folder
from tasks.load import load, read_log

FORMATS = ("recbole",)
LOADER = f"{load.__module__}:{load.__name__}"
TAKEN = {"item_id", CAPTION, *TITLES}


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export wrote: its files, sizes, whether times are real, and what the format could not hold."""

    files: tuple[Path, ...]
    users: int
    items: int
    events: int
    timed: bool
    counts: Mapping[str, Setting]


def export(task: Task, dataset: Dataset, root: Path | None, form: str, target: Path) -> Exported:
    """Write the log and items of a task to a new folder, as `<folder's name>.inter` and `.item`.

    `dataset` is the task's, loaded from `root`. Events keep their times where the log is read by `tasks.load`; of other
    loaders, and where a log has none, only the order is known, and the "times" are places in it (0, 1, ...).
    Baskets, ratings and media are left out. A column that holds several terms of an item separates them by blanks, so
    blanks inside such terms become underscores. BenchError if a name cannot be a column, or `target` holds anything.
    """
    if form not in FORMATS:
        raise unknown("format", form, FORMATS)
    events, timed = _timed_events(task, root) if task.data.loader == LOADER else (ordered_events(dataset), False)
    items = dataset.train.items
    columns, renamed = item_columns(items.values())
    target = Path(target)
    names = {ending: f"{target.resolve().name}.{ending}" for ending in ("inter", "item")}
    users: set[str] = set()
    count = 0
    with whole_folder(target) as stage:
        with (stage / names["inter"]).open("w", encoding="utf-8", newline="\n") as out:
            out.write("user_id:token\titem_id:token\ttimestamp:float\n")
            for user, item, time in events:
                out.write(f"{user}\t{item}\t{time!r}\n")
                users.add(user)
                count += 1
        with (stage / names["item"]).open("w", encoding="utf-8", newline="\n") as out:
            out.writelines(f"{line}\n" for line in item_lines(items.values(), columns))
        told = {"task": task.id, "version": task.version, "licence": task.licence, "source": task.source}
        record = {**told, "fingerprint": dataset.fingerprint, "times": "seconds" if timed else "places in the order"}
        (stage / "provenance.json").write_text(json.dumps(record, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    media = sum(item.image is not None or item.clip is not None for item in items.values())
    counts: dict[str, Setting] = {"terms_with_blanks": renamed, "media_left_out": media}
    files = tuple(target / name for name in names.values())
    return Exported(files, len(users), len(items), count, timed, counts)


def ordered_events(dataset: Dataset) -> Iterator[tuple[str, str, float]]:
    """Yield (user, item, place in the user's order) of everything a data set holds of each user."""
    longest = dict(dataset.train.sequences)
    for example in (*dataset.train.validation, *dataset.examples):
        whole = (*example.query.history, *example.targets)
        if len(whole) > len(longest.get(example.query.user, ())):
            longest[example.query.user] = whole
    for user, items in sorted(longest.items()):
        for place, item in enumerate(items):
            yield user, item, float(place)


def _timed_events(task: Task, root: Path | None) -> tuple[Iterator[tuple[str, str, float]], bool]:
    """Return the cleaned events of a log that `tasks.load` reads, and whether their times are real."""
    wanted = signature(read_log).parameters
    options: dict[str, Any] = {name: value for name, value in task.data.options.items() if name in wanted}
    sequences = read_log(root, **options).sequences
    timed = sequences.timed

    def events() -> Iterator[tuple[str, str, float]]:
        for number, user in enumerate(sequences.users):
            begin, end = int(sequences.starts[number]), int(sequences.starts[number + 1])
            for place in range(begin, end):
                time = float(sequences.time[place]) if timed else float(place - begin)
                yield user, sequences.items[int(sequences.item[place])], time

    return events(), timed


def item_columns(items: Iterable[Item]) -> tuple[dict[str, str], int]:
    """Return {attribute: type} and how many of their terms hold a blank that is written as an underscore.

    An attribute is a `token` where no item has several terms of it, and then keeps its blanks; else a `token_seq`.
    """
    several: dict[str, bool] = {}
    blanks: dict[str, int] = {}
    for item in items:
        for name, terms in item.attributes.items():
            several[name] = several.get(name, False) or len(terms) > 1
            blanks[name] = blanks.get(name, 0) + sum(" " in term for term in terms)
    for name in several:
        if name in TAKEN or ":" in name or not name.isprintable() or name != name.strip() or not name:
            raise BenchError(f"attribute {name!r} cannot be a column of an atomic file; rename it in the source")
    kinds = {name: "token_seq" if several[name] else "token" for name in sorted(several)}
    return kinds, sum(blanks[name] for name, kind in kinds.items() if kind == "token_seq")


def item_lines(items: Iterable[Item], columns: Mapping[str, str]) -> Iterator[str]:
    """Yield the lines of an `.item` file, header first."""
    head = ["item_id:token", "title:token_seq", f"{CAPTION}:token_seq"]
    yield "\t".join([*head, *(f"{name}:{kind}" for name, kind in columns.items())])
    for item in items:
        cells = [item.id, _line(item.title), _line(item.caption)]
        for name, kind in columns.items():
            terms = item.attributes.get(name, ())
            cells.append(" ".join("_".join(term.split()) for term in terms) if kind == "token_seq" else "".join(terms))
        yield "\t".join(cells)


def _line(text: str) -> str:
    return " ".join(text.split())
