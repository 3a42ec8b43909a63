"""Plain beam search, without the catalogue: what the model writes when nothing keeps it to what exists, read strictly.

Only answers that name items become ranked items; nothing is repaired, and the share that names none is counted. This is
the control for `navigen.decode.language`, whose beams can only write what the catalogue holds.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from bench.errors import BenchError
from bench.io import canonical
from navigen.decode.beam import Floats
from navigen.decode.growth import check_model
from navigen.decode.language import STEP, group

ROWS = 512  # beams computed at a time, over all prompts of a batch


@dataclass(frozen=True, slots=True)
class Beam:
    """An answer that came to its end: its token ids without the end mark, and its log probability with it."""

    ids: tuple[int, ...]
    log_p: float


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """What answers name: JSON of an answer, in the one form that equal values share -> the items that it means."""

    items: Mapping[str, tuple[int, ...]]
    size: int

    @classmethod
    def of(cls, answers: Sequence[str]) -> Named:
        """Return what the rendered answers [items] name; items with equal answers are named together."""
        found: dict[str, list[int]] = defaultdict(list)
        for item, text in enumerate(answers):
            found[canonical(json.loads(text))].append(item)
        return cls({text: tuple(items) for text, items in found.items()}, len(answers))

    def read(self, text: str) -> tuple[int, ...]:
        """Return the items that an answer names; none where it is no JSON or names nothing of the catalogue."""
        try:
            return self.items.get(canonical(json.loads(text)), ())
        except (ValueError, RecursionError):  # beside broken JSON: numbers that are none, lists too deep
            return ()


@dataclass
class Legality:
    """How often free answers name nothing: prompts whose best answer did not or that had none, and single beams."""

    prompts: int = 0
    illegal: int = 0
    beams: int = 0
    illegal_beams: int = 0

    def note(self, beams: Sequence[Beam], named: Sequence[Sequence[int]]) -> None:
        """Count the beams of one prompt, best first, with the items that each names."""
        wrong = [not items for items in named]
        self.prompts += 1
        self.illegal += not beams or wrong[0]
        self.beams += len(beams)
        self.illegal_beams += sum(wrong)

    def counts(self) -> dict[str, int]:
        """Return the counts by name, as a run's file has them."""
        return {
            "free_answers": self.prompts,
            "illegal_answers": self.illegal,
            "free_beams": self.beams,
            "illegal_beams": self.illegal_beams,
        }


def rank_free(
    model: Any,
    prompts: Sequence[Sequence[int]],
    named: Named,
    decode: Callable[[Sequence[int]], str],
    end: int,
    beams: int,
    tokens: int,
    legality: Legality,
) -> Floats:
    """Return log p [prompts, items] of the items that beams name, -inf for all others, and count in `legality`.

    Answers that name the same add up; items that share an answer share its probability evenly. `tokens`: the longest
    answer with its end mark. Probabilities are over all texts, so a row sums to at most 1.
    """
    scores = np.full((len(prompts), named.size), -np.inf)
    for row, found in enumerate(write_free(model, prompts, end, beams, tokens)):
        meant = [named.read(decode(beam.ids)) for beam in found]
        legality.note(found, meant)
        for beam, items in zip(found, meant, strict=True):
            for item in items:
                scores[row, item] = np.logaddexp(scores[row, item], beam.log_p - np.log(len(items)))
    return scores


