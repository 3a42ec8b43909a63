"""Training rows of a policy: questions and answers of every task, made of training sequences and the catalogue.

Departures from the released code:
1. The items of a history may be learnt too, each from those before it (`learn_history`): one document then teaches as
   many steps as the user took. Released: the last item only.
2. An epoch may see a thinned view of every sequence instead of the same one (`views`, `skip`): small catalogues are
   learnt by heart otherwise. Released: the same documents in every epoch.
3. Without a teacher the instruction that supervises cid2ins is composed of the target's own terms, and there is no
   thought. Both come from the teacher where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.api import Kind, Train
from bench.rng import stream
from navigen.chat import documents
from navigen.identifiers.catalogue import Identified
from navigen.prompt import Asked, Written
from navigen.recipe import Recipe
from navigen.train.documents import Document

KINDS = (Kind.IMAGE, Kind.VIDEO)
OPENINGS = {Kind.IMAGE: "a picture of", Kind.VIDEO: "a video of"}


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its answer; `asked.spans` are learnt as well if `history`."""

    task: str
    asked: Asked
    answer: str
    history: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """A history and what followed it; `whole`: nothing of the user's sequence came after."""

    history: tuple[Written, ...]
    target: Written
    whole: bool
    turn: int


def compose(item: Written, kind: Kind) -> str:
    """Return an instruction that names the item's terms, its title where it has none."""
    return f"{OPENINGS[kind]} {', '.join(item.terms or (item.title,))}"


def training_rows(train: Train, identified: Identified, recipe: Recipe, seed: int = 0) -> list[Row]:
    """Return the rows of every task that the recipe trains on, mapping tasks over the whole catalogue."""
    steps = [
        step
        for turn, user in enumerate(sorted(train.sequences))
        for step in _steps(train, user, turn, identified, recipe, seed)
    ]
    return [*mapping_rows(identified.written, recipe), *step_rows(steps, recipe)]


def validation_rows(train: Train, identified: Identified, recipe: Recipe, most: int) -> list[Row]:
    """Return the rows of the first `most` validation examples, whose histories are not learnt."""
    steps = []
    for turn, example in enumerate(train.validation[:most]):
        history = identified.known(example.query.history, recipe.history)
        target = identified.known(example.targets[:1], 1)
        if history and target:
            steps.append(Step(tuple(history), target[0], False, turn))
    return step_rows(steps, recipe)


def mapping_rows(items: Sequence[Written], recipe: Recipe) -> list[Row]:
    """Return the rows that tie codes and terms to each other; items without terms have none."""
    ask = recipe.renderer
    known = [item for item in items if item.terms]
    there = [Row("cid2tid", ask.ask_terms(item), ask.answer_terms(item)) for item in known]
    back = [Row("tid2cid", ask.ask_code(item), ask.answer_code(item)) for item in known]
    return [*(there if "cid2tid" in recipe.tasks else []), *(back if "tid2cid" in recipe.tasks else [])]


def step_rows(steps: Sequence[Step], recipe: Recipe) -> list[Row]:
    """Return the rows from a history to the next item, and to an instruction for it: image and video in turn."""
    ask, rows = recipe.renderer, []
    for step in steps:
        learn = recipe.learn_history and step.whole
        rows.append(Row("cid2cid", ask.ask_next(step.history), ask.answer_next(step.target), learn))
        if "cid2ins" in recipe.tasks:
            kind = KINDS[step.turn % 2]
            answer = ask.answer_instruction(step.target, compose(step.target, kind))
            rows.append(Row("cid2ins", ask.ask_instruction(step.history, kind), answer, learn))
    return rows


def to_documents(tokenizer: Any, rows: Sequence[Row]) -> list[Document]:
    """Return the rows as token documents, grouped by task; a history's first item has nothing to be learnt from."""
    found: list[Document] = []
    for task in dict.fromkeys(row.task for row in rows):
        own = [row for row in rows if row.task == task]
        spans = [row.asked.spans[1:] if row.history else () for row in own]
        found += documents(tokenizer, task, [row.asked.messages for row in own], [row.answer for row in own], spans)
    return found


def _steps(train: Train, user: str, turn: int, identified: Identified, recipe: Recipe, seed: int) -> Iterator[Step]:
    whole = identified.known(train.sequences[user], len(train.sequences[user]))
    for view in range(recipe.views):
        items = thin(whole, recipe.skip, stream(seed, "views", user, view)) if view else whole
        for back in range(min(recipe.targets, len(items) - 1)):
            end = len(items) - 1 - back
            history = tuple(items[max(0, end - recipe.history) : end])
            yield Step(history, items[end], back == 0, turn + back + view)


def thin(items: list[Written], skip: float, rng: np.random.Generator) -> list[Written]:
    """Return the items without a share of them, each left out by chance; as they are if fewer than two would stay."""
    kept = [item for item, lot in zip(items, rng.random(len(items)).tolist(), strict=True) if lot >= skip]
    return kept if len(kept) > 1 else items


def count_tasks(documents_: Sequence[Document]) -> Mapping[str, int]:
    """Return the number of documents of each task."""
    tasks = [document.task for document in documents_]
    return {task: tasks.count(task) for task in dict.fromkeys(tasks)}
