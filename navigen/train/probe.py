"""Checks that a model can be trained on packed documents, by asking it: other models would silently learn wrongly."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from bench.errors import BenchError
from navigen.train.batch import make_batch
from navigen.train.documents import Document, lay_out
from navigen.train.objective import decode

SIZE = 4  # tokens of a document of the probe


@torch.no_grad()
def check_model(core: Any, flat: bool, coarse: bool) -> None:
    """Raise BenchError if documents in a pack are not apart, or if more is done to logits than the head does.

    `flat` is how packs are laid out; `coarse`: whether it computes in less than float32. The model is left in the mode
    for evaluation.
    """
    core.eval()
    name = type(core).__name__
    whole = core(input_ids=place(range(SIZE), core), use_cache=False).logits
    states = core.base_model(input_ids=place(range(SIZE), core), use_cache=False)[0]
    if not torch.equal(whole, core.get_output_embeddings()(states)):
        raise BenchError(f"{name} does more to its logits than its head (scale, cap): the loss would leave that out")
    alone = second(core, [range(SIZE)], flat)
    beside, exchanged = (second(core, [range(begin, begin + SIZE), range(SIZE)], flat) for begin in (0, SIZE))
    size = float(alone.abs().max())
    if far(beside, exchanged, 1e-5 * size) or far(beside, alone, (0.05 if coarse else 1e-3) * size):
        raise BenchError(
            f"{name} does not keep packed documents apart, or does not restart its positions; expected a decoder whose "
            "attention knows documents by position_ids, such as Llama, Qwen3, Mistral, Gemma or GPT-2"
        )


def second(core: Any, documents: list[range], flat: bool) -> Tensor:
    """Return the states [SIZE, width] of the last of packed documents."""
    made = [Document(np.array(ids), np.ones(len(ids), dtype=np.bool_), "") for ids in documents]
    batch = make_batch(lay_out(made, SIZE), [list(range(len(made)))], core.device, flat)
    return decode(core.base_model, batch)[-SIZE:].float()


def place(ids: range, core: Any) -> Tensor:
    """Return ids as one row of tokens on the model's device."""
    return torch.tensor([list(ids)], device=core.device)


def far(one: Tensor, other: Tensor, most: float) -> bool:
    """Return whether two tensors differ by more than `most` anywhere."""
    return float((one - other).abs().max()) > most
