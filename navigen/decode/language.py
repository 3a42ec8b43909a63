"""Ranks the items of a catalogue by a causal language model: beam search that can only write what the catalogue holds.

Probabilities are renormalised among the tokens that may follow, so they are a distribution over the catalogue and not
what is left of one over all texts. With as many beams as the widest level has nodes they are exact.

An answer depends neither on the other prompts of a call nor on their order: prompts are padded to multiples of `STEP`
and share batches of a fixed size with prompts of the same padded length only. `batch` itself, like the number of beams
and the device, sets the shapes of the products of matrices and may change the last bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bench.errors import BenchError
from bench.topk import blocks
from navigen.decode.beam import Floats, Found, beam_search
from navigen.decode.growth import Growth, Level, check_model, plan_levels
from navigen.decode.tokens import TokenCatalogue
from navigen.decode.trie import Ints

STEP = 16


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Items that beams ended at, an entry an item, by prompt and within it from the likeliest on.

    `prompt`, `item`, `log_p`, `own` [entries], where `own` is log p by the model alone, whatever prior was mixed in;
    `shape` is (prompts, items). A beam ends at few items of a large catalogue, so
    entries are kept and not a matrix: 1,000 prompts and 100,000 items would be 800 MB of -inf.
    """

    prompt: Ints
    item: Ints
    log_p: Floats
    own: Floats
    shape: tuple[int, int]

    def dense(self) -> Floats:
        """Return log p [prompts, items], -inf where no beam ended."""
        scores = np.full(self.shape, -np.inf)
        scores[self.prompt, self.item] = self.log_p
        return scores


@dataclass(frozen=True, slots=True, eq=False)
class Prior:
    """What else is known about the answer: `share` [prompts, items], rows that sum to 1 or are 0, of weight `weight`.

    The mixture is (1 - weight) * p(item | prompt) + weight * share; a row of zeros leaves its prompt to the model.
    """

    share: Floats
    weight: float

    def check(self, prompts: int, items: int) -> None:
        """Raise BenchError unless this is a prior for so many prompts and items."""
        if self.share.shape != (prompts, items):
            raise BenchError(f"rank: the prior has shape {self.share.shape}; expected {(prompts, items)}")
        if not 0 <= self.weight <= 1:
            raise BenchError(f"rank: the prior's weight is {self.weight}; expected 0 <= weight <= 1")
        total = self.share.sum(axis=1)
        if not (self.share >= 0).all() or not np.all((np.abs(total - 1) < 1e-6) | (total == 0)):
            raise BenchError("rank: a row of the prior is no distribution; expected sums of 1, or zeros")


def rank(
    model: Any,
    prompts: Sequence[Sequence[int]],
    catalogue: TokenCatalogue,
    beams: int,
    batch: int = 16,
    prior: Prior | None = None,
) -> Reached:
    """Return the items that a beam search ends at and their log probabilities given each prompt.

    `model`: a causal language model of transformers with full attention, in evaluation mode; `prompts`: token ids, an
    answer follows the last. A beam is a prefix with several items below; prefixes with one item are answers, take no
    beam's place and are all returned. Items that share a sequence share its probability evenly.

    BenchError: an empty prompt, `beams` or `batch` below 1, a prior that is none, a model that cannot (`check_model`).
    """
    check_model(model)
    if not all(len(prompt) for prompt in prompts):
        raise BenchError("rank: a prompt is empty; expected at least one token")
    if beams < 1 or batch < 1:
        raise BenchError(f"rank: {beams} beams, batches of {batch}; expected at least 1 of each")
    shape = (len(prompts), len(catalogue.row))
    if prior is not None:
        prior.check(*shape)
    plan = plan_levels(catalogue, beams)
    parts = [
        search(model, prompts, catalogue, beams, plan, chosen, batch, prior)
        for chosen in group(np.array([len(prompt) for prompt in prompts], dtype=np.int64), batch)
    ]
    prompt, item, log_p, own = (
        np.concatenate([np.zeros(0, dtype), *(part[place] for part in parts)])
        for place, dtype in enumerate((np.int64, np.int64, np.float64, np.float64))
    )
    order = np.lexsort((item, -log_p, prompt))
    return Reached(prompt[order], item[order], log_p[order], own[order], shape)


def group(lengths: Ints, batch: int) -> Iterator[Ints]:
    """Yield places of prompts that go together: the same padded length, at most `batch` of them."""
    padded = -(-lengths // STEP) * STEP
    for width in np.unique(padded):
        places = np.flatnonzero(padded == width)
        for part in blocks(len(places), batch):
            yield places[part]


def fill(prompts: Sequence[Sequence[int]], chosen: Ints, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the chosen prompts as ids and what of them is real [batch, width], padded on the left.

    Copies of them fill the batch up to its fixed size.
    """
    filled = [prompts[place] for place in np.resize(chosen, batch).tolist()]
    width = -(-max(len(prompt) for prompt in filled) // STEP) * STEP
    ids = torch.zeros(batch, width, dtype=torch.long)
    real = torch.zeros(batch, width, dtype=torch.bool)
    for row, prompt in enumerate(filled):
        ids[row, width - len(prompt) :] = torch.as_tensor(prompt)
        real[row, width - len(prompt) :] = True
    return ids, real


def search(
    model: Any,
    prompts: Sequence[Sequence[int]],
    catalogue: TokenCatalogue,
    beams: int,
    plan: tuple[Level, ...],
    chosen: Ints,
    batch: int,
    prior: Prior | None,
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return prompt, item, log p and the model's own of what beams end at, for the `chosen` prompts in one batch."""
    growth = Growth(model, catalogue, *fill(prompts, chosen, batch), plan)
    weight, extra = np.zeros(len(chosen)), None
    if prior is not None:
        weight = np.where(prior.share[chosen].sum(axis=1) > 0, prior.weight, 0.0)
        extra = catalogue.trie.sums(weight[:, None] * catalogue.on_rows(prior.share[chosen]))
    found = beam_search(catalogue.trie, growth, beams, 1 - weight, extra, settle=True)
    return share_out(found, catalogue, chosen, weight, prior)


def share_out(
    found: Found, catalogue: TokenCatalogue, chosen: Ints, weight: Floats, prior: Prior | None
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return prompt, item, log p and the model's own of every item of the rows that were found."""
    sizes = catalogue.sizes[found.item]
    entry = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(entry)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    item = catalogue.members[catalogue.begin[found.item[entry]] + within]
    prompt = chosen[found.query[entry]]
    alone = log_p = (found.path - np.log(sizes))[entry]
    if prior is not None:
        share = weight[found.query[entry]]
        with np.errstate(divide="ignore"):
            log_p = np.logaddexp(np.log1p(-share) + alone, np.log(share * prior.share[prompt, item]))
    return prompt, item, log_p, alone
