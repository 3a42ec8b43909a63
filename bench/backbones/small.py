"""A small CLIP as a model: its architecture, what it is shown, and its folder (needs torch and open_clip)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from open_clip.model import CustomTextCLIP
from safetensors.torch import save_file
from torch import Tensor, nn

from bench.backbones.settings import CLIP_CONFIG, CLIP_WEIGHTS
from bench.config import plain
from bench.errors import BenchError
from bench.io import canonical, write_atomic, write_text
from bench.rng import entropy

if TYPE_CHECKING:
    from bench.backbones.learn import Learner

MEAN, SPREAD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)
"""What pixels in [0, 1] are centred and scaled by, per channel."""


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


def moved(pixels: NDArray[np.uint8], shift: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Return pictures moved by up to `shift` pixels, edges drawn out, and half of them mirrored; 0: as they are."""
    if not shift:
        return pixels
    number, height, width = pixels.shape[:3]
    down, across = rng.integers(0, 2 * shift + 1, (2, number, 1))
    columns = across + np.arange(width)
    mirrored = rng.random(number) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    wide = np.pad(pixels, ((0, 0), (shift, shift), (shift, shift), (0, 0)), mode="edge")
    rows = (down + np.arange(height))[:, :, None]
    found: NDArray[np.uint8] = wide[np.arange(number)[:, None, None], rows, columns[:, None, :]]
    return found


def normalised(pixels: Tensor) -> Tensor:
    """Return pixels uint8 [n, h, w, 3] as float32 [n, 3, h, w], centred and scaled."""
    centre, spread = (torch.tensor(one, device=pixels.device) for one in (MEAN, SPREAD))
    return ((pixels.float() / 255 - centre) / spread).permute(0, 3, 1, 2)


def write_model(learner: Learner, model: nn.Module, tokenizer: Any, folder: Path) -> None:
    """Write a folder in open_clip's layout, weights in float16."""
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
