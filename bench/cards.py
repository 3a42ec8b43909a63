"""Task cards are checked before anything is loaded: what would fail after a long run fails at once."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bench import catalogue
from bench.api import Data, Setting, Task
from bench.errors import BenchError, unknown

PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

STILL, MOTION = frozenset({"consistency", "flicker"}), "motion"


def check_card(card: Task) -> None:
    """Raise BenchError unless id, scorers, primary, depth and data options of a card fit together."""
    if not all(PART.fullmatch(part) for part in card.id.split("/")):
        raise BenchError(f"card {card.id!r}: expected an id of letters, digits, dots and hyphens, with / between parts")
    if not card.scorers or len(set(card.scorers)) != len(card.scorers):
        raise BenchError(f"card {card.id}: expected one scorer or more, each named once")
    scorers = {name: catalogue.scorer(name) for name in card.scorers}
    if card.primary not in scorers:
        raise unknown(f"card {card.id}: primary scorer", card.primary, scorers)
    if hasattr(scorers[card.primary], "measure") or scorers[card.primary].higher_is_better is None:
        raise BenchError(
            f"card {card.id}: primary {card.primary} is no score a case has; choose one that ranks systems"
        )
    if (still := STILL & set(card.scorers)) and MOTION not in card.scorers:
        raise BenchError(
            f"card {card.id}: {min(still)} is perfect for a clip that stands still; name {MOTION} beside it"
        )
    deepest = max((int(name.rpartition("@")[2]) for name in card.scorers if "@" in name), default=1)
    if card.depth < deepest:
        raise BenchError(f"card {card.id}: depth {card.depth} is below the {deepest} that its scorers look at")
    check_options(card, card.data.options)


def check_options(card: Task, options: Iterable[str]) -> None:
    """Raise BenchError for a data option that the card's loader does not have."""
    parameters = inspect.signature(catalogue.resolve(card.data.loader)).parameters
    known = [name for name in parameters if name not in {"root", "progress"}]
    for name in options:
        if name not in known:
            raise unknown("setting", f"data.{name}", [f"data.{choice}" for choice in known])


def check_loader(data: Data) -> None:
    """Raise BenchError unless some registered card uses this loader: a run's file must not name any other code."""
    if data.loader not in {catalogue.task(name).data.loader for name in catalogue.table("tasks")}:
        raise BenchError(f"{data.loader} is the loader of no registered card, so it is not called; register the card")


def with_options(card: Task, options: Mapping[str, str]) -> Task:
    """Return the card with data options replaced by what a command line says; its data are then no longer pinned."""
    if not options:
        return card
    check_options(card, options)
    changed = {name: loose(value, f"data.{name}") for name, value in options.items()}
    return replace(card, data=Data(card.data.loader, {**card.data.options, **changed}), fingerprint="")


def loose(text: str, where: str) -> Setting:
    """Return text as the scalar it looks like; the loader checks that it is the one it wants."""
    if text.lower() in {"true", "false"}:
        return text.lower() == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        value = float(text)
    except ValueError:
        return text
    if not math.isfinite(value):
        raise BenchError(f"{where}: expected a finite number, got {text}")
    return value
