"""A look at held-out questions: the same draws every time, so that two looks differ by the weights alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from accelerate.utils import gather_object

from bench.errors import BenchError
from navigen.train.grpo.answer import Rollout
from navigen.train.grpo.judging import UNJUDGED, Legal, Reward, Tally, judge
from navigen.train.grpo.settings import Question, Reinforce

Ask = Callable[..., list[Rollout]]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Held-out questions and how they are asked.

    `names`: the columns that the reward is told; `share`: this process and how many there are.
    """

    held: Sequence[Question]
    settings: Reinforce
    reward: Reward
    names: Sequence[str]
    legal: Legal
    ask: Ask
    share: tuple[int, int]

    def measure(self, step: int) -> tuple[dict[str, float], list[dict[str, Any]]]:
        """Return held-out rewards over all processes, and some answers of this one for reading.

        "held" is the mean over tasks, weighted by the mixture. Raises BenchError where of a task with a share nothing
        could be judged: without it, the mean would be another one than at other looks.
        """
        tally, greedy = Tally(), not self.settings.held_samples
        copies = self.settings.held_samples or 1
        slots = range(self.share[0], len(self.held), self.share[1])
        asked = [self.held[slot] for slot in slots]
        rollouts = self.ask(asked, list(slots), copies, "held", greedy=greedy)
        each = [question for question in asked for _ in range(copies)]
        self.legal.note(each, rollouts, tally)
        rewards = judge(self.reward, self.names, each, rollouts, tally)
        means = Tally.merged(gather_object([tally])).means()
        row = {f"held/{name.removeprefix('reward/')}": value for name, value in means.items() if name != "reward"}
        first = list(zip(each, rollouts, rewards, strict=True))[::copies]
        shown = [
            {"step": step, "task": one.task, "text": told.text, "reward": value, "prompt": one.prompt}
            for one, told, value in first[: self.settings.samples]
        ]
        return row | {"held": self.mean(means)}, shown

    def mean(self, means: dict[str, float]) -> float:
        """Return the mean over tasks of their mean rewards."""
        tasks = sorted({question.task for question in self.held})
        values = np.array([means.get(f"reward/{task}", np.nan) for task in tasks])
        shares = np.array([self.settings.share(task, 1.0) for task in tasks])
        for task, value, share in zip(tasks, values, shares, strict=True):
            if share and not np.isfinite(value):
                raise BenchError(UNJUDGED.format(f"held-out answer to {task}"))
        if not shares.sum():
            raise BenchError("grpo: no held-out question is of a task that the mixture gives a share")
        return float(np.average(np.nan_to_num(values), weights=shares))
