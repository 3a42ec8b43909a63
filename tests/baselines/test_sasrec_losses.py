"""SASRec's losses against torch's own, values and gradients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

pytest.importorskip("torch")
import torch
from torch.nn import functional

from baselines.sasrec.losses import (
    BCE,
    CHUNK,
    SAMPLED_SOFTMAX,
    SOFTMAX,
    Batch,
    Loss,
    draw_each,
    draw_shared,
    read_so_far,
)

ITEMS = 37


@dataclass(frozen=True, slots=True, eq=False)
class Probe(Batch):
    """A batch that also shows the table its vectors come from."""

    table: torch.Tensor


def make_batch(lengths: list[int], seed: int = 0) -> Probe:
    """Random states and items with repeats; row i holds lengths[i] targets after the start token."""
    generator = torch.Generator().manual_seed(seed)
    longest = max(lengths)
    states = torch.randn(len(lengths), longest, 8, generator=generator, requires_grad=True)
    table = torch.randn(ITEMS, 8, generator=generator, requires_grad=True)
    rows = torch.randint(0, ITEMS, (len(lengths), longest + 1), generator=generator)
    rows[:, 0] = ITEMS
    real = torch.arange(longest) < torch.tensor(lengths).unsqueeze(1)
    rows[:, 1:][~real] = ITEMS
    return make_probe(states, rows, real, table)


def make_probe(states: torch.Tensor, rows: torch.Tensor, real: torch.Tensor, table: torch.Tensor) -> Probe:
    return Probe(states, rows, real, lambda numbers: functional.embedding(numbers, table), ITEMS, table)


def measure(loss: Loss, batch: Batch, count: int, seed: int = 0) -> torch.Tensor:
    drawn = loss.draw(np.random.default_rng(seed), batch.targets().numpy(), ITEMS, count)
    return loss.measure(batch, torch.from_numpy(drawn))


def scores(batch: Probe) -> torch.Tensor:
    return batch.states[batch.real] @ batch.table.T


@pytest.mark.parametrize("loss", [SOFTMAX, SAMPLED_SOFTMAX])
@pytest.mark.parametrize("lengths", [[1], [CHUNK], [60, 3, 1, 40, 60, 17]], ids=["one", "chunk", "ragged"])
def test_softmax_over_all_items_is_cross_entropy(loss: Loss, lengths: list[int]) -> None:
    batch = make_batch(lengths)
    found = measure(loss, batch, ITEMS)
    oracle = functional.cross_entropy(scores(batch), batch.targets(), reduction="sum")
    torch.testing.assert_close(found, oracle, rtol=1e-5, atol=1e-4)
    leaves = (batch.states, batch.table)
    mine, theirs = torch.autograd.grad(found, leaves), torch.autograd.grad(oracle, leaves)
    torch.testing.assert_close(mine, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("loss", [BCE, SAMPLED_SOFTMAX, SOFTMAX])
def test_padding_carries_no_gradient(loss: Loss) -> None:
    batch = make_batch([5, 2])
    (gradient,) = torch.autograd.grad(measure(loss, batch, 9), batch.states)
    assert (gradient[1, 2:] == 0).all()
    assert (gradient[batch.real] != 0).any(1).all()


def test_full_softmax_passes_the_incoming_gradient_on() -> None:
    batch = make_batch([5])
    (once,) = torch.autograd.grad(measure(SOFTMAX, batch, 0), batch.states)
    (thrice,) = torch.autograd.grad(3 * measure(SOFTMAX, batch, 0), batch.states)
    torch.testing.assert_close(thrice, 3 * once)


@pytest.mark.parametrize("loss", [BCE, SAMPLED_SOFTMAX, SOFTMAX])
def test_large_scores_stay_finite(loss: Loss) -> None:
    batch = make_batch([5])
    assert torch.isfinite(measure(loss, make_probe(batch.states * 1e3, batch.rows, batch.real, batch.table), 9))


def test_sampled_softmax_estimates_the_full_one() -> None:
    """Target and history enter exactly, the rest with its weight: the partition function is unbiased."""
    batch = make_batch([4])
    last = torch.zeros_like(batch.real)
    last[0, 3] = True
    batch = make_probe(batch.states.detach(), batch.rows, last, batch.table.detach())
    good = scores(batch)[0, batch.targets()[0]]
    sums = [torch.exp(measure(SAMPLED_SOFTMAX, batch, 9, seed) + good).item() for seed in range(2000)]
    full = scores(batch).exp().sum().item()
    assert np.mean(sums) == pytest.approx(full, abs=4 * np.std(sums) / np.sqrt(len(sums)))


def test_history_is_told_once_and_without_the_target() -> None:
    rows = torch.tensor([[9, 4, 2, 4, 2, 7]])
    found = [[value for value in line if value != 9] for line in read_so_far(rows, 9)[0].tolist()]
    assert found == [[], [4], [2], [4], [4, 2]]


def test_binary_cross_entropy_is_torchs() -> None:
    batch = make_batch([7, 3])
    drawn = torch.from_numpy(draw_each(np.random.default_rng(0), batch.targets().numpy(), ITEMS, 2))
    chosen = scores(batch).gather(1, torch.cat([batch.targets().unsqueeze(1), drawn], dim=1))
    truth = torch.tensor([1.0, 0.0, 0.0]).expand(10, 3)
    oracle = functional.binary_cross_entropy_with_logits(chosen, truth, reduction="sum")
    torch.testing.assert_close(BCE.measure(batch, drawn), oracle, rtol=1e-5, atol=1e-4)


@limits(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(1, 5), st.integers(0, 1000))
def test_single_negatives_are_never_the_target(items: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, items, 200)
    drawn = draw_each(rng, targets, items, count)
    assert drawn.shape == (200, count)
    assert drawn.min() >= 0 and drawn.max() < items
    assert (drawn != targets[:, None]).all()


def test_single_negatives_are_uniform_over_the_others() -> None:
    targets = np.full(60_000, 2)
    counts = np.bincount(draw_each(np.random.default_rng(0), targets, 5, 1).ravel(), minlength=5)
    assert counts[2] == 0
    expected = 15_000
    statistic = ((counts[[0, 1, 3, 4]] - expected) ** 2 / expected).sum()
    assert statistic < 16.27  # chi-square with 3 degrees of freedom, p = .001


def test_shared_negatives_are_distinct() -> None:
    drawn = draw_shared(np.random.default_rng(0), np.zeros(3, dtype=np.int64), 20, 15)
    assert len(set(drawn.tolist())) == 15
