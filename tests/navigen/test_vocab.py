"""Code tokens in a vocabulary: whole, reversible, and without a trace on the rows that were there before."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from transformers import Qwen3Config, Qwen3ForCausalLM

from bench.errors import BenchError
from bench.rng import stream
from navigen.base import fresh_model
from navigen.prompt import Renderer
from navigen.recipe import ROWS
from navigen.vocab import add_tokens, begin_rows, grow
from tests.navigen.little import identify, make_tokenizer

TOKENS = identify().tokens()


def make_pair(tied: bool = True, spare: int = 0) -> tuple[Any, Any]:
    tokenizer = make_tokenizer()
    config = Qwen3Config(
        vocab_size=len(tokenizer) + spare,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=1,
        num_key_value_heads=1,
        head_dim=32,
        tie_word_embeddings=tied,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return Qwen3ForCausalLM(config), tokenizer


def tables(model: Any) -> list[torch.Tensor]:
    return [part.weight.detach().clone() for part in (model.get_input_embeddings(), model.get_output_embeddings())]


def test_a_code_is_its_atoms_and_text_comes_back() -> None:
    tokenizer = make_tokenizer()
    ids = add_tokens(tokenizer, TOKENS)
    assert len(set(ids)) == len(TOKENS)
    for item in identify().written:
        text = f'x{item.code}é "{item.code}",{item.code} '
        found = tokenizer(text, add_special_tokens=False)["input_ids"]
        assert sum(token in set(ids) for token in found) == 12
        assert tokenizer.convert_ids_to_tokens(tokenizer(item.code, add_special_tokens=False)["input_ids"]) == [
            "<|cid_begin|>",
            *(f"{part}>" for part in item.code.removeprefix("<|cid_begin|>").split(">")[:2]),
            "<|cid_end|>",
        ]
        assert tokenizer.decode(found) == text
        assert tokenizer.decode(found, skip_special_tokens=True) == text
    for text in (Renderer().answer_code(identify().written[0]), "<s_a_99>", "<s_a_1", "< s_a_1>"):
        assert tokenizer.decode(tokenizer(text, add_special_tokens=False)["input_ids"]) == text


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("spare", [0, 7, 100])
def test_old_rows_stay_bit_by_bit_and_new_ones_are_numbers(rows: str, tied: bool, spare: int) -> None:
    model, tokenizer = make_pair(tied, spare)
    size, before = len(tokenizer), tables(model)
    new = grow(model, tokenizer, TOKENS, rows, identify().centroids(), 0)
    after = tables(model)
    assert new == list(range(size, size + len(TOKENS))) == tokenizer.convert_tokens_to_ids(TOKENS)
    held = max(size + len(TOKENS), size + spare)
    assert model.config.vocab_size == held
    assert (model.get_input_embeddings().weight is model.get_output_embeddings().weight) == tied
    for old, grown in zip(before, after, strict=True):
        assert len(grown) == held
        assert torch.equal(grown[:size], old[:size])
        assert torch.equal(grown[size + len(TOKENS) :], old[size + len(TOKENS) :])  # what is spare still
        assert torch.isfinite(grown).all()
        if rows != "mean":  # which is one point but for a hair's breadth
            assert 0.05 < float(grown[new].std() / old.std()) < 2
        assert len(torch.unique(grown[new], dim=0)) == len(TOKENS)
    assert torch.equal(*after) == tied
    with torch.no_grad():
        assert model(torch.tensor([new[:5]])).logits.shape[-1] == held


def test_ways_differ_as_they_say() -> None:
    old = stream(1, "old rows").standard_normal((500, 32)) * 0.02 + 0.5
    begun = {rows: begin_rows(TOKENS, old, rows, identify().centroids(), stream(0, rows)) for rows in ROWS}
    mean, near, centred, drawn = (begun[rows] for rows in ("mean", "near", "centroids", "random"))
    assert 0 < np.abs(mean - old.mean(axis=0)).max() < 1e-5
    assert (near - old.mean(axis=0)).std() == pytest.approx(0.1 * 0.02, rel=0.1)
    assert abs(drawn.mean()) < 0.01 and drawn.std() == pytest.approx(0.02, rel=0.1)
    assert np.abs(centred - old.mean(axis=0)).std() > 3 * np.abs(near - old.mean(axis=0)).std()
    marks = [place for place, token in enumerate(TOKENS) if token not in identify().centroids()]
    assert [TOKENS[place] for place in marks] == ["<|cid_begin|>", "<|cid_end|>"]
    assert np.abs(centred[marks] - old.mean(axis=0)).max() < 0.02


def test_the_mean_is_where_transformers_begins() -> None:
    """Column by column the spread of new rows is that of transformers' own resizing, and so is their mean."""
    tokens = [f"<s_a_{number}>" for number in range(400)]
    (theirs, tokenizer), (ours, _) = make_pair(), make_pair()
    scale = torch.linspace(0.5, 50, 32)  # columns of very different spread
    for model in (theirs, ours):
        with torch.no_grad():
            model.get_input_embeddings().weight.mul_(scale).add_(0.01 * scale)
    size, old = len(tokenizer), tables(ours)[0].double()
    with torch.random.fork_rng():
        torch.manual_seed(1)
        theirs.resize_token_embeddings(size + len(tokens), mean_resizing=True)
    grow(ours, tokenizer, tokens, "mean", {}, 0)
    wanted, found = tables(theirs)[0][size:].double(), tables(ours)[0][size:].double()
    ratio = found.std(dim=0) / wanted.std(dim=0)
    assert ((ratio > 0.5) & (ratio < 2)).all()
    assert (wanted.std(dim=0) / old.std(dim=0)).median() < 1e-4  # transformers did draw, and no more than that
    apart = (found.mean(dim=0) - wanted.mean(dim=0)).abs() / old.std(dim=0)
    assert apart.max() < 1e-5


