"""Log probabilities of sampled tokens under the limits they were sampled with, and the entropy there."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from navigen.decode.tokens import TokenCatalogue
from navigen.decode.trie import Ints
from navigen.train.grpo.batch import Batch
from navigen.train.grpo.cache import shown
from navigen.train.grpo.limits import limit
from navigen.train.trainee import Trainee

CHUNK = 2048  # states whose logits are held at a time when activations are computed twice


class Likelihood(nn.Module):
    """Decoder and head in one module, so that a distributed wrapper sees every use of the weights."""

    def __init__(
        self, trainee: Trainee, answers: TokenCatalogue | None, end: int, temperature: float, frugal: bool = False
    ) -> None:
        super().__init__()
        self.decoder = trainee.decoder
        self.head = trainee.head
        self.config = trainee.core.config
        self.answers = answers
        self.end, self.temperature, self.frugal = end, temperature, frugal

    @property
    def dtype(self) -> torch.dtype:
        """The number format of the weights."""
        return next(self.head.parameters()).dtype

    def forward(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return log p and entropy in nats [learnt] at the temperature; entropy has no gradient."""
        mask = None if batch.seen is None else shown(batch.seen, self)
        states = self.decoder(input_ids=batch.ids, position_ids=batch.positions, attention_mask=mask, use_cache=False)[
            0
        ].flatten(0, 1)[batch.sources]
        if not self.frugal or not self.training or not len(states):
            return self.measure(states, batch.targets, batch.nodes)
        parts = [
            checkpoint(
                self.measure,
                states[begin : begin + CHUNK],
                batch.targets[begin : begin + CHUNK],
                batch.nodes[begin : begin + CHUNK],
                use_reentrant=False,
            )
            for begin in range(0, len(states), CHUNK)
        ]
        return torch.cat([part[0] for part in parts]), torch.cat([part[1] for part in parts])

    def measure(self, states: Tensor, targets: Tensor, nodes: Ints) -> tuple[Tensor, Tensor]:
        """Return log p and entropy of `targets` [learnt] from `states` [learnt, width], in float32."""
        logits = limit(self.head(states).float() / self.temperature, nodes, self.answers, self.end)
        plain = logits.log_softmax(-1)
        with torch.no_grad():
            entropy = -(plain.exp() * plain.clamp(min=torch.finfo(plain.dtype).min)).sum(-1)
        return plain.gather(1, targets[:, None])[:, 0], entropy
