"""A little shop that all tests of policies share: its items, its users, a tokenizer of its own and tiny systems."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from bench.api import Context, Example, Item, Query, Train, ignore_progress
from bench.rng import stream
from navigen.base import catalogue_texts, train_tokenizer
from navigen.full import NaviGen as WholeNaviGen
from navigen.identifiers.catalogue import Identified
from navigen.identifiers.quantise import quantise
from navigen.prompt import all_phrases
from navigen.system import Tuned as NaviGen
from navigen.train.grpo.settings import Reinforce

NAMES = [f"i{number:02}" for number in range(20)]
COLOURS, THINGS = ("red", "blue", "green", "black"), ("lamp", "chair", "mug", "clock", "sofa")
TINY: dict[str, Any] = {"base": "catalogue", "width": 32, "layers": 1, "vocabulary": 640, "history": 6, "tokens": 24}


def make_item(name: str) -> Item:
    colour, thing = COLOURS[int(name[1:]) % 4], THINGS[int(name[1:]) % 5]
    told = {"terms": (thing, colour), "thing": (thing,), "colour": (colour, f"{colour} paint")}
    return Item(name, f"Item {name}", f"a {colour} {thing}", told)


def make_train(users: int = 12) -> Train:
    """Return users who mostly step from an item to the one after it, and what some of them took next."""
    rng = stream(7, "little shop")
    walks = {}
    for user in range(users):
        begin = int(rng.integers(20))
        walks[f"u{user:02}"] = [NAMES[(begin + step) % 20] for step in range(8)]
    held = [Example(Query(f"v-{user}", user, tuple(walk[:-1])), (walk[-1],)) for user, walk in walks.items()][:6]
    return Train(
        {name: make_item(name) for name in NAMES}, {user: tuple(walk[:-1]) for user, walk in walks.items()}, tuple(held)
    )


def make_queries() -> list[Query]:
    queries = [Query(f"q-{user}", user, walk) for user, walk in make_train().sequences.items()]
    masked = [Query(f"m{query.id}", query.user, query.history, query.history) for query in queries]
    return [*queries, *masked, Query("empty", "new", ()), Query("strange", "new", ("nowhere", "i03"))]


@cache
def identify() -> Identified:
    """Return the shop's items with drawn codes of two levels."""
    vectors = stream(3, "little vectors").standard_normal((len(NAMES), 8))
    return Identified.of(make_train().items, quantise(vectors, 2, 8))


def make_tokenizer(size: int = 640) -> Any:
    return train_tokenizer(catalogue_texts(make_train().items.values()), size, all_phrases())


def make_system(work: Path | None = None, seed: int = 1, **values: Any) -> NaviGen:
    return NaviGen(**{**TINY, "embed_epochs": 1.0, "full_epochs": 2.0, **values}, context=Context(seed, work))


FOLDER = tempfile.TemporaryDirectory(prefix="little-policy-")  # it goes when the tests end


@cache
def trained() -> tuple[NaviGen, Path]:
    """Return a system that was trained once for all tests, and the folder of its checkpoint."""
    work = Path(FOLDER.name)
    system = make_system(work)
    system.fit(make_train())
    return system, work / "policy"


def copied(folder: Path) -> Path:
    """Return a copy of the trained checkpoint in `folder`, to be damaged."""
    shutil.copytree(trained()[1], folder / "policy")
    return folder / "policy"


def make_whole(work: Path | None = None, shared: Path | None = None, kind: Any = WholeNaviGen, **values: Any) -> Any:
    """Return the whole method at its smallest: a scripted teacher, two short stages, two steps of reinforcement."""
    short = Reinforce(
        steps=2, prompts=3, group=4, rate=1e-3, rank=0, tokens=30, thought_tokens=8, validate_every=1, held_samples=1
    )
    usual = {"embed_epochs": 1.0, "full_epochs": 1.0, "views": 2, "thought_tokens": 8, "reinforce": short}
    progress = values.pop("progress", ignore_progress)
    return kind(**{**TINY, **usual, **values}, context=Context(1, work, shared=shared, progress=progress))
