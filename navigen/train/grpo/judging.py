"""What answers earn: the reward as it is called, and what is noted of answers and rewards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Protocol

import numpy as np

from bench.config import plain
from bench.errors import BenchError
from bench.io import digest
from navigen.decode.tokens import TokenCatalogue
from navigen.parse import split_thought
from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.settings import Question


class Reward(Protocol):
    """Judges completions; every column is a list, as TRL calls its rewards. None: not judged.

    Columns are those of the questions, None where a question has none of the name, and `prompts`, `task`, `finished`.
    A reward may have `judge`, called likewise, which is asked instead: a dataclass an answer, with the reward as
    `total` and numbers, or dataclasses of numbers, as other fields, which are noted; None: not judged. Its
    `fingerprint`, or else its name and `settings` if they are a dataclass, tell checkpoints of one reward from those
    of another.
    """

    def __call__(self, completions: Sequence[str], **columns: Sequence[Any]) -> Sequence[float | None]:
        """Return a reward a completion."""


PART = "unjudged/"  # with a task: the share of its answers
DEAD = 3  # steps without a judged answer to a task, after which the judge counts as gone
UNJUDGED = "grpo: no {} could be judged; see why the reward returns None (is the judge there?), then run it again"


@dataclass
class Tally:
    """Means in the making: name -> sum and count."""

    sums: dict[str, list[float]] = field(default_factory=dict)

    def add(self, name: str, total: float, count: float = 1.0) -> None:
        """Add `count` values that sum to `total`."""
        held = self.sums.setdefault(name, [0.0, 0.0])
        held[0] += float(total)
        held[1] += float(count)

    def means(self) -> dict[str, float]:
        """Return the means."""
        return {name: total / count for name, (total, count) in sorted(self.sums.items()) if count}

    @classmethod
    def merged(cls, tallies: Sequence[Tally]) -> Tally:
        """Return the tally of all that several processes noted."""
        made = cls()
        for tally in tallies:
            for name, (total, count) in tally.sums.items():
                made.add(name, total, count)
        return made


def judge(
    reward: Reward, names: Sequence[str], questions: Sequence[Question], rollouts: Sequence[Rollout], tally: Tally
) -> list[float | None]:
    """Return the reward of every answer to its question, and note rewards and their parts by task.

    `names`: the columns of the questions, of all there are in the training.
    """
    if not rollouts:
        return []
    columns: dict[str, list[Any]] = {name: [question.columns.get(name) for question in questions] for name in names}
    columns["prompts"] = [question.prompt for question in questions]
    columns["task"] = [question.task for question in questions]
    columns["finished"] = [rollout.finished for rollout in rollouts]
    texts = [rollout.text for rollout in rollouts]
    asked = getattr(reward, "judge", None)
    parts: Sequence[Any] = asked(texts, **columns) if asked else [None] * len(texts)
    values = [None if part is None else part.total for part in parts] if asked else list(reward(texts, **columns))
    if len(values) != len(texts):
        raise BenchError(f"the reward judged {len(values)} of {len(texts)} answers; expected a number or None for each")
    for question, value, part in zip(questions, values, parts, strict=True):
        tally.add("unjudged", value is None)
        tally.add(PART + question.task, value is None)
        if value is not None:
            tally.add("reward", value)
            tally.add(f"reward/{question.task}", value)
        for name, number in numbers(part).items():
            tally.add(f"{question.task}/{name}", number)
    return values


def unjudged(row: Mapping[str, float]) -> set[str]:
    """Return the tasks of which a step judged no answer."""
    return {name.removeprefix(PART) for name, share in row.items() if name.startswith(PART) and share == 1}


def check_judged(history: Sequence[Mapping[str, float]]) -> None:
    """Raise BenchError if in its last steps no answer to a task was judged: nothing but decay moves the weights."""
    for task in unjudged(history[-1]):
        asked = [row for row in history if PART + task in row][-DEAD:]
        if len(asked) == DEAD and all(task in unjudged(row) for row in asked):
            raise BenchError(UNJUDGED.format(f"answer to {task} in {DEAD} steps"))


def numbers(part: Any) -> Mapping[str, float]:
    """Return the fields of a judgement that are numbers."""
    if part is None:
        return {}
    found: dict[str, float] = {}
    for one in fields(part):
        value = getattr(part, one.name)
        if isinstance(value, int | float):
            found[one.name] = float(value)
        elif is_dataclass(value):
            found |= {f"{one.name}/{name}": number for name, number in numbers(value).items()}
    return found


def describe(reward: Reward) -> str:
    """Return the digest of what is known of a reward: its fingerprint, or its name and settings."""
    settings = getattr(reward, "settings", None)
    name = getattr(reward, "__qualname__", type(reward).__qualname__)
    known = getattr(reward, "fingerprint", None)
    return digest(known or [name, plain(settings) if is_dataclass(settings) else ""])


def column_names(questions: Sequence[Question]) -> list[str]:
    """Return the columns that questions have."""
    return sorted({name for question in questions for name in question.columns})


@dataclass(eq=False)
class Legal:
    """Tells whether an answer to cid2cid is one of the catalogue's."""

    speech: Speech
    known: frozenset[str] | None = None

    def note(self, questions: Sequence[Question], rollouts: Sequence[Rollout], tally: Tally) -> None:
        """Note lengths, finished answers, and which of those sampled without the catalogue are legal."""
        for question, rollout in zip(questions, rollouts, strict=True):
            tally.add(f"length/{question.task}", len(rollout.ids))
            tally.add(f"learnt/{question.task}", int(rollout.learn.sum()))
            tally.add(f"finished/{question.task}", rollout.finished)
            if question.task == "cid2cid" and not question.constrained and self.speech.answers is not None:
                tally.add(
                    "legal", rollout.finished and split_thought(rollout.text)[1] in self.texts(self.speech.answers)
                )

    def texts(self, answers: TokenCatalogue) -> frozenset[str]:
        """Return the catalogue's answers as texts."""
        if self.known is None:
            leaves = answers.trie.nodes(answers.trie.levels)
            nodes, columns = np.arange(leaves.start, leaves.stop), []
            for _ in range(answers.trie.levels):
                columns.append(answers.token[nodes])
                nodes = answers.trie.parent[nodes]
            rows = np.stack(columns[::-1], axis=1).tolist()
            self.known = frozenset(self.speech.decode(row[: row.index(self.speech.end)]) for row in rows)
        return self.known
