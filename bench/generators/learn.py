"""Training of a pixel pipeline on texts with pictures or clips; killed, it goes on and ends at the same bytes."""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from numpy.typing import NDArray
from torch import Tensor, nn

from bench.api import Context
from bench.config import plain
from bench.errors import BenchError
from bench.generators.examples import Examples, make_examples
from bench.generators.fresh import MOMENTS, fresh_pipeline
from bench.generators.pixel import PixelPipeline, tokenize
from bench.generators.waves import strongest
from bench.io import digest
from bench.lm.quiet import without_bars
from bench.processes import number as processes
from bench.processes import only_training
from bench.resume import load_state, moments, put_moments, save_state
from bench.rng import entropy, stream

PRECISIONS = {"float32": "no", "bfloat16": "bf16"}
HEAVIEST = 5.0  # what the error of nearly clean pixels counts at most, for that of pure noise
LOOKED_AT = 1024  # examples that say which waves are strong
GUESS = 1.0  # what the error of the painter's guess counts
EMPTY = ""


@dataclass
class Learn:
    """Settings of a small text-conditional generator, and how it is trained on `number` pairs a domain.

    `pairs`: "module:function" that yields pairs when called as `function(number, seed, frames, size)`. Pixels are
    [frames, size, size, 3], `patch` x `patch` of them a cell, of which so many `waves` are kept. `channels`: of the
    UNet's levels; `width`, `layers`: of the text encoder; `hidden`: of the painter; `length`: of a text in tokens. The
    painter learns for `first` steps, then all learn for `steps`. `drop`: share of texts left empty, for guidance.
    `average`: decay of the running mean of the weights, which is what is kept. `save_every`: steps between checkpoints.
    """

    pairs: str = "tasks.world.pairs:pairs"
    number: int = 4000
    frames: int = 1
    size: int = 64
    patch: int = 8
    waves: int = 48
    channels: tuple[int, ...] = (48, 64)
    width: int = 192
    layers: int = 1
    hidden: int = 640
    vocabulary: int = 1024
    length: int = 40
    first: int = 4000
    steps: int = 2000
    batch: int = 64
    first_rate: float = 4e-3
    rate: float = 2e-3
    warmup: float = 0.04
    decay: float = 0.01
    clip: float = 1.0
    drop: float = 0.1
    average: float = 0.999
    save_every: int = 200
    context: Context = field(default_factory=Context, kw_only=True)

    def __post_init__(self) -> None:
        """Refuse values that mean nothing."""
        for name in ("number", "frames", "size", "patch", "width", "layers", "length", "steps", "batch", "save_every"):
            if getattr(self, name) < 1:
                raise BenchError(f"{name}={getattr(self, name)}: expected 1 or more")
        if not 0 < self.waves <= 3 * self.frames * self.patch**2:
            raise BenchError(f"waves={self.waves}: a cell has {3 * self.frames * self.patch**2}")
        if self.size % (self.patch * 2 ** (len(self.channels) - 1)):
            raise BenchError(f"size={self.size}: expected a multiple of patch={self.patch} at every level")
        if self.context.dtype not in PRECISIONS:
            raise BenchError(f"dtype={self.context.dtype}: expected {' or '.join(PRECISIONS)}")

    def run(self, folder: Path) -> list[float]:
        """Train, or go on with what the work folder holds, and write the pipeline; return the loss of every step."""
        if processes() > 1:
            raise BenchError("a generator is trained by one process; start it without a launcher")
        context = self.context
        with only_training(context.work, context.progress):
            found = make_examples(
                self.pairs, self.number, context.seed, self.frames, self.size, context.work, context.progress
            )
            training = Training(self, found)
            losses = training.run()
            if folder.exists():
                shutil.rmtree(folder)
            training.parts.to(torch.float16)
            with without_bars():
                training.pipeline.save_pretrained(folder, safe_serialization=True)
            return losses