def write_free(model: Any, prompts: Sequence[Sequence[int]], end: int, beams: int, tokens: int) -> list[list[Beam]]:
    """Return up to `beams` ended answers a prompt, likeliest first, of at most `tokens` tokens with the end mark.

    A beam that ends among the `beams` best leaves the others its place; a search is over when no answer could become
    better than those it has. BenchError: an empty prompt, `beams` or `tokens` below 1, a model that cannot.
    """
    check_model(model)
    if not all(len(prompt) for prompt in prompts):
        raise BenchError("rank: a prompt is empty; expected at least one token")
    if beams < 1 or tokens < 1:
        raise BenchError(f"rank: {beams} beams of {tokens} tokens; expected at least 1 of each")
    batch = max(1, ROWS // beams)
    found: list[list[Beam]] = [[] for _ in prompts]
    for chosen in group(np.array([len(prompt) for prompt in prompts], dtype=np.int64), batch):
        filled = [prompts[place] for place in np.resize(chosen, batch).tolist()]  # shapes, and so rounding, are fixed
        for place, ended in zip(chosen.tolist(), Search(model, filled, end, beams).run(tokens), strict=False):
            found[place] = ended
    return found


class Search:
    """Beams of a batch of prompts: what lives is in tensors, prompt by prompt; what has ended is in lists."""

    def __init__(self, model: Any, prompts: Sequence[Sequence[int]], end: int, beams: int) -> None:
        self.model, self.end, self.beams, self.size = model, end, beams, len(prompts)
        width = -(-max(len(prompt) for prompt in prompts) // STEP) * STEP
        ids = torch.zeros(self.size, width, dtype=torch.long)
        self.mask = torch.zeros(self.size, width, dtype=torch.long)
        for row, prompt in enumerate(prompts):
            ids[row, width - len(prompt) :] = torch.as_tensor(prompt)
            self.mask[row, width - len(prompt) :] = 1
        self.ids, self.mask = ids.to(model.device), self.mask.to(model.device)
        self.cache: Any = None
        self.ended: list[list[Beam]] = [[] for _ in prompts]

    @torch.inference_mode()
    def run(self, tokens: int) -> list[list[Beam]]:
        """Return the answers of every prompt, likeliest first."""
        written = torch.zeros(self.size, 1, 0, dtype=torch.long, device=self.model.device)
        total = torch.zeros(self.size, 1, dtype=torch.float64, device=self.model.device)
        step = self.ids
        for place in range(tokens):
            scores = total[:, :, None] + self._forward(step).view(self.size, total.shape[1], -1)
            total, parent, token = self._choose(scores, written)
            if self._over(total) or place + 1 == tokens:
                break
            rows = (parent + torch.arange(self.size, device=parent.device)[:, None] * written.shape[1]).ravel()
            self.cache.reorder_cache(rows)
            self.mask = torch.cat([self.mask[rows], self.mask.new_ones(len(rows), 1)], dim=1)
            kept = written.gather(1, parent[:, :, None].expand(-1, -1, written.shape[2]))
            written, step = torch.cat([kept, token[:, :, None]], dim=2), token.reshape(-1, 1)
        return self.ended

    def _forward(self, ids: torch.Tensor) -> torch.Tensor:
        """Return log p of every token [rows, vocabulary] after the last of `ids` [rows, tokens]."""
        places = (self.mask.cumsum(1) - 1).clamp(min=0)[:, -ids.shape[1] :]
        made = self.model(
            input_ids=ids, attention_mask=self.mask, position_ids=places, past_key_values=self.cache, use_cache=True
        )
        self.cache = made.past_key_values
        found: torch.Tensor = made.logits[:, -1].double().log_softmax(-1)
        return found

    def _choose(self, scores: torch.Tensor, written: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Note which of the best end; return total, parent and token [prompts, beams] of those that live on."""
        size, vocabulary = scores.shape[0], scores.shape[2]
        flat = scores.view(size, -1)
        best, place = flat.topk(min(2 * self.beams, flat.shape[1]), dim=1)
        parent, token = place // vocabulary, place % vocabulary
        ends = token == self.end
        for row, column in ends[:, : self.beams].nonzero().tolist():
            ids = tuple(written[row, parent[row, column]].tolist())
            self.ended[row] = sorted([*self.ended[row], Beam(ids, float(best[row, column]))], key=worth)[: self.beams]
        # Every beam has one candidate that ends, so enough others are among twice as many.
        order = ends.long().sort(dim=1, stable=True).indices[:, : min(self.beams, flat.shape[1] - scores.shape[1])]
        return best.gather(1, order), parent.gather(1, order), token.gather(1, order)

    def _over(self, total: torch.Tensor) -> bool:
        """Return whether no living beam of any prompt can become better than what has ended."""
        return all(
            len(ended) == self.beams and ended[-1].log_p >= float(total[row, 0]) for row, ended in enumerate(self.ended)
        )


def worth(beam: Beam) -> tuple[float, tuple[int, ...]]:
    """Return what answers are sorted by: the likeliest first, then by their tokens."""
    return -beam.log_p, beam.ids
