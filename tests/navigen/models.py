"""Tiny language models with random weights, and the slow way of asking them for an item's probability."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import torch

VOCABULARY = 100
END = 99


@cache
def make_model(kind: str = "qwen3", attention: str = "sdpa", dtype: torch.dtype = torch.float32) -> Any:
    """Return a model of 2 layers of width 32; large weights, so that it prefers some tokens to others."""
    import transformers

    shape: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "attn_implementation": attention,
        "initializer_range": 0.3,
        "pad_token_id": 0,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    torch.manual_seed(0)
    if kind == "qwen3":
        model = transformers.Qwen3ForCausalLM(transformers.Qwen3Config(head_dim=8, **shape))
    else:
        model = transformers.LlamaForCausalLM(transformers.LlamaConfig(**shape))
    return model.to(dtype).eval()


@torch.no_grad()
def score_by_hand(model: Any, prompt: Sequence[int], sequences: Sequence[Sequence[int]], end: int = END) -> np.ndarray:
    """Return log p [items] from a full pass an item: at every token, renormalised among what the catalogue allows.

    Sequences that several items have share their probability evenly.
    """
    closed = [(*sequence, end) for sequence in sequences]
    scores = np.zeros(len(closed))
    for item, sequence in enumerate(closed):
        logits = model(torch.tensor([[*prompt, *sequence]])).logits[0].double()
        for place, token in enumerate(sequence):
            allowed = {other[place] for other in closed if other[:place] == sequence[:place] and len(other) > place}
            row = logits[len(prompt) + place - 1]
            scores[item] += float(row[token] - row[sorted(allowed)].logsumexp(0))
        scores[item] -= np.log(closed.count(sequence))
    return scores
