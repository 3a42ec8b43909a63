"""The loss of GRPO: a clipped ratio times the advantage, and the divergence from a reference, over sampled tokens."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from navigen.train.grpo.settings import Reinforce


@dataclass(frozen=True, slots=True, eq=False)
class Loss:
    """`value` takes the gradient. Sums over the tokens of weight above 0: `kl` (k3, nats; None without a reference),
    `clipped` (tokens whose gradient the clip cut off)."""

    value: Tensor
    kl: Tensor | None
    clipped: Tensor


def policy_loss(
    logps: Tensor,
    old: Tensor,
    reference: Tensor | None,
    advantages: Tensor,
    weights: Tensor,
    settings: Reinforce,
) -> Loss:
    """Return the sum of weight * (-min(r A, clip(r) A) + beta * (exp(d) - d - 1)).

    r = exp(logp - old), d = reference - logp; this is TRL's loss of the same name, over its per-token mask.
    All tensors are of one shape, a number a token; `weights` are 0 where nothing is learnt (`weigh`). Without a
    `reference` the divergence is left out.
    """
    ratio = torch.exp(logps - old)
    followed = ratio.clamp(1 - settings.clip_low, 1 + settings.clip_high)
    loss = -torch.min(ratio * advantages, followed * advantages)
    on = weights > 0
    kl = None
    if reference is not None:
        apart = reference - logps
        divergence = torch.exp(apart) - apart - 1
        if settings.beta:
            loss = loss + settings.beta * divergence
        kl = divergence.detach()[on].sum()
    with torch.no_grad():
        low = (ratio < 1 - settings.clip_low) & (advantages < 0)
        high = (ratio > 1 + settings.clip_high) & (advantages > 0)
        clipped = ((low | high) & on).sum()
    return Loss((loss * weights)[on].sum(), kl, clipped)


def weigh(counts: Tensor, loss: str, tokens: float, answers: float) -> Tensor:
    """Return the weight of a token of answers with `counts` learnt tokens, of `tokens` and `answers` in the whole step.

    "dapo": every token weighs the same; "grpo": every answer.
    """
    if loss == "dapo":
        return torch.full_like(counts, 1 / max(tokens, 1.0), dtype=torch.float32)
    return 1 / (counts.clamp(min=1).float() * max(answers, 1.0))
