"""Which tokens may follow, for sampling and for learning alike: any, any but the end mark, or what the trie holds."""

from __future__ import annotations

import torch
from torch import Tensor

from navigen.decode.tokens import TokenCatalogue
from navigen.decode.trie import Ints

FREE, THOUGHT = -1, -2  # in place of a node: anything may follow; anything but the end mark, which no thought holds


def limit(logits: Tensor, nodes: Ints, answers: TokenCatalogue | None, end: int) -> Tensor:
    """Return `logits` [places, vocabulary] with -inf at what may not follow.

    `nodes` [places]: FREE, THOUGHT, or the node of the trie of `answers` whose children may follow.
    """
    if (nodes == FREE).all():
        return logits
    if (nodes == THOUGHT).any():
        inside = torch.from_numpy(nodes == THOUGHT).to(logits.device)
        hidden = torch.zeros_like(logits, dtype=torch.bool)
        hidden[:, end] = inside
        logits = logits.masked_fill(hidden, -torch.inf)
    walking = nodes >= 0
    if walking.any():
        assert answers is not None
        children, place = answers.trie.children(nodes[walking])
        shown = torch.zeros_like(logits, dtype=torch.bool)
        rows = walking.nonzero()[0][place]
        shown[torch.from_numpy(rows), torch.from_numpy(answers.token[children])] = True
        shown[torch.from_numpy(~walking)] = True
        logits = logits.masked_fill(~shown, -torch.inf)
    return logits
