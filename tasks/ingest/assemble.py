"""From checked positions to the Dataset a run sees, with its fingerprint."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType

from bench.api import Dataset, Example, Item, Query, Setting, Train
from tasks.ingest.clean import Sequences
from tasks.ingest.sequences import Cut, Split

Events = Mapping[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The items in order of their ids, read-only, and what was counted on the way.

    `undescribed`: items of events that nothing describes. `repeated`: descriptions of an item described before.
    `without_event`: descriptions of items that no event names, in the catalogue or (`whole` = False) left out of it;
    where left out, an item described twice counts twice, for such descriptions are streamed past, not held.
    """

    items: Mapping[str, Item]
    whole: bool
    undescribed: int
    repeated: int
    without_event: int

    @property
    def counts(self) -> dict[str, Setting]:
        """Return the counts as a record keeps them."""
        return {
            "catalogue": "all" if self.whole else "met",
            "undescribed_items": self.undescribed,
            "repeated_items": self.repeated,
            "items_without_event": self.without_event,
        }


def build_catalogue(described: Iterable[Item], met: Iterable[str], whole: bool) -> Catalogue:
    """Return every item met in an event, and with `whole` also the described items that no event names.

    Of several descriptions of an item the longest is kept, whatever their order.
    """
    wanted = set(met)
    found: dict[str, Item] = {}
    twice = apart = 0
    for item in described:
        if item.id in found:
            twice += 1
            found[item.id] = max(found[item.id], item, key=_richness)
            continue
        apart += item.id not in wanted
        if whole or item.id in wanted:
            found[item.id] = item
    bare = wanted - found.keys()
    found.update((name, Item(name)) for name in bare)
    items = MappingProxyType({name: _sealed(found[name]) for name in sorted(found)})
    return Catalogue(items, whole, len(bare), twice, apart)


def _sealed(item: Item) -> Item:
    """Return the item with attributes nobody can change: one data set serves several systems and their judge."""
    return replace(item, attributes=MappingProxyType(dict(item.attributes)))


def _richness(item: Item) -> tuple[int, str]:
    return len(item.title) + len(item.caption) + len(item.attributes), repr(item)


def build_train(items: Mapping[str, Item], sequences: Sequences, split: Split) -> tuple[Train, tuple[Example, ...]]:
    """Return the training part, read-only, and the test examples, ordered by query id."""
    events = {user: _names(sequences, user) for user in range(len(sequences.users))}
    prefixes = {
        name: events[user][: split.upto[user]] for user, name in enumerate(sequences.users) if split.upto[user] > 0
    }
    validation = tuple(_examples(sequences, events, split.validation))
    return Train(MappingProxyType(dict(items)), MappingProxyType(prefixes), validation), tuple(
        _examples(sequences, events, split.test)
    )


def _names(sequences: Sequences, user: int) -> tuple[str, ...]:
    codes = sequences.item[sequences.starts[user] : sequences.starts[user + 1]].tolist()
    return tuple([sequences.items[code] for code in codes])


def _examples(sequences: Sequences, events: Events, cuts: Iterable[Cut]) -> Iterator[Example]:
    """Yield examples; several copies of an item in one basket are one target."""
    for cut in sorted(cuts, key=lambda one: (sequences.users[one.user], one.at)):
        mine = events[cut.user]
        targets = mine[cut.at : cut.until]
        query = Query(cut.id, sequences.users[cut.user], mine[cut.since : cut.at])
        yield Example(query, tuple(dict.fromkeys(targets)) if len(targets) > 1 else targets)


def fingerprint(train: Train, examples: tuple[Example, ...]) -> str:
    """Return the sha256 of the content: items with text and attributes, training sequences, all examples.

    Media count by file name. Independent of the order of users and items in the files they came from.
    """
    total = sha256()
    encoder = json.JSONEncoder(sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for row in _content(train, examples):
        total.update(f"{encoder.encode(row)}\n".encode())
    return total.hexdigest()


def _content(train: Train, examples: tuple[Example, ...]) -> Iterator[list[object]]:
    for item in train.items.values():
        media = [path.name if path else "" for path in (item.image, item.clip)]
        yield [
            "item",
            item.id,
            item.title,
            item.caption,
            {key: list(item.attributes[key]) for key in item.attributes},
            *media,
        ]
    for user, sequence in train.sequences.items():
        yield ["train", user, *sequence]
    for part, rows in (("validation", train.validation), ("test", examples)):
        for row in rows:
            yield [part, row.query.id, row.query.user, row.query.history, row.targets]


def finish(train: Train, examples: tuple[Example, ...], provenance: Mapping[str, Setting]) -> Dataset:
    """Return the Dataset with its fingerprint; its provenance is read-only too."""
    return Dataset(train, examples, fingerprint(train, examples), MappingProxyType(dict(provenance)))
