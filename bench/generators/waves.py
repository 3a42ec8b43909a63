"""Pixels as a few waves a cell: the cosine transform of small blocks, of which only the strongest waves are kept.

A cell is a block of `patch` x `patch` pixels of all frames and colours. Its waves are orthonormal, so that noise of one
strength is noise of one strength in either form; each kept wave is then divided by its scale.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

COLOURS = ((1.0, 1.0, 1.0), (1.0, 0.0, -1.0), (1.0, -2.0, 1.0))  # grey, and two differences


@dataclass(frozen=True)
class Waves:
    """Which waves of a cell are kept, in the order of channels, and what each is divided by."""

    frames: int
    patch: int
    kept: tuple[int, ...]
    scales: tuple[float, ...]

    @cached_property
    def basis(self) -> Tensor:
        """The kept waves in pixels of a cell [kept, frames * 3 * patch**2]."""
        return all_waves(self.frames, self.patch)[list(self.kept)]

    def read(self, pixels: Tensor) -> Tensor:
        """Return pixels [n, frames, height, width, 3] as waves [n, kept, height / patch, width / patch]."""
        basis = (self.basis / torch.tensor(self.scales)[:, None]).to(pixels.device)
        return torch.einsum("kc,nchw->nkhw", basis, fold(pixels, self.patch))

    def write(self, waves: Tensor) -> Tensor:
        """Return the pixels that are made of waves only; what `read` left out is lost."""
        basis = (self.basis * torch.tensor(self.scales)[:, None]).to(waves.device)
        return unfold(torch.einsum("kc,nkhw->nchw", basis, waves), self.patch)

    def bounded(self, waves: Tensor) -> Tensor:
        """Return waves whose pixels are nearer to [-1, 1]."""
        return self.read(self.write(waves).clamp(-1, 1))


def strongest(pixels: Tensor, patch: int, number: int) -> Waves:
    """Return the `number` waves that vary most in pixels [n, frames, height, width, 3], strongest first.

    A wave's scale is the root of how much it varies: halfway between none and making all waves equally strong.
    """
    frames = pixels.shape[1]
    found = torch.einsum("kc,nchw->nkhw", all_waves(frames, patch), fold(pixels, patch))
    spread = found.std(dim=(0, 2, 3))
    order = spread.argsort(descending=True, stable=True)[:number]
    scales = spread[order].sqrt()
    scales = scales * (spread[order] / scales).square().mean().sqrt()  # the mean power of a wave is 1
    return Waves(frames, patch, tuple(order.tolist()), tuple(round(float(one), 4) for one in scales))


def all_waves(frames: int, patch: int) -> Tensor:
    """Return every wave of a cell [waves, pixels], orthonormal, both in the order of `fold`'s channels."""
    colours = torch.tensor(COLOURS)
    colours = colours / colours.norm(dim=1, keepdim=True)
    line = cosines(patch)
    return torch.kron(torch.kron(cosines(frames), colours), torch.kron(line, line))


def cosines(number: int) -> Tensor:
    """Return the orthonormal cosine transform [waves, places] of `number` places."""
    wave, place = torch.arange(number)[:, None], torch.arange(number)[None] + 0.5
    found = torch.cos(math.pi / number * wave * place) * math.sqrt(2 / number)
    found[0] /= math.sqrt(2)
    return found


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
