"""Training of a small CLIP on pictures and texts that differ in one value at a time (needs torch and open_clip)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import cos, log, pi
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.loss import ClipLoss
from open_clip.model import CustomTextCLIP
from torch import Tensor, nn
from torch.nn import functional

from bench.api import Context
from bench.backbones.resume import load_state, save_state
from bench.backbones.settings import CLIP_CONFIG, CLIP_WEIGHTS
from bench.backbones.wordings import make_tokenizer, write_ids
from bench.config import plain
from bench.errors import BenchError
from bench.io import canonical, digest, only_one, write_atomic, write_text
from bench.rng import entropy, stream

MEAN, SPREAD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
"""What pixels in [0, 1] are centred and scaled by, per channel."""
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
    see them again with other wordings. `question`: weight of naming single values beside matching whole texts.
    `every`: steps between checkpoints.
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
        state = load_state(kept, key, model, optimiser)
        seen: dict[int, Batch] = {}
        losses: list[float] = []
        for step in range(state.step, self.steps):
            place = step % self.draws
            if place not in seen:
                seen[place] = source.batch(place)
            for group in optimiser.param_groups:
                group["lr"] = self.rate * tempo(step, self.warmup, self.steps)
            losses.append(self.learn(model, tokenizer, optimiser, source.questions, seen[place], step))
            self.context.progress(f"loss {losses[-1]:.3f}", step + 1, self.steps)
            if (step + 1) % self.every == 0 or step + 1 == self.steps:
                state.history.append(float(np.mean(losses)))
                state.step, losses = step + 1, []
                save_state(kept, key, model, optimiser, state)
        write_model(self, model, tokenizer, folder)
        return state.history

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
        pixels = normalised(torch.from_numpy(batch.pixels).to(device))
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
        return loss.item()


def make_model(learner: Learner, tokenizer: Any) -> nn.Module:
    """Return a CLIP with drawn weights."""
    with torch.random.fork_rng():
        torch.manual_seed(entropy(learner.context.seed, "clip") % 2**63)
        model: nn.Module = CustomTextCLIP(**architecture(learner, tokenizer))
    return model.to(learner.context.device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def architecture(learner: Learner, tokenizer: Any) -> dict[str, Any]:
    """Return the model as open_clip describes one."""
    if learner.vision == "resnet":
        seeing: dict[str, Any] = {"layers": list(learner.layers), "width": learner.width}
    elif learner.vision == "vit":
        heads = {"patch_size": learner.patch, "head_width": 32}
        seeing = {"layers": sum(learner.layers), "width": learner.width, **heads}
    else:
        raise BenchError(f"vision={learner.vision}: expected resnet or vit")
    return {
        "embed_dim": learner.embed,
        "vision_cfg": {"image_size": learner.size, **seeing},
        "text_cfg": {
            "context_length": learner.length,
            "vocab_size": len(tokenizer),
            "hf_tokenizer_name": "tokenizer.json",
            "tokenizer_kwargs": {"clean": "whitespace"},
            "width": learner.words,
            "heads": max(1, learner.words // 32),
            "layers": learner.depth,
            "pad_id": tokenizer.pad_token_id,
            "eos_id": tokenizer.eos_token_id,
            "pool_type": "eos",
        },
    }


def normalised(pixels: Tensor) -> Tensor:
    """Return pixels uint8 [n, h, w, 3] as float32 [n, 3, h, w], centred and scaled."""
    centre, spread = (torch.tensor(one, device=pixels.device) for one in (MEAN, SPREAD))
    return ((pixels.float() / 255 - centre) / spread).permute(0, 3, 1, 2)


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
    """Return the share of the highest learning rate: up over `warmup` steps, then down along a cosine to a hundredth."""
    if step < warmup:
        return (step + 1) / warmup
    return 0.01 + 0.99 * (1 + cos(pi * (step - warmup) / max(1, steps - warmup))) / 2


def write_model(learner: Learner, model: nn.Module, tokenizer: Any, folder: Path) -> None:
    """Write a folder in open_clip's layout, weights in float16."""
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    look: Mapping[str, Any] = {
        "mean": MEAN,
        "std": SPREAD,
        "size": [learner.size, learner.size],
        "interpolation": "bicubic",
        "resize_mode": "squash",
    }
    told = {"model_cfg": {**architecture(learner, tokenizer), "custom_text": True}, "preprocess_cfg": look}
    write_text(folder / CLIP_CONFIG, json.dumps(told, indent=1) + "\n")
    tokenizer.save_pretrained(folder)
    kept = {
        name: value.detach().cpu().contiguous().to(torch.float16 if value.is_floating_point() else value.dtype)
        for name, value in model.state_dict().items()
    }
    header = {"settings": canonical(plain(learner))}
    write_atomic(folder / CLIP_WEIGHTS, lambda part: save_file(kept, part, metadata=header))
