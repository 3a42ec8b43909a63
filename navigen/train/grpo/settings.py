"""What is asked in reinforcement, and how it is learnt from, as data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from bench.errors import BenchError, unknown
from navigen.train.stage import LINEAR, Stage

LOSSES = ("dapo", "grpo")
SCALES = ("std", "none")
ROLLOUTS = ("hf", "vllm")
TASKS = ("cid2cid", "cid2ins")
HELD = 256  # validation examples that choose the best weights


@dataclass(frozen=True, slots=True)
class Question:
    """A question that is answered by sampling.

    `prompt`: the rendered open turns. `think`: a thought is sampled first; its opening, and its closing where it does
    not close itself, are forced. `prefix`: forced text that the answer begins with. `constrained`: the answer is
    sampled inside the catalogue. `columns`: what the reward is told; values need a repr that is always the same.
    """

    task: str
    prompt: str
    prefix: str = ""
    constrained: bool = False
    think: bool = False
    columns: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a task that does not exist and an empty prompt."""
        if self.task not in TASKS:
            raise unknown("task of a question", self.task, TASKS)
        if not self.prompt:
            raise BenchError("question: the prompt is empty; expected the text that navigen.chat.open_turns returns")


@dataclass(frozen=True, slots=True)
class Reinforce:
    """How a policy is reinforced; defaults are the released settings, where those are known.

    A step answers `prompts` questions `group` times each, over all processes; `mixture`: task -> share of the
    questions (empty: as many as there are of each). The rate rises over `warmup` of the `steps` and falls along a
    cosine. `beta`: weight of the divergence (k3) from the starting weights; `clip_low`, `clip_high`: how far a ratio
    is followed; `iterations`: updates from the same answers. `loss`: "dapo" divides by all sampled tokens of the step,
    "grpo" takes the mean over answers of the mean over tokens. `scale`: advantages are divided by the group's standard
    deviation ("std") or not ("none"). `tokens`, `thought_tokens`: the longest sampled answer and thought;
    `mask_truncated`: an answer that was cut off is not learnt. `top_p` below 1 limits sampling but not the learnt
    probabilities. `rank`: of the adapter (0: all weights are trained); `alpha`, `dropout`, `targets` are its own.
    `batch`: answers sampled at a time, `micro`: answers in a forward and backward pass. `decay`: of matrices;
    `clip_norm`: the largest norm of the gradient (0: any); `checkpointing` computes activations twice to hold fewer.
    `max_kl`: the divergence a token at which training stops (0: never). `validate_every` is in steps (0: at the start
    and the end), `held_samples` in answers a held-out question (0: one, greedy as answers are when they are scored),
    `patience` in validations without a better one (0: never stop), `save_every` in steps (0: with every validation);
    `samples`: held-out answers kept for reading.
    `rollouts`: what samples, transformers in this process or vLLM (with an adapter and in one process only);
    `rollouts_set`: vLLM's settings (bench/lm/settings.py), as "memory=0.4,context=4096".
    """

    steps: int = 600
    prompts: int = 64
    group: int = 8
    rate: float = 3e-4
    warmup: float = 0.03
    beta: float = 0.01
    clip_low: float = 0.2
    clip_high: float = 0.2
    iterations: int = 1
    temperature: float = 1.0
    top_p: float = 1.0
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = LINEAR
    loss: str = "dapo"
    scale: str = "std"
    tokens: int = 192
    thought_tokens: int = 768
    mask_truncated: bool = False
    mixture: Mapping[str, float] = field(default_factory=dict)
    batch: int = 128
    micro: int = 64
    decay: float = 0.01
    clip_norm: float = 1.0
    checkpointing: bool = False
    max_kl: float = 0.0
    validate_every: int = 50
    held_samples: int = 4
    patience: int = 0
    save_every: int = 0
    samples: int = 8
    rollouts: str = "hf"
    rollouts_set: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        for name, choices in (("loss", LOSSES), ("scale", SCALES), ("rollouts", ROLLOUTS)):
            if getattr(self, name) not in choices:
                raise unknown("setting", f"{name}={getattr(self, name)}", [f"{name}={choice}" for choice in choices])
        for name in ("prompts", "rate", "iterations", "temperature", "tokens", "thought_tokens"):
            self._check(name, getattr(self, name) > 0, "more than 0")
        for name in ("alpha", "batch", "micro"):
            self._check(name, getattr(self, name) >= 1, "1 or more")
        for name in (
            "steps",
            "beta",
            "rank",
            "decay",
            "clip_norm",
            "max_kl",
            "validate_every",
            "held_samples",
            "patience",
            "save_every",
        ):
            self._check(name, getattr(self, name) >= 0, "0 or more")
        self._check("samples", self.samples >= 0, "0 or more")
        self._check("group", self.group >= 2, "2 or more: an advantage is relative to the group")
        for name in ("warmup", "dropout"):
            self._check(name, 0 <= getattr(self, name) < 1, "0 or more, below 1")
        self._check("top_p", 0 < self.top_p <= 1, "more than 0, at most 1")
        self._check("clip_low", 0 < self.clip_low < 1, "more than 0, below 1")
        self._check("clip_high", self.clip_high > 0, "more than 0")
        for task, share in self.mixture.items():
            if task not in TASKS:
                raise unknown("task in the mixture", task, TASKS)
            if not 0 <= share < float("inf"):
                raise BenchError(f"grpo: mixture of {task}={share}: expected 0 or more")
        if self.rollouts == "vllm" and not self.rank:
            raise BenchError("grpo: rollouts=vllm sends an adapter every step; set rank above 0, or rollouts=hf")
        if self.rollouts == "hf" and self.rollouts_set:
            raise BenchError("grpo: rollouts_set is of rollouts=vllm; leave it empty")
        taken = {"adapter", "gpus"} & set(self.engine)
        if taken:
            raise BenchError(f"grpo: rollouts_set says {', '.join(sorted(taken))}, which follows from the training")

    def _check(self, name: str, good: bool, expected: str) -> None:
        if not good:
            raise BenchError(f"grpo: {name}={getattr(self, name)}: expected {expected}")

    def share(self, task: str, usual: float) -> float:
        """Return the share of a task: `usual` without a mixture, 0 where the mixture leaves it out."""
        return self.mixture.get(task, 0.0) if self.mixture else usual

    @property
    def engine(self) -> dict[str, str]:
        """The settings of what samples, by name."""
        return dict(line.partition("=")[::2] for line in self.rollouts_set)

    @property
    def stage(self) -> Stage:
        """Return what is trained and how fast, as the stage that `navigen.train.trainee.adapt` wants."""
        return Stage(
            "grpo",
            trainable="lora" if self.rank else "all",
            rate=self.rate,
            warmup=self.warmup,
            decay=self.decay,
            rank=self.rank or 1,
            alpha=self.alpha,
            dropout=self.dropout,
            targets=self.targets,
            clip=self.clip_norm,
            checkpointing=self.checkpointing,
        )


def fingerprint(questions: Sequence[Question]) -> str:
    """Return the sha256 of questions in their order."""
    total = sha256()
    for one in questions:
        told = [
            one.task,
            one.prompt,
            one.prefix,
            str(one.constrained),
            str(one.think),
            repr(sorted(one.columns.items())),
        ]
        total.update("\x1f".join([*told, "\x1e"]).encode())
    return total.hexdigest()
