"""Greedy writing with any causal language model, a batch of prompts at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from bench.api import Progress, ignore_progress

BUCKET = 16  # prompts are padded to a multiple of this


@torch.no_grad()
def write(
    model: Any,
    prompts: Sequence[Sequence[int]],
    end: int,
    most: int,
    batch: int,
    progress: Progress = ignore_progress,
) -> list[tuple[list[int], bool]]:
    """Return for every prompt the token ids written after it, and whether the end mark came within `most` tokens.

    Prompts are padded on the left to a multiple of `BUCKET`, and a batch always has `batch` rows (the last is filled
    with copies): so what is written for a prompt does not depend on the others of its call.
    """
    sizes = [-(-len(prompt) // BUCKET) * BUCKET for prompt in prompts]
    found: list[tuple[list[int], bool]] = [([], False)] * len(prompts)
    done = 0
    for size in sorted(set(sizes)):
        places = [place for place, own in enumerate(sizes) if own == size]
        for begin in range(0, len(places), batch):
            chosen = places[begin : begin + batch]
            rows = [prompts[place] for place in chosen] + [prompts[chosen[0]]] * (batch - len(chosen))
            for place, row in zip(chosen, _write(model, rows, size, end, most), strict=False):
                found[place] = (row[: row.index(end)], True) if end in row else (row, False)
            done += len(chosen)
            progress("write", done, len(prompts))
    return found


def _write(model: Any, rows: Sequence[Sequence[int]], size: int, end: int, most: int) -> list[list[int]]:
    device = model.device
    ids = torch.zeros((len(rows), size), dtype=torch.int64)
    real = torch.zeros((len(rows), size + most), dtype=torch.int64)
    for place, row in enumerate(rows):
        ids[place, size - len(row) :] = torch.tensor(row)
        real[place, size - len(row) :] = 1
    ids, real = ids.to(device), real.to(device)
    positions = (real.cumsum(1) - 1).clamp(min=0)
    cache: Any = None
    ended = torch.zeros(len(rows), dtype=torch.bool, device=device)
    written: list[torch.Tensor] = []
    for step in range(most):
        width = size + step
        seen = model(
            input_ids=ids,
            attention_mask=real[:, :width],
            position_ids=positions[:, width - ids.shape[1] : width],
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        cache = seen.past_key_values
        ids = seen.logits[:, -1].argmax(-1, keepdim=True)
        written.append(ids)
        ended |= ids[:, 0] == end
        if bool(ended.all()):
            break
    rows_written: list[list[int]] = torch.cat(written, dim=1).tolist()
    return rows_written
