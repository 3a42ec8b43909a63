"""A residual head of a language model: one pass over a prompt gives the probability of every item of the catalogue.

The hidden state after the prompt, where the answer begins, is asked for level 1, 2, ... of the answer's code in turn,
as the residual decoder of `baselines/code_only` asks its own states. It only ranks: what is written, the language
model's own head writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from bench.errors import BenchError
from bench.rng import entropy
from navigen.decode.growth import check_model
from navigen.decode.language import Prior, Reached, fill, group
from navigen.decode.levels import Head, Levels
from navigen.decode.trie import Ints, Trie

FILE = "residual.safetensors"
WIDTH = 128
DROPOUT = 0.1
TEMPERATURE = 0.07


class Residual(Levels):
    """Heads over the codes of a catalogue for states of a language model [..., hidden]; `weight`: of its loss."""

    def __init__(self, codes: Ints, hidden: int, seed: int, weight: float) -> None:
        """Draw the weights by the seed; `codes` [items, levels]."""
        super().__init__()
        trie = Trie.of(codes)
        self.levels, self.temperature, self.weight = trie.levels, TEMPERATURE, weight
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(entropy(seed, "residual") % 2**63)
            self.narrow = nn.Linear(hidden, WIDTH)
            self.heads = nn.ModuleList(Head(WIDTH, DROPOUT) for _ in range(trie.levels))
            self.codes = nn.ModuleList(nn.Embedding(int(column.max()) + 1, WIDTH) for column in codes.T)
            self.items = nn.Embedding(len(codes) + 1, WIDTH)
            for table in (*self.codes, self.items):
                nn.init.normal_(table.weight, std=0.02)
        self.lay(trie)

    def item_table(self) -> Tensor:
        """Return the item embeddings [items + 1, width]."""
        weight: Tensor = self.items.weight
        return weight

    def forward(self, states: Tensor) -> Tensor:
        """Return log p of every item [..., items] after states of the language model [states, hidden]."""
        return self.log_probabilities(self.narrow(states.float()))

    def loss(self, states: Tensor, goals: Tensor) -> Tensor:
        """Return -log p(goal) times `weight`, summed, of states [states, hidden] and items [states]."""
        found: Tensor = self(states).gather(1, goals.unsqueeze(1)).sum()
        return -self.weight * found


def rank_residual(
    model: Any, head: Residual, prompts: Sequence[Sequence[int]], batch: int = 16, prior: Prior | None = None
) -> Reached:
    """Return every item with its log probability given each prompt, the prior mixed in; nothing is searched.

    `model` is in evaluation mode. An answer does not depend on the other prompts, as in `navigen.decode.language.rank`.
    """
    check_model(model)
    shape = (len(prompts), len(head.item_table()) - 1)
    if prior is not None:
        prior.check(*shape)
    own = np.zeros(shape)
    for chosen in group(np.array([len(prompt) for prompt in prompts], dtype=np.int64), batch):
        own[chosen] = read(model, head, *fill(prompts, chosen, batch))[: len(chosen)]
    mixed = own
    if prior is not None:
        weight = np.where(prior.share.sum(axis=1, keepdims=True) > 0, prior.weight, 0.0)
        with np.errstate(divide="ignore"):
            mixed = np.logaddexp(np.log1p(-weight) + own, np.log(weight * prior.share))
    prompt, item = (part.ravel() for part in np.indices(shape))
    order = np.lexsort((item, -mixed.ravel(), prompt))
    return Reached(prompt[order], item[order], mixed.ravel()[order], own.ravel()[order], shape)


@torch.inference_mode()
def read(model: Any, head: Residual, ids: Tensor, real: Tensor) -> np.ndarray:
    """Return log p [batch, items] after prompts `ids` [batch, width], `real` where they are not padding on the left."""
    place = next(model.parameters()).device
    positions = (real.long().cumsum(1) - 1).clamp(min=0)
    states = model.base_model(
        input_ids=ids.to(place), attention_mask=real.long().to(place), position_ids=positions.to(place), use_cache=False
    )[0]
    found: np.ndarray = head(states[:, -1]).double().cpu().numpy()
    return found


def save_residual(head: Residual, folder: Path) -> None:
    """Write the head's weights as bfloat16."""
    from safetensors.torch import save_file

    save_file({name: value.to(torch.bfloat16).contiguous() for name, value in head.state_dict().items()}, folder / FILE)


def load_residual(folder: Path, codes: Ints, hidden: int, weight: float) -> Residual:
    """Return the head that is kept in a folder, in float32; a missing or unfitting file is an error."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    head = Residual(codes, hidden, 0, weight)
    try:
        found = {name: value.float() for name, value in load_file(folder / FILE).items()}
        head.load_state_dict(found)
    except (OSError, SafetensorError, RuntimeError) as error:
        raise BenchError(f"{folder / FILE}: no residual head for these codes ({error}); train it anew") from None
    return head.eval()
