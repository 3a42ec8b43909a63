"""A small text-conditional diffusion pipeline in pixel space, for pictures and for short clips.

Pixels become a few waves a cell (`bench.generators.waves`), and the frames of a clip are in them too, so that a small
UNet works on a grid of a few cells. The network tells the clean waves (x0) rather than the noise. It need not paint
from nothing: a painter guesses from the words of a text, whatever their order, the waves it stands for on average; the
UNet sees the guess beside the noisy waves, and what it tells is added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
from diffusers.pipelines.pipeline_utils import DiffusionPipeline
from diffusers.schedulers.scheduling_dpmsolver_multistep import DPMSolverMultistepScheduler
from diffusers.utils.outputs import BaseOutput
from diffusers.utils.torch_utils import randn_tensor
from torch import Tensor, nn
from transformers import CLIPTextModel, PreTrainedTokenizerFast

from bench.errors import BenchError
from bench.generators.waves import Waves


class Painter(ModelMixin, ConfigMixin):  # type: ignore[misc]
    """From the summed embeddings of a text's tokens [n, width] to the waves it stands for [n, waves, side, side].

    Its configuration holds what the waves are (`bench.generators.waves.Waves`).
    """

    @register_to_config  # type: ignore[untyped-decorator]
    def __init__(
        self,
        width: int,
        hidden: int,
        side: int,
        frames: int,
        patch: int,
        kept: Sequence[int],
        scales: Sequence[float],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.waves = Waves(frames, patch, tuple(kept), tuple(scales))
        self.shape = (len(kept), side, side)
        self.body = nn.Sequential(
            *(nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU()),
            *(nn.Linear(hidden, hidden), nn.GELU(), nn.LayerNorm(hidden)),
            nn.Linear(hidden, len(kept) * side**2),
        )

    def forward(self, words: Tensor) -> Tensor:
        """Return the guess."""
        found: Tensor = self.body(words)
        return found.view(len(words), *self.shape)


@dataclass(frozen=True)
class Heard:
    """What is made of texts: states [n, length, width], and a guess of the waves [n, waves, side, side]."""

    states: Tensor
    guess: Tensor


@dataclass
class Pictures(BaseOutput):
    """`images`: an array [n, height, width, 3] of floats in [0, 1], or PIL pictures."""

    images: Any


@dataclass
class Clips(BaseOutput):
    """`frames`: an array [n, frames, height, width, 3] of floats in [0, 1], or a list of PIL pictures a clip."""

    frames: Any


class PixelPipeline(DiffusionPipeline):
    """Text to pictures (waves of one frame) or clips; a folder of `save_pretrained` holds all of it."""

    unet: Any
    scheduler: Any
    text_encoder: Any
    tokenizer: Any
    painter: Any

    def __init__(
        self,
        unet: UNet2DConditionModel,
        scheduler: DPMSolverMultistepScheduler,
        text_encoder: CLIPTextModel,
        tokenizer: PreTrainedTokenizerFast,
        painter: Painter,
    ) -> None:
        super().__init__()
        told: Any = scheduler.config
        if told.prediction_type != "sample":
            raise BenchError(f"prediction_type={told.prediction_type}: expected sample")
        as_asked: Any = text_encoder
        as_asked.to(unet.dtype)  # it comes in the precision it was kept in, the others in the one asked for
        itself: Any = self  # the base class has no types
        itself.register_modules(
            unet=unet, scheduler=scheduler, text_encoder=text_encoder, tokenizer=tokenizer, painter=painter
        )
        self.waves = painter.waves

    @torch.no_grad()
    def __call__(
        self,
        prompt: str | Sequence[str],
        num_inference_steps: int = 10,
        guidance_scale: float = 1.5,
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
        heard = self.encode(texts + [""] * len(texts) * guided)
        side, channels = unet.config.sample_size, unet.config.out_channels
        noise = randn_tensor((len(texts), channels, side, side), generator, device, torch.float32)
        self.scheduler.set_timesteps(num_inference_steps, device=device)
        x = noise * self.scheduler.init_noise_sigma
        for moment in self.progress_bar(self.scheduler.timesteps):
            both = torch.cat([x, x]) if guided else x
            clean = self.tell(both.to(dtype), moment, heard).float()
            if guided:
                told, untold = clean.chunk(2)
                clean = untold + guidance_scale * (told - untold)
            x = self.scheduler.step(self.waves.bounded(clean), moment, x).prev_sample
        return self.shown(self.waves.write(x), output_type)

    def encode(self, texts: Sequence[str]) -> Heard:
        """Return what is made of texts; all are padded to the full length, longer ones are cut."""
        return self.hear(tokenize(self.tokenizer, texts).to(self.unet.device))

    def hear(self, ids: Tensor) -> Heard:
        """Return what is made of token ids [n, length]."""
        return Heard(self.text_encoder(ids).last_hidden_state, self.guess(ids))

    def guess(self, ids: Tensor) -> Tensor:
        """Return the waves that token ids [n, length] stand for on average."""
        words = (ids != self.tokenizer.pad_token_id) & (ids != self.tokenizer.eos_token_id)
        found: Tensor = self.painter((self.text_encoder.get_input_embeddings()(ids) * words[..., None]).sum(1))
        return found

    def tell(self, noisy: Tensor, moment: Tensor, heard: Heard) -> Tensor:
        """Return the clean waves behind noisy ones."""
        seen = torch.cat([noisy, heard.guess.to(noisy.dtype)], dim=1)
        told: Tensor = self.unet(seen, moment, encoder_hidden_states=heard.states).sample
        return heard.guess + told

    def shown(self, pixels: Tensor, output_type: str) -> Pictures | Clips:
        """Return pixels [n, frames, height, width, 3] in [-1, 1] in the form that was asked for."""
        values = ((pixels.clamp(-1, 1) + 1) / 2).cpu().numpy()
        one = self.waves.frames == 1
        if output_type == "np":
            return Pictures(values[:, 0]) if one else Clips(values)
        to_pil: Any = self.numpy_to_pil
        clips = [to_pil(frames) for frames in values]
        return Pictures([clip[0] for clip in clips]) if one else Clips(clips)


def tokenize(tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """Return token ids [n, length], each text cut or padded to the tokenizer's length."""
    asked = tokenizer(list(texts), padding="max_length", truncation=True, return_tensors="np")
    return torch.from_numpy(asked["input_ids"].astype(np.int64))
