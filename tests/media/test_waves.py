"""Waves of cells: nothing is lost where all are kept, noise keeps its strength, and the strongest are the strongest."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.fft import dctn

from bench.generators.waves import Waves, all_waves, fold, strongest, unfold
from bench.rng import stream


def some_pixels(n: int, frames: int, size: int, seed: int = 0) -> torch.Tensor:
    return torch.from_numpy(stream(seed, "pixels").uniform(-1, 1, (n, frames, size, size, 3)).astype(np.float32))


@settings(max_examples=20, deadline=None)
@given(n=st.integers(1, 3), frames=st.integers(1, 3), cells=st.integers(1, 3), patch=st.sampled_from([1, 2, 4]))
def test_folding_loses_nothing(n: int, frames: int, cells: int, patch: int) -> None:
    size = cells * patch
    pixels = torch.arange(n * frames * size * size * 3, dtype=torch.float32).reshape(n, frames, size, size, 3)
    folded = fold(pixels, patch)
    assert folded.shape == (n, frames * 3 * patch**2, cells, cells)
    assert torch.equal(unfold(folded, patch), pixels)
    cell = pixels[:, :, :patch, :patch].reshape(n, -1)
    assert torch.equal(folded[:, :, 0, 0].sort().values, cell.sort().values), "a cell holds its own pixels"


@settings(max_examples=10, deadline=None)
@given(frames=st.integers(1, 4), patch=st.sampled_from([1, 2, 4, 8]))
def test_waves_are_orthonormal(frames: int, patch: int) -> None:
    waves = all_waves(frames, patch)
    assert waves.shape == (frames * 3 * patch**2,) * 2
    torch.testing.assert_close(waves @ waves.T, torch.eye(len(waves)), atol=1e-4, rtol=0)


def test_waves_of_grey_are_the_cosine_transform() -> None:
    grey = stream(0, "grey").uniform(-1, 1, (3, 4, 4))
    pixels = torch.from_numpy(grey.astype(np.float32))[None, ..., None].expand(1, 3, 4, 4, 3)
    found = (all_waves(3, 4) @ fold(pixels, 4).flatten()).reshape(3, 3, 4, 4)
    np.testing.assert_allclose(found[:, 0], dctn(grey, norm="ortho") * np.sqrt(3), atol=1e-5)
    np.testing.assert_allclose(found[:, 1:], 0, atol=1e-5)


def test_all_waves_give_the_pixels_back_and_some_the_nearest() -> None:
    pixels = some_pixels(4, 2, 8)
    every = strongest(pixels, 4, 96)
    assert sorted(every.kept) == list(range(96))
    torch.testing.assert_close(every.write(every.read(pixels)), pixels, atol=1e-4, rtol=0)
    part = Waves(2, 4, every.kept[:30], every.scales[:30])
    near = part.write(part.read(pixels))
    torch.testing.assert_close(part.read(near), part.read(pixels), atol=1e-4, rtol=0)
    left = torch.einsum("kc,nchw->nkhw", part.basis, fold(pixels - near, 4))
    torch.testing.assert_close(left, torch.zeros_like(left), atol=1e-4, rtol=0)


def test_the_strongest_come_first_and_have_power_one() -> None:
    flat = some_pixels(8, 1, 2)[:, :, :1, :1].expand(8, 1, 8, 8, 3)
    found = strongest(flat + 0.01 * some_pixels(8, 1, 8), 4, 12)
    grey = {colour * 16 for colour in range(3)}  # the wave without a change in a cell, of each colour
    assert set(found.kept[:3]) == grey
    assert list(found.scales) == sorted(found.scales, reverse=True)
    waves = found.read(flat + 0.01 * some_pixels(8, 1, 8))
    assert abs(float(waves.std(dim=(0, 2, 3)).square().mean()) - 1) < 1e-3


def test_bounded_waves_are_of_pixels_in_bounds() -> None:
    every = strongest(some_pixels(4, 1, 8), 4, 48)
    wild = every.read(3 * some_pixels(2, 1, 8, 1))
    assert every.write(wild).abs().max() > 1
    assert every.write(every.bounded(wild)).abs().max() <= 1 + 1e-4
    kept = every.read(some_pixels(2, 1, 8, 2))
    torch.testing.assert_close(every.bounded(kept), kept, atol=1e-4, rtol=0)
