"""The loss of a packed micro-batch, with logits at learnt places only."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.utils.checkpoint import checkpoint

from navigen.decode.residual import Residual
from navigen.train.batch import Batch
from navigen.train.trainee import Trainee

CHUNK = 2048  # states whose logits are held at a time when activations are computed twice


def decode(decoder: nn.Module, batch: Batch) -> Tensor:
    """Return the hidden states [rows * width, size] of a batch; no document sees another.

    Without an attention mask transformers tells documents apart by positions that start again, in every kind of layer
    and attention; flash attention wants to be told the bounds.
    """
    bounds: dict[str, Any] = {}
    if batch.bounds is not None:
        bounds = {
            "cu_seq_lens_q": batch.bounds,
            "cu_seq_lens_k": batch.bounds,
            "max_length_q": batch.longest,
            "max_length_k": batch.longest,
        }
    states: Tensor = decoder(input_ids=batch.ids, position_ids=batch.positions, use_cache=False, **bounds)[0]
    return states.flatten(0, 1)


class Objective(nn.Module):
    """Decoder, head and loss in one module, so that a distributed wrapper sees every use of the weights."""

    def __init__(self, trainee: Trainee, tasks: int, frugal: bool, residual: Residual | None = None) -> None:
        super().__init__()
        self.decoder = trainee.decoder
        self.head = trainee.head
        self.tasks = tasks
        self.frugal = frugal
        self.residual = residual

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the summed loss of the learnt tokens, and without gradient its parts by task [tasks].

        The loss of a residual head is added to the sum, and is in no part.
        """
        every = decode(self.decoder, batch)
        states = every[batch.sources]
        if self.frugal and self.training:
            parts = [
                checkpoint(self.measure, some, wanted, use_reentrant=False)
                for some, wanted in zip(torch.split(states, CHUNK), torch.split(batch.targets, CHUNK), strict=True)
            ]
            losses = torch.cat(parts)
        else:
            losses = self.measure(states, batch.targets)
        by_task = torch.zeros(self.tasks, device=losses.device).index_add_(0, batch.tasks, losses.detach())
        asked = 0.0 if self.residual is None else self.residual.loss(every[batch.asked], batch.goals)
        return losses.sum() + asked, by_task

    def measure(self, states: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of every target [learnt] from `states` [learnt, width], in float32."""
        return cross_entropy(self.head(states).float(), targets, reduction="none")
