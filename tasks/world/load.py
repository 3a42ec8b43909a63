"""The loader of the world's cards: a planted world as a data set like any other, split and checked the same way."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bench.api import Dataset, Item, Progress, Setting, ignore_progress
from bench.errors import unknown
from bench.rng import hash_order
from tasks.ingest.assemble import build_catalogue, build_train, finish
from tasks.ingest.clean import Sequences, order_events
from tasks.ingest.leaks import check_dataset, check_split
from tasks.ingest.log import collect
from tasks.ingest.sequences import SPLITS, Plan, Split, count_short, split_released
from tasks.options import check_options
from tasks.world.captions import caption
from tasks.world.media import media_files
from tasks.world.strengths import strengths
from tasks.world.world import World, make_world

PARTS = ("last", "time", "users")
MEDIA = ("none", "image", "clip")
ARGUMENTS = ("root", "progress")
"""What a loader is given that is no option of the data."""


def load(
    root: Path | None,
    progress: Progress = ignore_progress,
    *,
    domain: str,
    split: str = "last",
    media: str = "none",
    seed: int = 0,
    items: int | None = None,
    users: int | None = None,
    taste: float | None = None,
    circle: float | None = None,
    popularity: float | None = None,
    trend: float | None = None,
    complement: float | None = None,
    chain: float | None = None,
    repeat: float | None = None,
    drift: float | None = None,
    least: int | None = None,
    longer: float | None = None,
    most: int | None = None,
) -> Dataset:
    """Return the Dataset of a planted world; it is made, so `root` is not looked at.

    split: last (a user's last event is asked), time (events after two moments, the same for all) or users (a tenth
    of the users each is kept for validation and test). media: none, image or clip, drawn on first use and cached.
    The rest replaces a domain's parameters (`tasks.world.strengths.Strengths`).
    """
    options = {name: value for name, value in locals().items() if name not in ARGUMENTS and value is not None}
    kinds = {name: str(kind).removesuffix(" | None") for name, kind in load.__annotations__.items()}
    check_options(options, kinds, "data.")
    if split not in PARTS:
        raise unknown("split of a world", split, PARTS)
    if media not in MEDIA:
        raise unknown("media of a world", media, MEDIA)
    changed = {name: options[name] for name in options.keys() - {"domain", "split", "media", "seed"}}
    world = make_world(domain, strengths(domain, changed), seed)
    sequences = order_events(collect(world.events()), "keep")
    plan, parts = _split(sequences, split)
    check_split(sequences, parts)
    shelf = build_catalogue(describe(world, media, seed, progress), sequences.items, whole=True)
    train, examples = build_train(shelf.items, sequences, parts)
    counts: dict[str, Setting] = {
        "synthetic": True,
        "users": len(sequences.users),
        "items": len(shelf.items),
        "events": len(sequences.item),
        "split": split,
        "users_too_short": count_short(sequences, plan, parts),
        "held_out_items": int(world.shelf.held_out.sum()),
        "absent_pairs": len(world.shelf.absent),
        **shelf.counts,
    }
    dataset = finish(train, examples, {"format": "world", **counts})
    check_dataset(dataset)
    return dataset


def describe(world: World, media: str, seed: int, progress: Progress = ignore_progress) -> Iterator[Item]:
    """Yield the world's items as a catalogue describes them.

    Attributes hold the wordings of each value; "terms" the values themselves, most essential first.
    """
    shelf = world.shelf
    files = {} if media == "none" else media_files(shelf, media, seed, progress)
    for number, name in enumerate(shelf.ids):
        look = shelf.look(number)
        wordings = {one.name: one.words[look[one.name]] for one in shelf.domain.attributes}
        head = shelf.domain.attributes[0].name
        yield Item(
            id=name,
            title=f"{shelf.names[number]} {look[head]}",
            caption=caption(shelf.domain, look, name, seed),
            attributes={"terms": tuple(look.values()), **wordings},
            image=files[name] if media == "image" else None,
            clip=files[name] if media == "clip" else None,
        )


def _split(sequences: Sequences, split: str) -> tuple[Plan, Split]:
    if split == "users":
        names = list(sequences.users)
        order = hash_order(names, "parts")
        tenth = len(names) // 10
        parts = {names[place]: "validation" for place in order[:tenth]}
        parts |= {names[place]: "test" for place in order[tenth : 2 * tenth]}
        plan = Plan("released")
        return plan, split_released(sequences, plan, {name: parts.get(name, "train") for name in names})
    plan = Plan(split)
    return plan, SPLITS[split](sequences, plan)
