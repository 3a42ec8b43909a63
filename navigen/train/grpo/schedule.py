"""Which questions are asked at which step: tasks in their shares all along, every question of a task once a round."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bench.errors import BenchError, unknown
from bench.rng import stream
from navigen.decode.trie import Ints
from navigen.train.grpo.settings import Question, Reinforce


class Schedule:
    """The questions of every step, by their numbers."""

    def __init__(self, questions: Sequence[Question], settings: Reinforce, seed: int) -> None:
        """Plan all steps. Raises BenchError without questions, or for a task of the mixture that none is of."""
        tasks = sorted({question.task for question in questions})
        for task in settings.mixture:
            if task not in tasks:
                raise unknown("task in the mixture", task, tasks)
        members = {task: [n for n, question in enumerate(questions) if question.task == task] for task in tasks}
        shares = np.array([settings.share(task, len(members[task])) for task in tasks])
        if not shares.sum():
            raise BenchError("grpo: nothing to ask; expected questions of a task that the mixture gives a share")
        self.prompts = settings.prompts
        # The task that is furthest behind its share comes next.
        asked = np.zeros(len(tasks))
        chosen = np.zeros(settings.steps * settings.prompts, dtype=np.int64)
        for place in range(len(chosen)):
            chosen[place] = np.argmax(shares / shares.sum() * (place + 1) - asked)
            asked[chosen[place]] += 1
        self.order = np.zeros_like(chosen)
        for number, task in enumerate(tasks):
            places = (chosen == number).nonzero()[0]
            self.order[places] = rounds(members[task], len(places), seed, task)

    def at(self, step: int) -> list[int]:
        """Return the numbers of the questions of a step."""
        found: list[int] = self.order[step * self.prompts : (step + 1) * self.prompts].tolist()
        return found


def rounds(members: Sequence[int], size: int, seed: int, task: str) -> Ints:
    """Return `size` of the members: all in a drawn order, then all in another, and so on."""
    table = np.array(members, dtype=np.int64)
    count = -(-size // len(members))
    drawn = [stream(seed, "grpo", "order", task, number).permutation(table) for number in range(count)]
    return np.concatenate(drawn)[:size] if drawn else table[:0]
