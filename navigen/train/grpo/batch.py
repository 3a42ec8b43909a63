"""Answers as tensors to learn from: a prompt is read once for several of its answers, which do not see each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from navigen.decode.trie import Bools, Ints
from navigen.train.grpo.answer import Rollout

SHARED = 3  # longer rows save prompts but pay for attention among answers, which is masked; measured on one core


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """A micro-batch.

    `ids`, `positions` [rows, width]; `seen` [rows, width, width]: who sees whom, None for one answer a row, where
    padding on the right needs no mask; `sources` [learnt]: flat places whose states predict `targets` [learnt], which
    were sampled from `nodes` [learnt]; `owners` [learnt]: the number of the answer in the list that was batched.
    """

    ids: Tensor
    positions: Tensor
    seen: Tensor | None
    sources: Tensor
    targets: Tensor
    nodes: Ints
    owners: Ints


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt and answers to it, by their numbers; `tails`: how much of each is read."""

    answers: tuple[int, ...]
    prompt: int
    tails: tuple[int, ...]

    @property
    def width(self) -> int:
        """Return the tokens of the row."""
        return self.prompt + sum(self.tails)


def plan(rollouts: Sequence[Rollout], micro: int) -> list[list[Row]]:
    """Return micro-batches of at most `micro` answers, rows of about the same width together.

    A row takes up answers to its prompt until they are `SHARED` times as long as it. Answers without anything to learn
    are left out.
    """
    groups: dict[bytes, list[int]] = {}
    for number, one in enumerate(rollouts):
        if one.learn.any():
            groups.setdefault(one.prompt.tobytes(), []).append(number)
    rows = []
    for members in groups.values():
        prompt = len(rollouts[members[0]].prompt)
        held: list[int] = []
        for number in members:
            if held and (len(held) == micro or sum(tail(rollouts[one]) for one in [*held, number]) > SHARED * prompt):
                rows.append(Row(tuple(held), prompt, tuple(tail(rollouts[one]) for one in held)))
                held = []
            held.append(number)
        rows.append(Row(tuple(held), prompt, tuple(tail(rollouts[one]) for one in held)))
    rows.sort(key=lambda row: (-row.width, row.answers))
    found: list[list[Row]] = []
    count = micro
    for row in rows:
        if count + len(row.answers) > micro:
            found.append([])
            count = 0
        found[-1].append(row)
        count += len(row.answers)
    return found


def tail(rollout: Rollout) -> int:
    """Return how many tokens of an answer are read: those before the last learnt one, which is predicted only."""
    return int(rollout.learn.nonzero()[0][-1])


def make_batch(rollouts: Sequence[Rollout], rows: Sequence[Row], device: torch.device) -> Batch:
    """Return the rows as tensors; no row at all is one of one token, from which nothing is learnt."""
    width = max((row.width for row in rows), default=1)
    ids = np.zeros((max(len(rows), 1), width), dtype=np.int64)
    positions = np.zeros_like(ids)
    parts = np.full_like(ids, -1)  # 0: the prompt, from 1 on: its answers, -1: padding
    sources, targets, nodes, owners = [], [], [], []
    for place, row in enumerate(rows):
        ids[place, : row.prompt] = rollouts[row.answers[0]].prompt
        positions[place, : row.prompt] = np.arange(row.prompt)
        parts[place, : row.prompt] = 0
        begin = row.prompt
        for part, (number, size) in enumerate(zip(row.answers, row.tails, strict=True), 1):
            one = rollouts[number]
            ids[place, begin : begin + size] = one.ids[:size]
            positions[place, begin : begin + size] = row.prompt + np.arange(size)
            parts[place, begin : begin + size] = part
            learnt = one.learn.nonzero()[0]
            sources.append(place * width + np.where(learnt == 0, row.prompt - 1, begin + learnt - 1))
            targets.append(one.ids[learnt])
            nodes.append(one.nodes[learnt])
            owners.append(np.full(len(learnt), number))
            begin += size

    def send(values: Ints | Bools) -> Tensor:
        return torch.from_numpy(values).to(device)

    alone = all(len(row.answers) == 1 for row in rows)
    return Batch(
        send(ids),
        send(positions),
        None if alone else send(visible(parts)),
        send(joined(sources)),
        send(joined(targets)),
        joined(nodes),
        joined(owners),
    )


def visible(parts: Ints) -> Bools:
    """Return who sees whom: earlier tokens of the prompt and of the own part; padding sees itself."""
    own = parts[:, :, None] == parts[:, None, :]
    prompt = (parts == 0)[:, None, :] & (parts >= 0)[:, :, None]
    width = parts.shape[1]
    found: Bools = (own | prompt) & np.tri(width, dtype=np.bool_)
    return found


def joined(values: Sequence[Ints]) -> Ints:
    """Return arrays end to end; none is an empty one."""
    return np.concatenate([np.zeros(0, dtype=np.int64), *values])
