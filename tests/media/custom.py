"""A pipeline class from outside diffusers, as a plug-in would bring it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from diffusers import DDPMScheduler, DiffusionPipeline, UNet2DModel
from diffusers.utils import BaseOutput


@dataclass
class Clips(BaseOutput):
    frames: Any


class Noise(DiffusionPipeline):
    """Three frames of a network's view of noise; words change nothing."""

    def __init__(self, unet: UNet2DModel, scheduler: DDPMScheduler) -> None:
        super().__init__()
        self.register_modules(unet=unet, scheduler=scheduler)

    @torch.no_grad()
    def __call__(
        self,
        prompt: list[str],
        num_inference_steps: int,
        guidance_scale: float,
        generator: list[torch.Generator],
        output_type: str,
    ) -> Clips:
        noise = torch.cat([torch.randn(3, 3, 8, 8, generator=one) for one in generator])
        seen = self.unet(noise.to(self.unet.dtype), num_inference_steps).sample.float().sigmoid()
        return Clips(seen.reshape(len(prompt), 3, 3, 8, 8).permute(0, 1, 3, 4, 2).numpy())


def write(folder: str) -> None:
    """Save a tiny one."""
    torch.manual_seed(0)
    unet = UNet2DModel(
        sample_size=8,
        block_out_channels=(4,),
        layers_per_block=1,
        down_block_types=("DownBlock2D",),
        up_block_types=("UpBlock2D",),
        norm_num_groups=2,
        add_attention=False,
    )
    Noise(unet, DDPMScheduler()).save_pretrained(folder)
