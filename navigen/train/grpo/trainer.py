"""The loop of reinforcement: answers to a step's questions, their rewards, an update; a look at held-out questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import torch
from accelerate.utils import gather_object
from torch import nn

from bench.api import Progress, ignore_progress
from bench.config import plain
from bench.errors import BenchError
from bench.io import digest
from bench.resume import Weights, moments, put_moments
from navigen.decode.tokens import TokenCatalogue
from navigen.train.checkpoint import (
    Course,
    copy_weights,
    hash_weights,
    load_checkpoint,
    put_weights,
    save_checkpoint,
)
from navigen.train.device import make_accelerator
from navigen.train.grpo.advantage import compare
from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.journal import Journal
from navigen.train.grpo.judging import Legal, Reward, Tally, check_judged, column_names, describe, judge, unjudged
from navigen.train.grpo.look import Look
from navigen.train.grpo.rollout import Sampler
from navigen.train.grpo.schedule import Schedule
from navigen.train.grpo.settings import Question, Reinforce, fingerprint
from navigen.train.grpo.update import Learner
from navigen.train.loop import DISTRIBUTED, rate_at
from navigen.train.trainee import Trainee, prepared

if TYPE_CHECKING:
    from navigen.train.grpo.fleet import Fleet


def reinforce(
    model: nn.Module,
    tokenizer: Any,
    questions: Sequence[Question],
    held: Sequence[Question],
    reward: Reward,
    settings: Reinforce,
    *,
    answers: TokenCatalogue | None = None,
    seed: int = 0,
    work: Path | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    progress: Progress = ignore_progress,
) -> Course:
    """Reinforce a causal language model in place; it ends with the weights of the best held-out reward.

    `model`: what `navigen.train.trainee.adapt(model, settings.stage, seed)` returns; with an adapter the start is the
    model without it, so an older adapter has to be merged before. `answers`: the catalogue, for constrained questions
    and the rate of legal answers. The course's `best` is a mean over tasks of held-out rewards (higher is better; the
    start is one candidate); without `held` the last weights stay. One row of history a step.

    With a `work` folder an interrupted training goes on where its last checkpoint was, to the same weights, and a
    finished one is loaded; it also gets log.jsonl and samples.jsonl. Every process of a data-parallel run calls this,
    and judges its own share. Raises BenchError for a model, device or checkpoint that does not fit, where loss or
    gradient is no number, and where a task's answers are no longer judged.
    """
    speech = Speech(tokenizer, answers, settings)
    return Training(model, speech, questions, held, reward, settings, seed, work, dtype, device, progress).run()


@dataclass(eq=False)
class Training:
    """A reinforcement; the arguments are those of `reinforce`."""

    model: nn.Module
    speech: Speech
    questions: Sequence[Question]
    held: Sequence[Question]
    reward: Reward
    settings: Reinforce
    seed: int
    work: Path | None
    dtype: str
    device: str
    progress: Progress

    def __post_init__(self) -> None:
        """Plan the steps."""
        self.schedule = Schedule(self.questions, self.settings, self.seed)
        self.course = Course(steps=self.settings.steps)
        self.accelerator = make_accelerator(self.device, self.dtype, "grpo")
        self.rank, self.world = self.accelerator.process_index, self.accelerator.num_processes
        if self.accelerator.distributed_type not in DISTRIBUTED:
            raise BenchError(f"{self.accelerator.distributed_type}: expected one process or data-parallel processes")
        if self.settings.prompts < self.world:
            raise BenchError(f"grpo: prompts={self.settings.prompts} cannot be shared by {self.world} processes")
        self.legal = Legal(self.speech)
        self.names = column_names([*self.questions, *self.held])
        self.best: Weights = {}

    def run(self) -> Course:
        """Train to the last step, or until patience runs out or the divergence is too large."""
        path = None if self.work is None else self.work / "checkpoint.safetensors"
        key = "" if path is None else self.key()
        place = self.accelerator.device
        self.model.to(place)
        devices = [place] if place.type == "cuda" else []
        with prepared(self.model, self.settings.stage, ()) as trainee, torch.random.fork_rng(devices):
            self.start(trainee)
            if path is not None:
                self.resume(path, key)
            main = self.work if self.accelerator.is_main_process else None
            self.journal = Journal(main, self.course.step if self.course.history else -1)
            if not self.course.history and self.held:
                self.note({"step": 0.0}, look=True)
            while not self.course.finished:
                row = self.take_step(self.course.step)
                self.course.step += 1
                if self.accelerator.is_main_process:
                    self.progress("grpo", self.course.step, self.course.steps)
                self.course.stopped = 0 < self.settings.max_kl < row.get("kl", 0.0)
                looked = self.due()
                self.note(row, looked)
                every = self.settings.save_every
                due = looked or (every and self.course.step % every == 0)
                # A step that the judge may have missed is done again, should it prove to be gone.
                if path is not None and due and (self.course.finished or not unjudged(row)):
                    self.save(path, key)
            put_weights(trainee.weights, self.best)
        return self.course

    def key(self) -> str:
        """Return the digest of all that the result depends on, as far as it can be told."""
        answers = self.speech.answers
        return digest(
            {
                "settings": plain(self.settings),
                "questions": fingerprint(self.questions),
                "held": fingerprint(self.held),
                "reward": describe(self.reward),
                "answers": "" if answers is None else sha256(answers.token.tobytes()).hexdigest(),
                "seed": self.seed,
                "dtype": self.dtype,
                "base": hash_weights(self.model.state_dict()),
            }
        )

    def start(self, trainee: Trainee) -> None:
        """Build what samples and what learns."""
        self.trainee = trainee
        self.learner = Learner(self.model, trainee, self.speech, self.accelerator, self.settings, self.seed)
        self.sampler = self.make_sampler()
        self.looks = Look(
            self.held, self.settings, self.reward, self.names, self.legal, self.ask, (self.rank, self.world)
        )

    def make_sampler(self) -> Sampler | Fleet:
        """Return what answers questions."""
        if self.settings.rollouts == "hf":
            return Sampler(self.trainee.core, self.speech)
        if self.work is None:
            raise BenchError("grpo: rollouts=vllm wants a work folder, for its adapters")
        try:
            from navigen.train.grpo.fleet import Fleet
        except ModuleNotFoundError as error:
            raise BenchError(f'grpo: rollouts=vllm needs {error.name}: pip install "navibench[vllm]"') from None
        return Fleet(self.model, self.speech, self.work / "vllm", self.dtype, self.settings.engine)

    def take_step(self, step: int) -> dict[str, float]:
        """Ask, judge and learn; return the row of history."""
        began, tally, settings = perf_counter(), Tally(), self.settings
        chosen = self.schedule.at(step)
        slots = range(self.rank, len(chosen), self.world)
        asked = [self.questions[chosen[slot]] for slot in slots]
        rollouts = self.ask(asked, list(slots), settings.group, "rollout", step)
        each = [question for question in asked for _ in range(settings.group)]
        self.legal.note(each, rollouts, tally)
        written = perf_counter()
        rewards = judge(self.reward, self.names, each, rollouts, tally)
        compared = compare(rewards, settings.group, settings.scale)
        tally.add("dead", compared.dead, len(asked))
        judged = perf_counter()
        rate = settings.rate * rate_at(step, settings.steps, settings.warmup)
        row = self.learner.learn(step, rate, rollouts, compared.values.ravel(), tally)
        row = {"step": step + 1.0, "rate": rate, **row, **Tally.merged(gather_object([tally])).means()}
        check_judged([*self.course.history, row])
        ended = perf_counter()
        times = {"sample": written - began, "judge": judged - written, "learn": ended - judged, "": ended - began}
        return row | {f"seconds/{name}".rstrip("/"): round(value, 4) for name, value in times.items()}

    def ask(
        self, asked: Sequence[Question], slots: Sequence[int], copies: int, *names: str | int, greedy: bool = False
    ) -> list[Rollout]:
        """Return answers of the model as it is."""
        with self.accelerator.autocast():
            return self.sampler.answer(asked, slots, copies, self.seed, "grpo", *names, greedy=greedy)

    def due(self) -> bool:
        """Return whether held-out questions are to be looked at after this step."""
        every = self.settings.validate_every
        ended = self.course.stopped or self.course.step == self.course.steps
        return ended or (every > 0 and self.course.step % every == 0)

    def note(self, row: dict[str, float], look: bool) -> None:
        """Write a row of history; judge by held-out rewards where due, and tell whether all is done."""
        shown: list[dict[str, Any]] = []
        if look and self.held:
            measured, shown = self.looks.measure(self.course.step)
            row |= measured
            self.choose(row["held"])
        self.course.finished = self.course.stopped or self.course.step == self.course.steps
        if self.course.finished and not self.held:
            self.best = copy_weights(self.trainee.weights)
        self.course.history.append(row)
        self.journal.note(row)
        self.journal.show(shown)

    def choose(self, reward: float) -> None:
        """Keep the weights if the held-out reward is the highest so far; stop once it was `patience` looks ago."""
        if self.course.judge(reward, self.settings.patience, higher=True):
            self.best = copy_weights(self.trainee.weights)

    def resume(self, path: Path, key: str) -> None:
        """Take up a checkpoint of this very training, if there is one."""
        found = load_checkpoint(path, key)
        if found is None:
            return
        self.course, parts = found
        self.best = parts.get("best", {})
        if not self.course.finished:
            put_weights(self.trainee.weights, parts["weights"])
            put_moments(self.learner.optimiser, self.learner.names(), parts["optimiser"])

    def save(self, path: Path, key: str) -> None:
        """Write the checkpoint, from one process; of a finished training the best weights are all that is kept."""
        if self.accelerator.is_main_process:
            parts: dict[str, Weights] = {"best": self.best}
            if not self.course.finished:
                parts["weights"] = dict(self.trainee.weights)
                parts["optimiser"] = moments(self.learner.optimiser, self.learner.names())
            save_checkpoint(path, key, self.course, parts)
        self.accelerator.wait_for_everyone()
