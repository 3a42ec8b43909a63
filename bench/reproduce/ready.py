"""From a stored row to what makes it again: the same question today, and its jobs or its finished runs."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench import catalogue
from bench.api import Task
from bench.config import plain
from bench.errors import BenchError
from bench.listing import Suite
from bench.manifest import loaded
from bench.plan import Job, plan
from bench.report.groups import Group, Question, spelt
from bench.reproduce.hold import Obstacle, Outcome
from bench.reproduce.tables import Cards, Line

DEVICE = "device."  # settings of a row that say where it was computed
NOTHING = ("", "generator=")  # how a page says that nothing was rendered


@dataclass(frozen=True, slots=True)
class Ready:
    """A row with the task of today and the jobs that make it again, or the finished runs to judge again."""

    line: Line
    card: Task
    jobs: tuple[Job, ...] = ()
    group: Group | None = None


def prepare(line: Line, cards: Cards) -> Ready | Obstacle:
    """Return the jobs of a row, checked but for the data, or what stands in the way."""
    card = today(line, cards)
    if isinstance(card, Obstacle):
        return card
    try:
        catalogue.system(line.row.system)
        for scorer in card.scorers:
            catalogue.scorer(scorer)
    except BenchError as error:
        return Obstacle(Outcome.ABSENT, str(error))
    try:
        jobs = tuple(lay_out(line, card, cards))
    except BenchError as error:
        return Obstacle(Outcome.OTHER, str(error))
    return not_as_asked(line.page.question, jobs[0]) or Ready(line, card, jobs)


def not_as_asked(asked: Question, job: Job) -> Obstacle | None:
    """Return what keeps a job from being made here as the page says: device, files it reads, how it renders."""
    if not has_device(job.device.name):
        return Obstacle(Outcome.ABSENT, f"was computed on {job.device.name}, which this machine has not")
    try:
        loaded(job)
        told = job.rendering.described().get("rendering", {})
    except BenchError as error:
        return Obstacle(Outcome.ABSENT, str(error))
    if not same_rendering(asked, spelt(told, plain(job.task)), told.get("fingerprint", "")):
        return Obstacle(Outcome.OTHER, "instructions are now rendered or looked at in another way")
    return None


def find(line: Line, cards: Cards, groups: Mapping[Question, Sequence[Group]]) -> Ready | Obstacle:
    """Return the finished runs of a row among `groups`, or what stands in the way."""
    card = today(line, cards)
    if isinstance(card, Obstacle):
        return card
    for asked, members in groups.items():
        if same_question(line.page.question, asked):
            for group in members:
                if group.system == line.row.system and group.settings == line.row.settings:
                    runs = tuple(run for run in group.runs if run.manifest["seed"] in line.row.seeds)
                    if len(runs) == len(line.row.seeds):
                        return Ready(line, card, group=Group(runs))
    return Obstacle(Outcome.ABSENT, "the folder has no finished runs of this question, system, settings and seeds")


def today(line: Line, cards: Cards) -> Task | Obstacle:
    """Return today's card if it still asks the row's question of a system that is still known."""
    asked = line.page.question
    try:
        catalogue.entry("systems", line.row.system)
        if asked.task not in cards.files:
            catalogue.entry("tasks", asked.task)
    except BenchError as error:
        return Obstacle(Outcome.OTHER, str(error))
    try:
        card = catalogue.task(cards.name(asked.task))
    except BenchError as error:
        return Obstacle(Outcome.ABSENT, str(error))
    if card.version != asked.version:
        return Obstacle(Outcome.OTHER, f"the card is now v{card.version}, the row is of v{asked.version}")
    if card.fingerprint and card.fingerprint != asked.fingerprint:
        return other_data("the card now stands for", card.fingerprint, asked)
    return card


def other_data(what: str, found: str, asked: Question) -> Obstacle:
    """Return the obstacle of a row that was made on other data."""
    return Obstacle(Outcome.OTHER, f"{what} other data ({found[:12]}, the row is of {asked.fingerprint[:12]})")


def lay_out(line: Line, card: Task, cards: Cards) -> list[Job]:
    """Return the jobs of a row, a seed each; a setting that the system no longer has is an error."""
    asked, row = line.page.question, line.row
    own = {name: value for name, value in row.settings.items() if not name.startswith(DEVICE)}
    placed = {name: value for name, value in row.settings.items() if name.startswith(DEVICE)}
    assignments = [
        f"policy.seen={asked.seen}",
        f"policy.level={asked.level}",
        *(f"{name}={value}" for name, value in {"device.name": "cpu", **placed}.items()),
        *rendered_so(asked, card),
    ]
    suite = Suite("", (cards.name(asked.task),), (row.system,), row.seeds)
    return plan(suite, asked.limit, assignments, own)[0]


def rendered_so(asked: Question, card: Task) -> list[str]:
    """Return the assignments that render and look as a page says ("generator=wan, rendered=64")."""
    if not asked.generator and asked.rendering in NOTHING:
        return ["generator.name=none"] if card.generator else []
    found: list[str] = []
    for part in filter(None, re.split(r", (?=[\w.-]+=)", asked.rendering)):
        name, _, value = part.partition("=")
        if name == "generator":
            found.append(f"generator.name={value or 'none'}")
        elif name == "rendered":
            found.append(f"generator.cases={value}")
        elif name.startswith("scorer."):
            found += [f"{name}.{key}={told}" for key, told in _table(value).items()]
        else:
            found.append(part)
    return found


def _table(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except json.JSONDecodeError:
        raise BenchError(f"the page says of a model that looks: {text}; expected its settings as JSON") from None
    if not isinstance(found, dict):
        raise BenchError(f"the page says of a model that looks: {text}; expected its settings as JSON")
    return found


def same_question(stored: Question, now: Question) -> bool:
    """Return whether two questions are one, however their figures are shown."""

    def core(asked: Question) -> tuple[object, ...]:
        return asked.task, asked.version, asked.fingerprint, asked.seen, asked.limit

    return core(stored) == core(now) and same_rendering(stored, now.rendering, now.generator)


def same_rendering(stored: Question, rendering: str, generator: str) -> bool:
    """Return whether answers are rendered and looked at as a stored page says.

    Pages without a generator rendered nothing, whether or not the card named one at their time.
    """
    if stored.generator == generator == "" and stored.rendering in NOTHING and rendering in NOTHING:
        return True
    return (stored.rendering, stored.generator) == (rendering, generator)


def has_device(name: str) -> bool:
    """Return whether this machine computes there."""
    if name != "cuda":
        return True
    try:
        import torch
    except ModuleNotFoundError:
        return False
    return torch.cuda.is_available()
