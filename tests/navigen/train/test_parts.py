"""Training of a part of a model: new rows of the vocabulary, or an adapter; the rest stays as it is, bit by bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from bench.errors import BenchError
from navigen.train.stage import train_stage
from navigen.train.trainee import adapt, prepared
from tests.navigen.train.tiny import NEW, make_documents, make_model, make_stage, train, weights_of

OLD = [index for index in range(40) if index not in NEW]


def changed(model: Any, before: dict[str, torch.Tensor]) -> set[str]:
    after = weights_of(model)
    assert {*after} == {*before}
    return {name for name, value in before.items() if not torch.equal(value, after[name])}


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.3])
def test_only_new_rows_move(tied: bool, decay: float) -> None:
    model = make_model(tied)
    before = weights_of(model)
    train(model, trainable="rows", decay=decay)
    assert changed(model, before) == {"model.embed_tokens.weight", "lm_head.weight"}
    for table in (model.model.embed_tokens, model.lm_head):
        name = "lm_head.weight" if table is model.lm_head else "model.embed_tokens.weight"
        assert torch.equal(table.weight[OLD], before[name][OLD])
        assert (table.weight[list(NEW)] != before[name][list(NEW)]).any(1).all()
    assert (model.lm_head.weight is model.model.embed_tokens.weight) is tied
    assert type(model.model.embed_tokens) is torch.nn.Embedding and not model.training
    assert all(weight.requires_grad for weight in model.parameters())


@pytest.mark.parametrize("tied", [True, False])
def test_a_full_head_is_an_own_copy(tied: bool, tmp_path: Path) -> None:
    model = make_model(tied)
    before = weights_of(model)
    train(model, trainable="rows", head="full")
    assert changed(model, before) == {"model.embed_tokens.weight", "lm_head.weight"}
    assert torch.equal(model.model.embed_tokens.weight[OLD], before["model.embed_tokens.weight"][OLD])
    assert (model.lm_head.weight[OLD] != before["lm_head.weight"][OLD]).any()
    model.save_pretrained(tmp_path)
    stored = AutoModelForCausalLM.from_pretrained(tmp_path)
    assert not changed(stored, weights_of(model))
    assert not stored.config.tie_word_embeddings


@pytest.mark.parametrize("tied", [True, False])
def test_rows_take_the_steps_that_a_masked_gradient_takes(tied: bool) -> None:
    """Oracle: the whole tables trained without decay, the gradient of old rows set to zero."""
    model, own = make_model(tied), make_model(tied)
    documents = make_documents(4, longest=8)
    train_stage(model, documents, [], make_stage(trainable="rows", batch=99, warmup=0.0, clip=0.0), new_rows=NEW)
    own.requires_grad_(False)
    tables = list({id(part.weight): part.weight for part in (own.model.embed_tokens, own.lm_head)}.values())
    optimiser = torch.optim.AdamW([table.requires_grad_() for table in tables], lr=1e-3, weight_decay=0.0)
    learnt = sum(int(document.learn[1:].sum()) for document in documents)
    for rate in (1e-3, 5e-4):
        for document in documents:
            labels = torch.from_numpy(document.ids.copy())
            labels[torch.from_numpy(~document.learn)] = -100
            logits = own(input_ids=torch.from_numpy(document.ids)[None]).logits[0]
            (torch.nn.functional.cross_entropy(logits[:-1], labels[1:], reduction="sum") / learnt).backward()
        for table in tables:
            assert table.grad is not None
            table.grad[OLD] = 0
        optimiser.param_groups[0]["lr"] = rate
        optimiser.step()
        optimiser.zero_grad()
    for name, value in weights_of(own).items():
        torch.testing.assert_close(weights_of(model)[name], value, atol=1e-5, rtol=1e-4)


def test_a_spliced_model_is_the_model() -> None:
    for tied in (True, False):
        model = make_model(tied)
        ids = torch.arange(20, 40)[None]
        with torch.no_grad():
            expected = model(input_ids=ids).logits
            with prepared(model, make_stage(trainable="rows"), NEW) as trainee:
                assert len(trainee.weights) == 2 - tied
                found = trainee.head(trainee.decoder(input_ids=ids)[0])
        torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)  # products of other shapes round otherwise


@pytest.mark.parametrize(
    ("rows", "words"), [((), "each once"), ((1, 1), "each once"), ((39, 40), "the table has 40"), ((-1,), "from -1")]
)
def test_rows_that_cannot_be_are_refused(rows: tuple[int, ...], words: str) -> None:
    model = make_model()
    before = weights_of(model)
    with pytest.raises(BenchError, match=words):
        train_stage(model, make_documents(), [], make_stage(trainable="rows"), new_rows=rows)
    assert not changed(model, before) and all(weight.requires_grad for weight in model.parameters())


@pytest.mark.parametrize("tied", [True, False])
def test_an_adapter_leaves_the_base_alone_and_merges(tied: bool) -> None:
    base = make_model(tied)
    before = weights_of(base)
    stage = make_stage(trainable="lora", rank=4, rate=0.01)
    model = adapt(base, stage, 0)
    assert adapt(model, stage, 0) is model
    initial = weights_of(model)
    course = train(model, trainable="lora", rank=4, rate=0.01)
    assert course.history[-1]["loss"] < course.history[0]["loss"]
    moved = changed(model, initial)
    assert moved and all("lora_" in name for name in moved)
    plain = {
        name.replace("base_model.model.", "").replace("base_layer.", ""): value
        for name, value in weights_of(model).items()
    }
    assert all(torch.equal(plain[name], value) for name, value in before.items())
    ids = torch.arange(8)[None]
    with torch.no_grad():
        adapted = model(input_ids=ids).logits
        merged = adapt(model, make_stage(), 0)
        torch.testing.assert_close(merged(input_ids=ids).logits, adapted, atol=1e-5, rtol=1e-5)
    assert changed(merged, before)
    assert train(merged).finished


def test_an_adapter_is_drawn_by_its_seed() -> None:
    stage = make_stage(trainable="lora", rank=4)
    first, again, other = (weights_of(adapt(make_model(), stage, seed)) for seed in (0, 0, 1))
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    assert any(not torch.equal(value, other[name]) for name, value in first.items())


def test_an_adapter_for_no_layer_is_refused() -> None:
    with pytest.raises(BenchError, match="targets=nowhere"):
        adapt(make_model(), make_stage(trainable="lora", targets=("nowhere",)), 0)
