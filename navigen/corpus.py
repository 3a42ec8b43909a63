"""Training rows of a policy: questions and answers of every task, made of training sequences and the catalogue.

Departures from the released code:
1. The items of a history may be learnt too, each from those before it (`learn_history`): one document then teaches as
   many steps as the user took. Released: the last item only.
2. An epoch may see a thinned view of every sequence instead of the same one (`views`, `skip`): small catalogues are
   learnt by heart otherwise. Released: the same documents in every epoch.
3. Without a teacher the instruction that supervises cid2ins is composed of the target's own terms, and there is no
   thought. With one, both are its lessons: one for each user, about the last step, for a picture and a clip in turn.
   What the teacher failed at is not learnt; nothing is put in its place.
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
from navigen.teacher.sample import Sample
from navigen.train.documents import Document

VALIDATED = 512  # validation examples that are taught too, and choose the best weights
KINDS = (Kind.IMAGE, Kind.VIDEO)
OPENINGS = {Kind.IMAGE: "a picture of", Kind.VIDEO: "a video of"}


@dataclass(frozen=True, slots=True)
class Row:
    """One question with its answer; `asked.spans` are learnt as well if `history`.

    `items`: what the learnt spans and the answer name, where a residual head is asked for it.
    """

    task: str
    asked: Asked
    answer: str
    history: bool = False
    items: tuple[Written, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A history and what followed it; `whole`: nothing of the user's sequence came after; `sample`: of the teacher."""

    history: tuple[Written, ...]
    target: Written
    whole: bool
    turn: int
    sample: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What supervises a step beside its target: an instruction for a picture or clip, and the thoughts before answers.

    `reason` leads to the next item, `thought` to the instruction; "" where no thought is learnt.
    """

    kind: Kind
    instruction: str
    reason: str = ""
    thought: str = ""


Lessons = Mapping[str, Said]  # by sample; the teacher failed at those that are missing


def compose(item: Written, kind: Kind) -> str:
    """Return an instruction that names the item's terms, its title where it has none."""
    return f"{OPENINGS[kind]} {', '.join(item.terms or (item.title,))}"


def samples(train: Train, recipe: Recipe, validated: int) -> list[Sample]:
    """Return what a teacher is asked about: every user's last step, and the first `validated` validation examples."""
    items, found = train.items, []
    steps = [(f"train {user}", train.sequences[user]) for user in sorted(train.sequences)]
    held = train.validation[:validated]
    steps += [(f"valid {one.query.id}", (*one.query.history, *one.targets[:1])) for one in held]
    for turn, (name, walk) in enumerate(steps):
        known = [items[one] for one in walk if one in items]
        if len(known) > 1 and walk[-1] in items:
            history = tuple(known[:-1][-recipe.history :])
            found.append(Sample(name, history, known[-1], KINDS[turn % 2]))
    return found


def training_rows(
    train: Train, identified: Identified, recipe: Recipe, seed: int = 0, lessons: Lessons | None = None
) -> list[Row]:
    """Return the rows of every task that the recipe trains on, mapping tasks over the whole catalogue."""
    steps = [
        step
        for turn, user in enumerate(sorted(train.sequences))
        for step in _steps(train, user, turn, identified, recipe, seed, lessons is not None)
    ]
    return [*mapping_rows(identified.written, recipe), *step_rows(steps, recipe, lessons)]


def validation_rows(
    train: Train, identified: Identified, recipe: Recipe, most: int, lessons: Lessons | None = None
) -> list[Row]:
    """Return the rows of the first `most` validation examples, whose histories are not learnt."""
    steps = []
    for turn, example in enumerate(train.validation[:most]):
        history = identified.known(example.query.history, recipe.history)
        target = identified.known(example.targets[:1], 1)
        if history and target:
            steps.append(Step(tuple(history), target[0], False, turn, f"valid {example.query.id}"))
    return step_rows(steps, recipe, lessons)


def mapping_rows(items: Sequence[Written], recipe: Recipe) -> list[Row]:
    """Return the rows that tie codes and terms to each other; items without terms have none."""
    ask = recipe.renderer
    known = [item for item in items if item.terms]
    there = [Row("cid2tid", ask.ask_terms(item), ask.answer_terms(item)) for item in known]
    back = [Row("tid2cid", ask.ask_code(item), ask.answer_code(item)) for item in known]
    return [*(there if "cid2tid" in recipe.tasks else []), *(back if "tid2cid" in recipe.tasks else [])]


def step_rows(steps: Sequence[Step], recipe: Recipe, lessons: Lessons | None = None) -> list[Row]:
    """Return the rows from a history to the next item, and to an instruction for it: image and video in turn."""
    ask, rows = recipe.renderer, []
    for step in steps:
        learn = recipe.learn_history and step.whole
        said = untaught(step) if lessons is None else lessons.get(step.sample)
        if said or not recipe.think:
            reason = said.reason if said else ""
            items = (*(step.history[1:] if learn else ()), step.target) if recipe.residual else ()
            rows.append(Row("cid2cid", ask.ask_next(step.history), ask.answer_next(step.target, reason), learn, items))
        if said and "cid2ins" in recipe.tasks:
            answer = ask.answer_instruction(step.target, said.instruction, said.thought)
            rows.append(Row("cid2ins", ask.ask_instruction(step.history, said.kind), answer, learn))
    return rows


def untaught(step: Step) -> Said:
    """Return what is said of a step where nobody teaches."""
    kind = KINDS[step.turn % 2]
    return Said(kind, compose(step.target, kind))


def to_documents(tokenizer: Any, rows: Sequence[Row], codes: Mapping[str, int] | None = None) -> list[Document]:
    """Return the rows as token documents, grouped by task; a history's first item has nothing to be learnt from.

    `codes` numbers the items that rows name for a residual head.
    """
    found: list[Document] = []
    for task in dict.fromkeys(row.task for row in rows):
        own = [row for row in rows if row.task == task]
        spans = [row.asked.spans[1:] if row.history else () for row in own]
        goals = [[codes[item.code] for item in row.items] for row in own] if codes and own[0].items else None
        asked, answers = [row.asked.messages for row in own], [row.answer for row in own]
        found += documents(tokenizer, task, asked, answers, spans, goals)
    return found


def _steps(
    train: Train, user: str, turn: int, identified: Identified, recipe: Recipe, seed: int, taught: bool
) -> Iterator[Step]:
    """Yield the steps of a user's views; where a teacher speaks of the last item, every view ends with it."""
    whole = identified.known(train.sequences[user], len(train.sequences[user]))
    for view in range(recipe.views):
        rng = stream(seed, "views", user, view)
        kept = whole[-1:] if taught else []
        items = [*thin(whole[: len(whole) - len(kept)], recipe.skip, rng), *kept] if view else whole
        for back in range(min(recipe.targets, len(items) - 1)):
            end = len(items) - 1 - back
            history = tuple(items[max(0, end - recipe.history) : end])
            sample = "" if back else f"train {user}"
            yield Step(history, items[end], back == 0, turn + back + view, sample)


def thin(items: list[Written], skip: float, rng: np.random.Generator) -> list[Written]:
    """Return the items without a share of them, each left out by chance; as they are if fewer than two would stay."""
    kept = [item for item, lot in zip(items, rng.random(len(items)).tolist(), strict=True) if lot >= skip]
    return kept if len(kept) > 1 else items


def count_tasks(documents_: Sequence[Document]) -> Mapping[str, int]:
    """Return the number of documents of each task."""
    tasks = [document.task for document in documents_]
    return {task: tasks.count(task) for task in dict.fromkeys(tasks)}
