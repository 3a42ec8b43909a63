"""Item probabilities beyond the network's: how many repeats to expect, and a prior mixed in.

Both are statements about items. The exact path applies them to the distribution over all items; the beam path turns
them into masses of nodes, so that a search is steered by them and ends at the same numbers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Floats = NDArray[np.float64]


def count_repeats(histories: Sequence[Sequence[int]]) -> float:
    """Return how often an event repeats an earlier item of its user: (repeats + 1) / (events after the first + 2)."""
    events = sum(max(0, len(history) - 1) for history in histories)
    return (sum(len(history) - len(set(history)) for history in histories) + 1) / (events + 2)


def seen_items(rows: Tensor, items: int) -> Tensor:
    """Return which items each row holds [batch, items]; numbers from `items` on are no items."""
    seen = torch.zeros(len(rows), items + 1, dtype=torch.bool, device=rows.device)
    return seen.scatter_(1, rows.clamp(max=items), True)[:, :-1]


def expect_repeats(log_p: Tensor, seen: Tensor, rate: float) -> Tensor:
    """Return log p with `rate` of the probability on the `seen` items and the rest on the others [batch, items].

    Among either kind the shares stay as they were. Where one kind is empty nothing changes.
    """
    inside = log_p.masked_fill(~seen, -torch.inf).logsumexp(1, keepdim=True)
    outside = log_p.masked_fill(seen, -torch.inf).logsumexp(1, keepdim=True)
    both = seen.any(1, keepdim=True) & ~seen.all(1, keepdim=True)
    shift = torch.where(seen, np.log(rate) - inside, np.log1p(-rate) - outside)
    return torch.where(both, log_p + shift, log_p)


def mix(log_p: Tensor, prior: Tensor, weight: float) -> Tensor:
    """Return log((1 - weight) p + weight prior); a row without any prior keeps its p [batch, items]."""
    known = prior.sum(1, keepdim=True) > 0
    mixed = ((1 - weight) * log_p.exp() + weight * prior).log()
    return torch.where(known, mixed, log_p)
