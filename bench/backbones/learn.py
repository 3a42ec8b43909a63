"""Training of a small CLIP on pictures and texts that differ in one value at a time (needs torch and open_clip)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import cos, log, pi
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.loss import ClipLoss
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context
from bench.backbones.small import make_model, moved, normalised, write_model
from bench.backbones.wordings import make_tokenizer, write_ids
from bench.config import plain
from bench.io import digest, only_one
from bench.resume import load_state, moments, put_moments, save_state
from bench.rng import stream

SHARPEST = log(100)
"""The largest logarithm of the temperature's inverse."""


class Batch(Protocol):
    """Pictures uint8 [n, h, w, 3], the text of each, the right value of every question [n, questions] or -1."""

    @property
    def pixels(self) -> NDArray[np.uint8]: ...  # noqa: D102
    @property
    def texts(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def answers(self) -> NDArray[np.int64]: ...  # noqa: D102


class Source(Protocol):
    """Where batches come from: one for every number, the same for the same number; no text fits two of its pictures."""

    @property
    def questions(self) -> Sequence[Sequence[Sequence[str]]]:
        """Per question its values, each with all its wordings."""

    def texts(self, number: int) -> list[str]:
        """Return texts for a vocabulary."""

    def batch(self, number: int) -> Batch:
        """Return a batch."""


@dataclass
class Learner:
    """Settings of a small CLIP and of its training.

    `source`: "module:Class", called with the seed. `vision`: "resnet" (bottlenecks `layers` a stage, `width` of the
    stem) or "vit" (`layers` in all, `width`, `patch` pixels). `draws`: so many different batches are drawn; later steps
    see them again with other wordings, moved by up to `shift` pixels and half of them mirrored (0: neither).
    `question`: weight of naming single values beside matching whole texts. `every`: steps between checkpoints.
    """

    source: str = "tasks.world.contrast:Contrast"
    vision: str = "resnet"
    layers: tuple[int, ...] = (2, 2, 2, 1)
    width: int = 16
    patch: int = 8
    size: int = 64
    words: int = 128
    depth: int = 2
    embed: int = 128
    vocabulary: int = 1024
    length: int = 48
    steps: int = 600
    draws: int = 100
    shift: int = 0
    warmup: int = 40
    rate: float = 2e-3
    decay: float = 0.05
    question: float = 1.0
    every: int = 30
    context: Context = field(default_factory=Context, kw_only=True)

    def run(self, source: Source, folder: Path) -> list[float]:
        """Train and write a folder that open_clip loads as local-dir:FOLDER; return the mean loss between checkpoints.

        A training that was interrupted goes on from the work folder exactly as if it had not been.
        """
        work = self.context.work or folder
        with only_one(work, lambda: self.context.progress("wait for another process", 0, 1)):
            return self._train(source, folder, work / "training.safetensors")

    def _train(self, source: Source, folder: Path, kept: Path) -> list[float]:
        tokenizer = make_tokenizer(source.texts(300), self.vocabulary, self.length)
        model = make_model(self, tokenizer)
        weights = [one for one in model.parameters() if one.ndim > 1]
        others = [one for one in model.parameters() if one.ndim <= 1]
        groups: list[dict[str, Any]] = [
            {"params": weights, "weight_decay": self.decay},
            {"params": others, "weight_decay": 0.0},
        ]
        optimiser = torch.optim.AdamW(groups, lr=self.rate, betas=(0.9, 0.98), eps=1e-6)
        told = [self.context.seed, self.context.dtype, {**plain(self), "every": 0}, source.batch(0).texts]
        key = digest(told)
        names = [str(place) for place, _ in enumerate([*weights, *others])]
        done, history = 0, list[float]()
        if (found := load_state(kept, key, "setting or seed")) is not None:
            done, history = found[0]["step"], found[0]["history"]
            model.load_state_dict(found[1]["model"])
            put_moments(optimiser, names, found[1]["moments"])
        seen: dict[int, Batch] = {}
        losses: list[float] = []
        for step in range(done, self.steps):
            place = step % self.draws
            if place not in seen:
                seen[place] = source.batch(place)
            for group in optimiser.param_groups:
                group["lr"] = self.rate * tempo(step, self.warmup, self.steps)
            losses.append(self.learn(model, tokenizer, optimiser, source.questions, seen[place], step))
            self.context.progress("train", step + 1, self.steps)
            if (step + 1) % self.every == 0 or step + 1 == self.steps:
                history.append(float(np.mean(losses)))
                losses = []
                parts = {"model": model.state_dict(), "moments": moments(optimiser, names)}
                save_state(kept, key, {"step": step + 1, "history": history}, parts)
        write_model(self, model, tokenizer, folder)
        return history

    def learn(
        self,
        model: nn.Module,
        tokenizer: Any,
        optimiser: torch.optim.Optimizer,
        questions: Sequence[Sequence[Sequence[str]]],
        batch: Batch,
        step: int,
    ) -> float:
        """Take one step and return its loss."""
        device, dtype = self.context.device, getattr(torch, self.context.dtype)
        rng = stream(self.context.seed, "wordings", step)
        asked = [[value[int(rng.integers(len(value)))] for value in question] for question in questions]
        texts = [*batch.texts, *(wording for question in asked for wording in question)]
        ids = write_ids(tokenizer, texts, self.length).to(device)
        pixels = normalised(torch.from_numpy(moved(batch.pixels, self.shift, rng)).to(device))
        model.train()
        with torch.autocast(torch.device(device).type, dtype, enabled=dtype != torch.float32):
            seen, said = model.encode_image(pixels), model.encode_text(ids)  # type: ignore[operator]
        seen, said = functional.normalize(seen.float(), dim=-1), functional.normalize(said.float(), dim=-1)
        sharpness = model.logit_scale.exp()  # type: ignore[operator]
        number = len(batch.texts)
        loss = ClipLoss()(seen, said[:number], sharpness)
        sizes = [len(question) for question in asked]
        answers = torch.from_numpy(batch.answers).to(device)
        loss = loss + self.question * name_values(seen, said[number:], sizes, answers, sharpness)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        with torch.no_grad():
            model.logit_scale.clamp_(0, SHARPEST)  # type: ignore[operator]
        return float(loss.item())


def name_values(seen: Tensor, said: Tensor, sizes: Sequence[int], answers: Tensor, sharpness: Tensor) -> Tensor:
    """Return the mean cross-entropy of naming values: `said` [sum(sizes), d] lists the values question by question."""
    found, first = [], 0
    for question, size in enumerate(sizes):
        asked = answers[:, question] >= 0
        logits = sharpness * seen[asked] @ said[first : first + size].T
        found.append(functional.cross_entropy(logits, answers[asked, question]))
        first += size
    return torch.stack(found).mean()


def tempo(step: int, warmup: int, steps: int) -> float:
    """Return the share of the highest rate: up over `warmup` steps, then down along a cosine to a hundredth."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * (1 + cos(pi * (step - warmup) / max(1, steps - warmup))) / 2
