"""Ranking by a language model against full passes of every item, and against transformers' own beam search."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.errors import BenchError
from navigen.decode.language import Prior, rank
from navigen.decode.tokens import TokenCatalogue
from tests.navigen.models import END, make_model, score_by_hand

PROMPTS = [[5, 6, 7], list(range(10, 30)), [8] * 16, [40, 3, 77, 51, 9], list(range(20, 70))]
CODES = [[a, 20 + b, 40 + c] for a in range(4) for b in range(3) for c in range(5) if (a * 7 + b * 3 + c) % 4]
TITLES = [[1, 2], [1, 2, 3], [1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 7], [9], [9, 9, 9], [1, 2], [30, 31, 32, 33], [9]]


@st.composite
def sequences(draw: st.DrawFn) -> list[list[int]]:
    """Token sequences over few tokens: prefixes of one another, copies and long chains are frequent."""
    return draw(st.lists(st.lists(st.integers(1, 4), min_size=1, max_size=6), min_size=1, max_size=12))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
@pytest.mark.parametrize("kind", ["qwen3", "llama"])
@pytest.mark.parametrize("items", [CODES, TITLES], ids=["codes", "titles"])
def test_full_beams_are_exact(kind: str, attention: str, items: list[list[int]]) -> None:
    model = make_model(kind, attention)
    found = rank(model, PROMPTS, TokenCatalogue.of(items, END), beams=len(items)).dense()
    wanted = np.array([score_by_hand(model, prompt, items) for prompt in PROMPTS])
    np.testing.assert_allclose(found, wanted, atol=1e-5)
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1)


@settings(max_examples=40)
@given(sequences(), st.sampled_from(["qwen3", "llama"]))
def test_full_beams_are_exact_on_any_catalogue(items: list[list[int]], kind: str) -> None:
    model, prompt = make_model(kind), [5, 6, 7]
    found = rank(model, [prompt], TokenCatalogue.of(items, END), beams=len(items), batch=2).dense()
    np.testing.assert_allclose(found[0], score_by_hand(model, prompt, items), atol=1e-5)


@settings(max_examples=20)
@given(sequences(), st.integers(1, 3))
def test_few_beams_find_some_items_at_their_exact_probability(items: list[list[int]], beams: int) -> None:
    model, catalogue = make_model(), TokenCatalogue.of(items, END)
    exact = rank(model, PROMPTS[:2], catalogue, beams=len(items)).dense()
    found = rank(model, PROMPTS[:2], catalogue, beams)
    np.testing.assert_allclose(found.log_p, exact[found.prompt, found.item], atol=1e-5)
    assert set(found.prompt.tolist()) == {0, 1}
    for prompt in (0, 1):
        assert (np.diff(found.log_p[found.prompt == prompt]) <= 0).all()


@pytest.mark.parametrize("kind", ["qwen3", "llama"])
@pytest.mark.parametrize("beams", [2, 5])
def test_beams_are_those_of_transformers(kind: str, beams: int) -> None:
    """Its beam search, renormalised after masking and without a length penalty, keeps the same prefixes."""
    model = make_model(kind)
    found = rank(model, PROMPTS, TokenCatalogue.of(CODES, END), beams).dense()
    follow: dict[tuple[int, ...], list[int]] = {}
    for code in CODES:
        for depth in range(3):
            follow.setdefault(tuple(code[:depth]), []).append(code[depth])

    def allow(begin: int, _: int, ids: torch.Tensor) -> list[int]:
        return follow.get(tuple(ids[begin:].tolist()), [END])

    for prompt, scores in zip(PROMPTS, found, strict=True):
        told = model.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.long),
            num_beams=beams,
            num_return_sequences=beams,
            max_new_tokens=4,
            do_sample=False,
            eos_token_id=END,
            length_penalty=0.0,
            renormalize_logits=True,
            return_dict_in_generate=True,
            output_scores=True,
            prefix_allowed_tokens_fn=partial(allow, len(prompt)),
        )
        theirs = [CODES.index(row[len(prompt) : len(prompt) + 3].tolist()) for row in told.sequences]
        np.testing.assert_allclose(scores[theirs], told.sequences_scores.numpy(), atol=1e-5)
        best = np.argsort(-scores, kind="stable")[:beams]
        assert set(best[:1]) <= set(theirs) and scores[best].sum() >= scores[theirs].sum() - 1e-5


def test_more_beams_reach_more() -> None:
    model, catalogue = make_model(), TokenCatalogue.of(CODES, END)
    reached = [np.isfinite(rank(model, PROMPTS, catalogue, beams).dense()) for beams in (1, 2, 4, 8, 60)]
    for fewer, more in pairwise(reached):
        assert (fewer.sum(axis=1) <= more.sum(axis=1)).all()
    assert (reached[0].sum(axis=1) >= 1).all() and reached[-1].all()


def test_items_with_the_same_tokens_tie() -> None:
    found = rank(make_model(), PROMPTS, TokenCatalogue.of(TITLES, END), beams=9).dense()
    assert (found[:, 0] == found[:, 6]).all() and (found[:, 4] == found[:, 8]).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("items", [CODES, TITLES], ids=["codes", "titles"])
@pytest.mark.parametrize("beams", [1, 3, 60])
def test_an_answer_does_not_depend_on_the_other_prompts(dtype: torch.dtype, items: list[list[int]], beams: int) -> None:
    rng = np.random.default_rng(0)
    prompts = [rng.integers(1, 99, int(rng.integers(1, 40))).tolist() for _ in range(11)]
    model, catalogue = make_model(dtype=dtype), TokenCatalogue.of(items, END)
    together = rank(model, prompts, catalogue, beams, batch=4).dense()
    backwards = rank(model, prompts[::-1], catalogue, beams, batch=4).dense()
    alone = np.concatenate([rank(model, [prompt], catalogue, beams, batch=4).dense() for prompt in prompts])
    np.testing.assert_array_equal(together, backwards[::-1])
    np.testing.assert_array_equal(together, alone)
    assert np.isfinite(together).any(axis=1).all()


def test_padding_and_batch_change_rounding_only() -> None:
    model, catalogue = make_model(), TokenCatalogue.of(TITLES, END)
    one, other = (rank(model, PROMPTS, catalogue, 9, batch=batch).dense() for batch in (1, 8))
    np.testing.assert_allclose(one, other, atol=1e-5)


@pytest.mark.parametrize("weight", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("items", [CODES, TITLES], ids=["codes", "titles"])
def test_a_prior_is_mixed_in(weight: float, items: list[list[int]]) -> None:
    model, catalogue = make_model(), TokenCatalogue.of(items, END)
    share = np.random.default_rng(0).dirichlet(np.full(len(items), 0.1), len(PROMPTS))
    share[2] = 0
    wanted = np.exp(rank(model, PROMPTS, catalogue, len(items)).dense())
    own = np.where(share.sum(axis=1) > 0, weight, 0)[:, None]
    found = rank(model, PROMPTS, catalogue, len(items), prior=Prior(share, weight)).dense()
    np.testing.assert_allclose(np.exp(found), (1 - own) * wanted + own * share, atol=1e-6)


def test_a_prior_steers_few_beams() -> None:
    model, catalogue = make_model(), TokenCatalogue.of(CODES, END)
    worst = rank(model, PROMPTS, catalogue, len(CODES)).dense().argmin(axis=1)
    share = np.eye(len(CODES))[worst]
    found = rank(model, PROMPTS, catalogue, 1, prior=Prior(share, 0.9)).dense()
    assert (found.argmax(axis=1) == worst).all()


def test_one_item_is_certain_and_needs_no_model() -> None:
    found = rank(make_model(), PROMPTS, TokenCatalogue.of([[1, 2]], END), 1).dense()
    assert (found == 0).all()
    assert rank(make_model(), [], TokenCatalogue.of([[1, 2]], END), 1).dense().shape == (0, 1)


def test_what_cannot_be_asked_is_an_error() -> None:
    model, catalogue = make_model(), TokenCatalogue.of(CODES, END)
    for arguments, reason in (
        (([[]], catalogue, 1), "empty"),
        (([[1]], catalogue, 0), "beams"),
        (([[1]], catalogue, 1, 0), "batches"),
        (([[1]], catalogue, 1, 1, Prior(np.ones((2, 2)), 0.5)), "shape"),
        (([[1]], catalogue, 1, 1, Prior(np.ones((1, len(CODES))), 0.5)), "distribution"),
        (([[1]], catalogue, 1, 1, Prior(np.zeros((1, len(CODES))), 2)), "weight"),
    ):
        with pytest.raises(BenchError, match=reason):
            rank(model, *arguments)  # type: ignore[arg-type]