class Training:
    """A training under way."""

    def __init__(self, learn: Learn, examples: Examples) -> None:
        context = learn.context
        self.learn, self.examples, self.seed = learn, examples, context.seed
        self.accelerator = Accelerator(cpu=context.device == "cpu", mixed_precision=PRECISIONS[context.dtype])
        self.device = self.accelerator.device
        some = stream(context.seed, "waves").integers(len(examples), size=LOOKED_AT)
        self.waves = strongest(self.pixels(some), learn.patch, learn.waves)
        self.pipeline: PixelPipeline = fresh_pipeline(
            (text for texts in examples.texts for text in texts),
            channels=learn.channels,
            width=learn.width,
            layers=learn.layers,
            hidden=learn.hidden,
            vocabulary=learn.vocabulary,
            length=learn.length,
            waves=self.waves,
            side=learn.size // learn.patch,
            seed=context.seed,
        )
        self.parts = nn.ModuleDict(
            {"unet": self.pipeline.unet, "text": self.pipeline.text_encoder, "painter": self.pipeline.painter}
        )
        self.parts.to(self.device).train()
        self.weights = dict(self.parts.named_parameters())
        self.mean = {name: value.detach().clone() for name, value in self.weights.items()}
        groups = [
            {"params": [one for one in self.weights.values() if one.ndim > 1], "weight_decay": learn.decay},
            {"params": [one for one in self.weights.values() if one.ndim < 2], "weight_decay": 0.0},
        ]
        self.optimiser = torch.optim.AdamW(groups, lr=learn.rate, betas=(0.9, 0.99), fused=True)
        known = {id(weight): name for name, weight in self.weights.items()}
        self.names = [known[id(weight)] for group in self.optimiser.param_groups for weight in group["params"]]
        self.several = len(examples.texts[0])
        self.ids = tokenize(self.pipeline.tokenizer, [text for texts in examples.texts for text in texts])
        self.empty = tokenize(self.pipeline.tokenizer, [EMPTY])
        self.clean_share: Tensor = self.pipeline.scheduler.alphas_cumprod
        self.losses: list[float] = []

    def run(self) -> list[float]:
        """Train to the last step; the pipeline then holds the averaged weights."""
        learn, work = self.learn, self.learn.context.work
        path = None if work is None else work / "checkpoint.safetensors"
        key = digest([{**plain(learn), "save_every": 0}, self.seed, self.examples.key, learn.context.dtype])
        if path is not None:
            self.resume(path, key)
        while len(self.losses) < learn.first + learn.steps:
            self.losses.append(self.take_step(len(self.losses)))
            done = len(self.losses)
            learn.context.progress(f"loss {np.mean(self.losses[-100:]):.4f}, step", done, learn.first + learn.steps)
            if path is not None and (done % learn.save_every == 0 or done == learn.first + learn.steps):
                parts: dict[str, Mapping[str, Tensor]] = {}
                parts |= {"weights": self.weights, "mean": self.mean, "moments": moments(self.optimiser, self.names)}
                save_state(path, key, {"losses": self.losses}, parts)
        put(self.weights, self.mean)
        self.parts.eval()
        return self.losses

    def resume(self, path: Path, key: str) -> None:
        """Take up a checkpoint of this very training, if there is one."""
        found = load_state(path, key, "setting, pairs or seed")
        if found is None:
            return
        told, parts = found
        self.losses = list(told["losses"])
        put(self.weights, parts["weights"])
        put(self.mean, parts["mean"])
        put_moments(self.optimiser, self.names, parts["moments"])

    def take_step(self, step: int) -> float:
        """Learn from one batch, which the step alone decides; return its loss."""
        learn = self.learn
        waves, ids, moment, noise = self.batch(step)
        with self.accelerator.autocast():
            loss = self.painting(waves, ids) if step < learn.first else self.denoising(waves, ids, moment, noise)
        self.accelerator.backward(loss)
        nn.utils.clip_grad_norm_(self.weights.values(), learn.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.rate(step)
        self.optimiser.step()
        self.optimiser.zero_grad()
        decay = min(learn.average, (1 + step) / (10 + step))
        torch._foreach_lerp_(list(self.mean.values()), [one.detach() for one in self.weights.values()], 1 - decay)
        found = float(loss.detach())
        if not math.isfinite(found):
            raise BenchError(f"the loss is {found} at step {step}; lower rate")
        return found

    def painting(self, waves: Tensor, ids: Tensor) -> Tensor:
        """Return how far the painter's guess is off."""
        return ((self.pipeline.guess(ids).float() - waves) ** 2).mean()

    def denoising(self, waves: Tensor, ids: Tensor, moment: Tensor, noise: Tensor) -> Tensor:
        """Return how far the guess and the clean waves behind noise are off."""
        share = self.clean_share.to(self.device)[moment].float().view(-1, 1, 1, 1)
        heard = self.pipeline.hear(ids)
        clean = self.pipeline.tell(share.sqrt() * waves + (1 - share).sqrt() * noise, moment, heard)
        weight = (1 / (1 - share)).clamp(max=HEAVIEST)
        error = (weight * (clean.float() - waves) ** 2).mean()
        return error + GUESS * ((heard.guess.float() - waves) ** 2).mean()

    def rate(self, step: int) -> float:
        """Return the rate at a step: a rise and a fall for the painter, and again for all."""
        learn = self.learn
        if step < learn.first:
            return learn.first_rate * rate_at(step, learn.first, learn.warmup)
        return learn.rate * rate_at(step - learn.first, learn.steps, learn.warmup)

    def pixels(self, chosen: NDArray[np.int64]) -> Tensor:
        """Return chosen examples in [-1, 1]."""
        return torch.from_numpy(self.examples.pixels[chosen]).float() / 127.5 - 1

    def batch(self, step: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return clean waves, token ids, moments of noise and the noise of a step."""
        learn, rng = self.learn, stream(self.seed, "batch", step)
        chosen = rng.integers(len(self.examples), size=learn.batch)
        clean = self.waves.read(self.pixels(chosen))
        ids = self.ids[torch.from_numpy(chosen * self.several + rng.integers(self.several, size=learn.batch))]
        ids = torch.where(torch.from_numpy(rng.random(learn.batch) < learn.drop)[:, None], self.empty, ids)
        spread = (rng.random() + np.arange(learn.batch) / learn.batch) % 1  # every batch meets all strengths of noise
        moment = torch.from_numpy((spread * MOMENTS).astype(np.int64))
        source = torch.Generator().manual_seed(entropy(self.seed, "noise", step) % 2**63)
        noise = torch.randn(clean.shape, generator=source)
        return clean.to(self.device), ids.to(self.device), moment.to(self.device), noise.to(self.device)


def rate_at(step: int, steps: int, warmup: float) -> float:
    """Return the share of the full rate at a step (from 0) of `steps`: a line up, then half a cosine down to 0."""
    rise = math.ceil(warmup * steps)
    if step < rise:
        return (step + 1) / (rise + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


@torch.no_grad()
def put(weights: Mapping[str, Tensor], values: Mapping[str, Tensor]) -> None:
    """Write `values` into `weights` of the same names."""
    for name, weight in weights.items():
        weight.copy_(values[name])
