"""Time of decoding in a catalogue of 100,000 codes against `generate` with a prefix function, beam for beam.

`generate` as it is usually called masks the vocabulary after the softmax and does not renormalise, so its scores are
those of texts and not of items, and its beams may differ; a second run with `renormalize_logits` has the same scores.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM
from transformers.generation.logits_process import PrefixConstrainedLogitsProcessor

from navigen.decode.beam import renormalise
from navigen.decode.language import Reached, rank
from navigen.decode.tokens import TokenCatalogue

ITEMS, LEVELS, CODES, TEXT = 100_000, 3, 256, 1000
PROMPTS, LENGTH, BEAMS = 16, 60, 20
END = TEXT - 1
REPEATS = 3  # the fastest counts

Allowed = Callable[[int, torch.Tensor], list[int]]


class Timed:
    """A model that adds up the seconds of its passes."""

    def __init__(self, model: Any) -> None:
        self.model, self.seconds = model, 0.0
        self.training, self.config, self.dtype, self.device = False, model.config, model.dtype, model.device

    def __call__(self, **inputs: Any) -> Any:
        start = time.perf_counter()
        found = self.model(**inputs)
        self.seconds += time.perf_counter() - start
        return found


def make_model() -> Any:
    """Return a Qwen3-shaped model of 2 layers of width 64 with random weights."""
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=TEXT + LEVELS * CODES,
        hidden_size=64,
        intermediate_size=192,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=END,
        pad_token_id=0,
    )
    return Qwen3ForCausalLM(config).eval()


def make_sequences(rng: np.random.Generator) -> list[list[int]]:
    """Return the tokens of distinct codes drawn at random."""
    drawn = np.unique(rng.integers(0, CODES, (ITEMS * 2, LEVELS)), axis=0)
    rows = rng.permutation(drawn)[:ITEMS] + TEXT + CODES * np.arange(LEVELS)
    found: list[list[int]] = rows.tolist()
    return found


def make_prefix_function(sequences: list[list[int]]) -> Allowed:
    """Return what may follow, from a trie of dictionaries, as one writes it."""
    root: dict[int, Any] = {}
    for sequence in sequences:
        node = root
        for token in [*sequence, END]:
            node = node.setdefault(token, {})

    def allowed(_: int, ids: torch.Tensor) -> list[int]:
        node = root
        for token in ids[LENGTH:].tolist():
            node = node.get(token, {})
        return list(node) or [END]

    return allowed


def ours(model: Any, prompts: list[list[int]], catalogue: TokenCatalogue) -> tuple[Reached, float, float]:
    """Return what is found, the seconds in all, and those outside the model."""
    timed = Timed(model)
    start = time.perf_counter()
    found = rank(timed, prompts, catalogue, BEAMS, batch=PROMPTS)
    seconds = time.perf_counter() - start
    return found, seconds, seconds - timed.seconds


def theirs(model: Any, prompts: list[list[int]], allowed: Allowed, shares: bool) -> tuple[Any, float]:
    """Return what `generate` finds and the seconds."""
    ids = torch.tensor(prompts)
    start = time.perf_counter()
    found = model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        num_beams=BEAMS,
        num_return_sequences=BEAMS,
        max_new_tokens=LEVELS + 1,
        do_sample=False,
        length_penalty=0.0,
        renormalize_logits=shares,
        prefix_allowed_tokens_fn=allowed,
        return_dict_in_generate=True,
        output_scores=True,
    )
    return found, time.perf_counter() - start


def compare_masks(sequences: list[list[int]], catalogue: TokenCatalogue, allowed: Allowed) -> tuple[float, ...]:
    """Return the seconds that the steps of one search take: our masks, our renormalising, the prefix function's masks.

    Ours gathers the scores of what may follow; theirs puts a mask over the scores of all tokens.
    """
    chosen = np.random.default_rng(1).integers(0, ITEMS, PROMPTS * BEAMS)
    closed = np.array(sequences)[chosen]
    logits = torch.randn(len(chosen), TEXT + LEVELS * CODES)
    paths = [catalogue.trie.nodes(catalogue.trie.levels).start + catalogue.row[chosen]]
    while len(paths) <= catalogue.trie.levels:
        paths.append(catalogue.trie.parent[paths[-1]])
    processor = PrefixConstrainedLogitsProcessor(allowed, BEAMS)
    moments = np.zeros(3)
    for level, nodes in enumerate(paths[:0:-1]):
        held = nodes if level else nodes[:PROMPTS]  # all beams of a prompt begin as one
        prompts = np.zeros((len(chosen), LENGTH), dtype=np.int64)
        ids = torch.from_numpy(np.concatenate([prompts, closed[:, :level]], axis=1))
        times = [time.perf_counter()]
        children, place = catalogue.trie.children(held)
        scores = logits[torch.from_numpy(place), torch.from_numpy(catalogue.token[children])]
        times.append(time.perf_counter())
        renormalise(scores.double().numpy(), place)
        times.append(time.perf_counter())
        processor(ids, logits)
        moments += np.diff([*times, time.perf_counter()])
    return tuple(moments.tolist())


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    model, sequences = make_model(), make_sequences(rng)
    prompts = rng.integers(0, TEXT - 1, (PROMPTS, LENGTH)).tolist()
    allowed = make_prefix_function(sequences)
    start = time.perf_counter()
    catalogue = TokenCatalogue.of(sequences, END)
    print(f"catalogue of {len(sequences)} items: {time.perf_counter() - start:.2f} s, once")
    masks = np.min([compare_masks(sequences, catalogue, allowed) for _ in range(REPEATS)], axis=0)
    print(
        f"masks of {LEVELS + 1} steps: {masks[0] * 1e3:.1f} ms (and renormalising {masks[1] * 1e3:.1f} ms),"
        f" prefix function {masks[2] * 1e3:.1f} ms, {masks[2] / masks[0]:.1f} times ours"
    )
    found, seconds, outside = min((ours(model, prompts, catalogue) for _ in range(REPEATS)), key=lambda run: run[1])
    scores = found.dense()
    best = scores.argmax(axis=1)
    print(f"ours, {PROMPTS} prompts, {BEAMS} beams: {seconds:.3f} s, of them outside the model {outside:.3f} s")
    for shares in (False, True):
        runs = [theirs(model, prompts, allowed, shares) for _ in range(REPEATS)]
        told, their_seconds = min(runs, key=lambda run: run[1])
        tops = [row[LENGTH : LENGTH + LEVELS].tolist() for row in told.sequences[::BEAMS]]
        same = sum(sequences[item] == top for item, top in zip(best.tolist(), tops, strict=True))
        print(
            f"generate, {'' if shares else 'not '}renormalised: {their_seconds:.3f} s, {their_seconds / seconds:.1f}"
            f" times ours; same best item for {same} of {PROMPTS}"
        )
    numbers = {tuple(sequence): item for item, sequence in enumerate(sequences)}
    listed = [numbers[tuple(row[LENGTH : LENGTH + LEVELS].tolist())] for row in told.sequences]
    apart = np.abs(scores[np.repeat(np.arange(PROMPTS), BEAMS), listed] - told.sequences_scores.numpy()).max()
    print(f"largest difference of a log probability, both renormalised: {apart:.1e}")


if __name__ == "__main__":
    main()
