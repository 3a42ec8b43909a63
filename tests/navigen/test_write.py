"""Greedy writing against transformers' own generate, and its independence from company, order and batches."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from transformers import GenerationConfig

from navigen.decode.write import write
from tests.navigen.models import VOCABULARY, make_model

MOST = 8
PROMPTS = st.lists(st.lists(st.integers(1, VOCABULARY - 1), min_size=1, max_size=36), min_size=1, max_size=5)


@pytest.fixture(scope="module", params=["qwen3", "llama"])
def model(request: pytest.FixtureRequest) -> Any:
    return make_model(request.param)


def generated(model: Any, prompt: list[int], end: int) -> tuple[list[int], bool]:
    config = GenerationConfig(do_sample=False, max_new_tokens=MOST, eos_token_id=end, pad_token_id=0)
    ids = torch.tensor([prompt])
    found = model.generate(ids, attention_mask=torch.ones_like(ids), generation_config=config)[
        0, len(prompt) :
    ].tolist()
    return (found[: found.index(end)], True) if end in found else (found, False)


@cache
def likely_end(model: Any) -> int:
    """Return a token that some answers hold and others do not."""
    found = [generated(model, [number], 0)[0] for number in range(1, 12)]
    tokens = sorted({token for one in found for token in one})
    return min(tokens, key=lambda token: abs(sum(token in one for one in found) - len(found) / 2))


@budget(max_examples=10)
@given(PROMPTS, st.integers(1, 5))
def test_what_is_written_is_what_generate_writes(model: Any, prompts: list[list[int]], batch: int) -> None:
    end = likely_end(model)
    assert write(model, prompts, end, MOST, batch) == [generated(model, prompt, end) for prompt in prompts]


@budget(max_examples=6)
@given(PROMPTS, st.randoms(use_true_random=False))
def test_nothing_depends_on_company_order_or_filling(model: Any, prompts: list[list[int]], chance: Any) -> None:
    together = write(model, prompts, 5, MOST, 4)
    order = list(range(len(prompts)))
    chance.shuffle(order)
    assert write(model, [prompts[place] for place in order], 5, MOST, 4) == [together[place] for place in order]
    assert [write(model, [prompt], 5, MOST, 4)[0] for prompt in prompts] == together
    assert write(model, [*prompts, *prompts], 5, MOST, 4) == together * 2


def test_the_end_mark_ends_and_is_not_part_of_what_is_written(model: Any) -> None:
    end = likely_end(model)
    found = write(model, [[number] for number in range(1, 12)], end, MOST, 4)
    assert {ended for _, ended in found} == {True, False}
    for ids, ended in found:
        assert end not in ids
        assert ended or len(ids) == MOST
    assert write(model, [], end, MOST, 4) == []
    first = generated(model, [3], 0)[0][0]
    assert write(model, [[3]], first, MOST, 4) == [([], True)]


def test_progress_counts_every_prompt_once(model: Any) -> None:
    seen: list[tuple[str, int, int]] = []
    write(model, [[1] * size for size in (1, 3, 17, 18, 40)], 5, 2, 2, lambda *told: seen.append(told))
    assert seen == [("write", 2, 5), ("write", 4, 5), ("write", 5, 5)]
