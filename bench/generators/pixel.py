"""A small text-conditional diffusion pipeline in pixel space, for pictures and for short clips.

Pixels are folded, `patch` x `patch` of them into channels, and the frames of a clip are channels too, so that a small
UNet works on a grid of a few cells. The network tells the clean pixels (x0) rather than the noise: noise of so many
channels would not pass through it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.utils.outputs import BaseOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle
from transformers import CLIPTextModel, PreTrainedTokenizerFast

from bench.errors import BenchError


@dataclass
class Pictures(BaseOutput):
    """`images`: an array [n, height, width, 3] of floats in [0, 1], or PIL pictures."""

    images: Any


@dataclass
class Clips(BaseOutput):
    """`frames`: an array [n, frames, height, width, 3] of floats in [0, 1], or a list of PIL pictures a clip."""

    frames: Any


class PixelPipeline(DiffusionPipeline):
    """Text to pictures (`frames` = 1) or clips; a folder of `save_pretrained` holds all of it."""

    unet: Any
    scheduler: Any
    text_encoder: Any
    tokenizer: Any
    config: Any

    def __init__(
        self,
        unet: UNet2DConditionModel,
        scheduler: DPMSolverMultistepScheduler,
        text_encoder: CLIPTextModel,
        tokenizer: PreTrainedTokenizerFast,
        patch: int = 8,
        frames: int = 1,
    ) -> None:
        super().__init__()
        told: Any = scheduler.config
        if told.prediction_type != "sample":
            raise BenchError(f"prediction_type={told.prediction_type}: expected sample")
        itself: Any = self  # the base class has no types
        itself.register_modules(unet=unet, scheduler=scheduler, text_encoder=text_encoder, tokenizer=tokenizer)
        itself.register_to_config(patch=patch, frames=frames)

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | Sequence[str],
        num_inference_steps: int = 10,
        guidance_scale: float = 2.0,
        generator: torch.Generator | list[torch.Generator] | None = None,
        output_type: str = "np",
    ) -> Pictures | Clips:
        """Return a picture or clip a prompt; `generator`: one for all, or one a prompt, which alone decides its noise.

        `output_type`: "np" (floats in [0, 1]) or "pil". A guidance scale of 1 or less does without guidance.
        """
        if output_type not in ("np", "pil"):
            raise BenchError(f"output_type={output_type}: expected np or pil")
        texts = [prompt] if isinstance(prompt, str) else list(prompt)
        unet, device, dtype = self.unet, self.unet.device, self.unet.dtype
        guided = guidance_scale > 1
        states = self.encode(texts + [""] * len(texts) * guided)
        side, channels = unet.config.sample_size, unet.config.in_channels
        noise = randn_tensor((len(texts), channels, side, side), generator, device, torch.float32)
        self.scheduler.set_timesteps(num_inference_steps, device=device)
        x = noise * self.scheduler.init_noise_sigma
        for moment in self.progress_bar(self.scheduler.timesteps):
            both = torch.cat([x, x]) if guided else x
            clean = unet(both.to(dtype), moment, encoder_hidden_states=states).sample.float()
            if guided:
                told, untold = clean.chunk(2)
                clean = untold + guidance_scale * (told - untold)
            x = self.scheduler.step(clean.clamp(-1, 1), moment, x).prev_sample
        return self.shown(unfold(x, self.config.patch), output_type)

    def encode(self, texts: Sequence[str]) -> Tensor:
        """Return the states of texts [n, length, width]; all are padded to the full length, longer ones are cut."""
        ids = tokenize(self.tokenizer, texts).to(self.text_encoder.device)
        states: Tensor = self.text_encoder(ids).last_hidden_state
        return states.to(self.unet.dtype)

    def shown(self, pixels: Tensor, output_type: str) -> Pictures | Clips:
        """Return pixels [n, frames, height, width, 3] in [-1, 1] in the form that was asked for."""
        values = ((pixels.clamp(-1, 1) + 1) / 2).cpu().numpy()
        one = self.config.frames == 1
        if output_type == "np":
            return Pictures(values[:, 0]) if one else Clips(values)
        to_pil: Any = self.numpy_to_pil
        clips = [to_pil(frames) for frames in values]
        return Pictures([clip[0] for clip in clips]) if one else Clips(clips)


def tokenize(tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """Return token ids [n, length], each text cut or padded to the tokenizer's length."""
    asked = tokenizer(list(texts), padding="max_length", truncation=True, return_tensors="np")
    return torch.from_numpy(asked["input_ids"].astype(np.int64))


def fold(pixels: Tensor, patch: int) -> Tensor:
    """Return pixels [n, frames, height, width, 3] as [n, frames * 3 * patch**2, height / patch, width / patch]."""
    n, frames, height, width, colours = pixels.shape
    stacked = pixels.permute(0, 1, 4, 2, 3).reshape(n, frames * colours, height, width)
    return pixel_unshuffle(stacked, patch)


def unfold(folded: Tensor, patch: int) -> Tensor:
    """Return what `fold` was given."""
    stacked = pixel_shuffle(folded, patch)
    n, channels, height, width = stacked.shape
    return stacked.reshape(n, channels // 3, 3, height, width).permute(0, 1, 3, 4, 2)
