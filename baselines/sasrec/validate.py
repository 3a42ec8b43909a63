"""Exact full-catalogue NDCG@10 on validation examples, for early stopping."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from baselines.sasrec.config import Settings
from baselines.sasrec.data import Catalogue, encode_queries, pad
from baselines.sasrec.model import Network
from bench.api import Example
from bench.rng import hash_order

DEPTH = 10
BLOCK = 256


class Validation:
    """The validation examples early stopping looks at, encoded once, sorted by length."""

    def __init__(self, examples: Sequence[Example], catalogue: Catalogue, settings: Settings) -> None:
        known = [example for example in examples if any(target in catalogue.numbers for target in example.targets)]
        order = hash_order([example.query.id for example in known], "sasrec-validation")
        chosen = [known[index] for index in sorted(order[: settings.limit or None])]
        rows = encode_queries([example.query for example in chosen], catalogue, settings.length)
        place = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        self.examples = [chosen[index] for index in place]
        self.rows = [rows[index] for index in place]
        self.catalogue = catalogue

    @torch.no_grad()
    def measure(self, network: Network, device: torch.device) -> float:
        """Return the mean NDCG@10; of several targets the best ranked counts, ties count their expected gain."""
        network.eval()
        gains = [
            self.gain(network.score(table.to(device), lengths.to(device)), part)
            for part, table, lengths in self.blocks()
        ]
        return float(torch.cat(gains).mean())

    def blocks(self) -> Iterator[tuple[slice, Tensor, Tensor]]:
        """Yield each block of examples with its rows [block, longest] and their lengths [block]."""
        for begin in range(0, len(self.rows), BLOCK):
            part = slice(begin, begin + BLOCK)
            table, lengths = pad(self.rows[part], self.catalogue.start)
            yield part, torch.from_numpy(table), torch.from_numpy(lengths)

    def gain(self, scores: Tensor, part: slice) -> Tensor:
        """Return the expected gain of one block of examples, [block]; barred items of `scores` sink to -inf."""
        numbers = self.catalogue.numbers
        for row, example in enumerate(self.examples[part]):
            barred = [numbers[name] for name in example.query.exclude if name in numbers]
            scores[row, barred] = -torch.inf
        best = torch.stack(
            [
                scores[row, [numbers[name] for name in example.targets if name in numbers]].max()
                for row, example in enumerate(self.examples[part])
            ]
        ).unsqueeze(1)
        above, level = (scores > best).sum(1).cpu(), (scores == best).sum(1).cpu()
        return expected_gain(above, level).where(best.squeeze(1).cpu() > -torch.inf, 0.0)


def expected_gain(above: Tensor, level: Tensor) -> Tensor:
    """Return the mean of 1 / log2(rank + 1), 0 below rank `DEPTH`, over ranks above + 1 .. above + level."""
    ranks = np.arange(1, DEPTH + 1)
    sums = torch.from_numpy(np.concatenate([[0.0], np.cumsum(1 / np.log2(ranks + 1))]))
    return (sums[(above + level).clamp(max=DEPTH)] - sums[above.clamp(max=DEPTH)]) / level
