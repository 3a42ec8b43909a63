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
from transformers.generation import logits_process

from navigen.decode import growth
from navigen.decode.language import Reached, rank
from navigen.decode.tokens import TokenCatalogue

ITEMS, LEVELS, CODES, TEXT = 100_000, 3, 256, 1000
PROMPTS, LENGTH, BEAMS = 16, 60, 20
END = TEXT - 1
REPEATS = 3  # the fastest counts


class Clock:
    """Adds up the seconds that a function takes."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function, timed."""

        def timed(*arguments: Any, **named: Any) -> Any:
            start = time.perf_counter()
            found = function(*arguments, **named)
            self.seconds += time.perf_counter() - start
            return found

        return timed


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


def make_prefix_function(sequences: list[list[int]]) -> Callable[[int, torch.Tensor], list[int]]:
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
    """Return what is found, the seconds in all, and those outside the model: masks, beams and what they end at."""
    clock = Clock()
    forward, growth.Growth.forward = growth.Growth.forward, clock.around(growth.Growth.forward)  # type: ignore[method-assign]
    start = time.perf_counter()
    found = rank(model, prompts, catalogue, BEAMS, batch=PROMPTS)
    seconds = time.perf_counter() - start
    growth.Growth.forward = forward  # type: ignore[method-assign]
    return found, seconds, seconds - clock.seconds


def theirs(
    model: Any, prompts: list[list[int]], allowed: Callable[..., list[int]], shares: bool
) -> tuple[Any, float, float]:
    """Return what `generate` finds, the seconds in all, and those in its masks."""
    clock, processor = Clock(), logits_process.PrefixConstrainedLogitsProcessor
    whole, processor.__call__ = processor.__call__, clock.around(processor.__call__)
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
    seconds = time.perf_counter() - start
    processor.__call__ = whole
    return found, seconds, clock.seconds


def main() -> None:
    """Print the table."""
    rng = np.random.default_rng(0)
    model, sequences = make_model(), make_sequences(rng)
    prompts = rng.integers(0, TEXT - 1, (PROMPTS, LENGTH)).tolist()
    allowed = make_prefix_function(sequences)
    start = time.perf_counter()
    catalogue = TokenCatalogue.of(sequences, END)
    print(f"catalogue of {len(sequences)} items: {time.perf_counter() - start:.2f} s, once")
    found, seconds, masking = min((ours(model, prompts, catalogue) for _ in range(REPEATS)), key=lambda run: run[1])
    scores = found.dense()
    best = scores.argmax(axis=1)
    print(f"ours              {PROMPTS} prompts, {BEAMS} beams: {seconds:.3f} s, outside the model {masking:.3f} s")
    for shares in (False, True):
        runs = [theirs(model, prompts, allowed, shares) for _ in range(REPEATS)]
        told, their_seconds, their_masking = min(runs, key=lambda run: run[1])
        tops = [row[LENGTH : LENGTH + LEVELS].tolist() for row in told.sequences[::BEAMS]]
        same = sum(sequences[item] == top for item, top in zip(best.tolist(), tops, strict=True))
        name = "renormalised" if shares else "as it is    "
        print(
            f"generate, {name} {their_seconds:.3f} s, {their_seconds / seconds:.1f} times ours; masks"
            f" {their_masking:.3f} s, {their_masking / masking:.1f} times ours; same best item {same} of {PROMPTS}"
        )
        if shares:
            numbers = {tuple(sequence): item for item, sequence in enumerate(sequences)}
            listed = [numbers[tuple(row[LENGTH : LENGTH + LEVELS].tolist())] for row in told.sequences]
            apart = np.abs(scores[np.repeat(np.arange(PROMPTS), BEAMS), listed] - told.sequences_scores.numpy()).max()
            print(f"largest difference of a log probability: {apart:.1e}")


if __name__ == "__main__":
    main()