def test_rows_of_near_centroids_are_near() -> None:
    centroids = {f"<s_a_{number}>": row for number, row in enumerate(stream(2, "near").standard_normal((40, 16)))}
    old = stream(1, "old rows").standard_normal((200, 32)) * 0.02
    begun = begin_rows(list(centroids), old, "centroids", centroids, stream(0, "x"))

    def apart(rows: Any) -> np.ndarray[Any, Any]:
        away = np.linalg.norm(rows[:, None] - rows[None], axis=-1)
        return away[np.triu_indices(len(rows), 1)]

    wanted, found = apart(np.stack(list(centroids.values()))), apart(begun)
    assert np.corrcoef(wanted, found)[0, 1] > 0.95
    plain = begin_rows(list(centroids), old, "mean", centroids, stream(0, "x"))
    assert abs(np.corrcoef(wanted, apart(plain))[0, 1]) < 0.3


def test_growing_again_adds_nothing_and_the_same_seed_grows_the_same() -> None:
    found = []
    for seed in (0, 0, 1):
        model, tokenizer = make_pair()
        new = grow(model, tokenizer, TOKENS, "centroids", identify().centroids(), seed)
        once = tables(model)[0]
        assert grow(model, tokenizer, TOKENS, "centroids", identify().centroids(), seed) == []
        assert torch.equal(tables(model)[0], once)
        more = grow(model, tokenizer, [*TOKENS, "<s_a_77>"], "mean", {}, seed)
        assert more == [new[-1] + 1] and torch.equal(tables(model)[0][: len(once)], once)
        found.append(once)
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


def test_mistakes_are_errors() -> None:
    model, tokenizer = make_pair()
    with pytest.raises(BenchError, match="centroids"):
        grow(model, tokenizer, TOKENS, "centroid", {}, 0)
    small = fresh_model(tokenizer, 32, 1, 0)
    add_tokens(tokenizer, ["<s_a_500>"])
    with pytest.raises(BenchError, match="fewer embedding rows"):
        grow(small, tokenizer, TOKENS, "mean", {}, 0)
