"""The three losses, each with the way it draws negatives; all sum over the real positions of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from baselines.sasrec.data import Ints

CHUNK = 128


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a loss sees: network states, items, and which positions are real.

    `states` [batch, length, width]; `rows` [batch, length + 1], start token and items, padded with the start
    token: the target of position t is column t + 1; `real` [batch, length]. `vectors(numbers)` gives the rows of the
    item table that states are compared with, so that a loss pays for no item it does not look at. The start
    token's number is `items`.
    """

    states: Tensor
    rows: Tensor
    real: Tensor
    vectors: Callable[[Tensor], Tensor]
    items: int

    def targets(self) -> Tensor:
        """Return the targets of the real positions, [positions]."""
        return self.rows[:, 1:][self.real]


@dataclass(frozen=True, slots=True)
class Loss:
    """`draw(rng, targets, items, count)` gives the negatives that `measure(batch, negatives)` takes."""

    name: str
    draw: Callable[[np.random.Generator, Ints, int, int], Ints]
    measure: Callable[[Batch, Tensor], Tensor]


def draw_each(rng: np.random.Generator, targets: Ints, items: int, count: int) -> Ints:
    """Return `count` uniform items other than the target for every position, [positions, count]."""
    drawn = rng.integers(0, items - 1, (len(targets), count))
    return drawn + (drawn >= targets[:, None])


def draw_shared(rng: np.random.Generator, targets: Ints, items: int, count: int) -> Ints:  # noqa: ARG001
    """Return `count` different uniform items that all positions share, [min(count, items)]."""
    return rng.choice(items, min(count, items), replace=False).astype(np.int64)


def draw_none(rng: np.random.Generator, targets: Ints, items: int, count: int) -> Ints:  # noqa: ARG001
    """Return no items: the full softmax meets them all."""
    return np.empty(0, dtype=np.int64)


def binary_cross_entropy(batch: Batch, negatives: Tensor) -> Tensor:
    """Return the sum of -log sigmoid(target) - sum log(1 - sigmoid(negative)) (Kang and McAuley 2018, eq. 7)."""
    numbers = torch.cat([batch.targets().unsqueeze(1), negatives], dim=1)
    scores = (batch.vectors(numbers) * batch.states[batch.real].unsqueeze(1)).sum(-1)
    return functional.softplus(-scores[:, 0]).sum() + functional.softplus(scores[:, 1:]).sum()


def sampled_softmax(batch: Batch, negatives: Tensor) -> Tensor:
    """Return the sum of the cross-entropies among the target, the items read so far and the shared negatives.

    The items read so far are what tied embeddings score too high, and a uniform draw seldom holds them; they enter
    exactly. The drawn ones stand for the rest of the catalogue with weight items / count, the log-q correction
    (Bengio and Senecal 2008): the partition function is unbiased, and all items as negatives give the full softmax.
    """
    items, count, rows = batch.items, len(negatives), batch.rows.clamp(max=batch.items - 1)
    found = batch.vectors(torch.cat([rows.flatten(), negatives]))
    vectors, others = found[: rows.numel()].view(*rows.shape, -1), found[rows.numel() :]
    good = (batch.states * vectors[:, 1:]).sum(-1)[batch.real].unsqueeze(1)
    seen = read_so_far(batch.rows, items)
    own = (batch.states @ vectors[:, :-1].transpose(1, 2)).masked_fill(seen == items, -torch.inf)[batch.real]
    column = torch.full((items + 1,), count, device=negatives.device)
    column[negatives] = torch.arange(count, device=negatives.device)
    left_out = torch.zeros(len(good), count + 1, dtype=torch.bool, device=negatives.device)
    left_out.scatter_(1, column[torch.cat([seen[batch.real], batch.targets().unsqueeze(1)], dim=1)], True)
    bad = batch.states[batch.real] @ others.T + float(np.log(items / count))
    bad = bad.masked_fill(left_out[:, :-1], -torch.inf)
    partition: Tensor = torch.cat([good, own, bad], dim=1).logsumexp(1, keepdim=True)
    return (partition - good).sum()


def read_so_far(rows: Tensor, items: int) -> Tensor:
    """Return the items up to each position, [batch, length, length]: each once, never the target, else `items`."""
    read, following = rows[:, :-1], rows[:, 1:]
    length = read.shape[1]
    earlier = torch.ones(length, length, dtype=torch.bool, device=rows.device).tril()
    repeated = ((read.unsqueeze(2) == read.unsqueeze(1)) & earlier.tril(-1)).any(2)
    barred = ~earlier | repeated.unsqueeze(1) | (read.unsqueeze(1) == following.unsqueeze(2))
    return read.unsqueeze(1).expand(-1, length, -1).masked_fill(barred, items)


class SplitSoftmax(torch.autograd.Function):
    """Cross-entropy of some positions over some rows of a table at a time, summed over the parts.

    The gradients are made on the way forward, so no [positions, items] matrix is ever kept; on a CPU, where the
    matrix would not fit the cache, this is two to three times as fast as `cross_entropy`.
    """

    @staticmethod
    def forward(
        ctx: Any, states: Tensor, table: Tensor, targets: Tensor, parts: Sequence[tuple[slice, slice]]
    ) -> Tensor:
        """Return the loss and keep its gradients for states and table.

        A part is a slice of positions and the slice of the table they choose from; targets [positions] count from
        the start of that slice. Positions in no part cost nothing.
        """
        by_state, by_table = torch.zeros_like(states), torch.zeros_like(table)
        total = states.new_zeros(())
        for rows, choices in parts:
            part, target, vectors = states[rows], targets[rows].unsqueeze(1), table[choices]
            scores = part @ vectors.T
            good, top = scores.gather(1, target), scores.amax(1, keepdim=True)
            shares = scores.sub_(top).exp_()
            sums = shares.sum(1, keepdim=True)
            total += (sums.log() + top - good).sum()
            shares /= sums
            shares.scatter_add_(1, target, -torch.ones_like(good))
            by_state[rows] = shares @ vectors
            by_table[choices].addmm_(shares.T, part)
        ctx.save_for_backward(by_state, by_table)
        return total

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the kept gradients times the incoming one."""
        by_state, by_table = ctx.saved_tensors
        return grads[0] * by_state, grads[0] * by_table, None, None


def full_softmax(batch: Batch, negatives: Tensor) -> Tensor:  # noqa: ARG001
    """Return the sum of the cross-entropies over all items."""
    table = batch.vectors(torch.arange(batch.items, device=batch.rows.device))
    return whole_softmax(batch.states[batch.real], table, batch.targets())


def whole_softmax(states: Tensor, table: Tensor, targets: Tensor) -> Tensor:
    """Return the summed cross-entropy of `targets` [positions] over the whole table, `CHUNK` positions at a time."""
    parts = [(slice(begin, begin + CHUNK), slice(None)) for begin in range(0, len(states), CHUNK)]
    total: Tensor = SplitSoftmax.apply(states, table, targets, parts)
    return total


BCE = Loss("bce", draw_each, binary_cross_entropy)
SAMPLED_SOFTMAX = Loss("sampled-softmax", draw_shared, sampled_softmax)
SOFTMAX = Loss("softmax", draw_none, full_softmax)
