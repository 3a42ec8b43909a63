"""The loss of packed documents: what it is, what it hangs on, and what it does not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from navigen.train.batch import Batch, make_batch
from navigen.train.documents import Document, lay_out
from navigen.train.objective import Objective
from navigen.train.trainee import prepared
from tests.navigen.train.tiny import make_documents, make_model, make_stage

CPU = torch.device("cpu")
MODELS = {tied: make_model(tied) for tied in (True, False)}


def measure(documents: list[Document], packs: list[list[int]], model: Any = MODELS[True], flat: bool = False) -> Any:
    """The summed loss of every document, and the gradient of all weights."""
    corpus = lay_out(documents, 100)
    return run(model, make_batch(corpus, packs, CPU, flat), len(corpus.names))


def run(model: Any, batch: Batch, tasks: int) -> Any:
    with prepared(model, make_stage(), ()) as trainee:
        model.zero_grad()
        loss, by_task = Objective(trainee, tasks, False)(batch)
        loss.backward()
        torch.testing.assert_close(by_task.sum(), loss.detach())
        return by_task, torch.cat([weight.grad.flatten() for weight in trainee.weights.values()])


def named(documents: list[Document]) -> list[Document]:
    """The documents, each as a task of its own, so that the losses by task are the losses by document."""
    return [replace(document, task=f"{index:02d}") for index, document in enumerate(documents)]


def alone(model: Any, document: Document) -> float:
    """Loss of a document by transformers: no packing, no gathering, labels of -100."""
    labels = torch.from_numpy(np.where(document.learn, document.ids, -100))[None]
    with torch.no_grad():
        mean = model(input_ids=torch.from_numpy(document.ids)[None], labels=labels).loss
    return float(mean) * int(document.learn[1:].sum())


@pytest.mark.parametrize("tied", [True, False])
@pytest.mark.parametrize("flat", [False, True])
@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_packed_documents_have_the_loss_they_have_alone(tied: bool, flat: bool, attention: str) -> None:
    model, documents = make_model(tied, attn_implementation=attention), named(make_documents(9))
    found, _ = measure(documents, [[0, 3, 1], [2], [8, 4, 5, 6, 7]], model, flat)
    expected = [alone(model, document) for document in documents]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-6, atol=1e-6)


def test_layers_with_a_window_keep_documents_apart_too() -> None:
    model = make_model(use_sliding_window=True, sliding_window=4, max_window_layers=1)
    documents = named(make_documents(6))
    found, _ = measure(documents, [[0, 3, 1], [2, 4, 5]], model)
    np.testing.assert_allclose(found.numpy(), [alone(model, one) for one in documents], rtol=1e-6, atol=1e-6)


@settings(max_examples=8)
@given(some.permutations(range(8)), some.integers(1, 7))
def test_order_in_a_pack_padding_and_packs_do_not_matter(order: list[int], cut: int) -> None:
    documents = named(make_documents(8))
    first, slope = measure(documents, [list(range(8))])
    second, other = measure(documents, [order[:cut], order[cut:]])
    torch.testing.assert_close(first, second, rtol=1e-5, atol=1e-6)
    torch.testing.assert_close(slope, other, rtol=1e-4, atol=1e-5)


def test_padding_is_never_trained() -> None:
    documents = [Document(document.ids, document.learn, "a") for document in make_documents(2)]
    batch = make_batch(lay_out(documents, 100), [[0], [1]], CPU)
    wider = replace(
        batch,
        ids=torch.nn.functional.pad(batch.ids, (0, 5)),
        positions=torch.nn.functional.pad(batch.positions, (0, 5)),
        sources=batch.sources // batch.ids.shape[1] * (batch.ids.shape[1] + 5) + batch.sources % batch.ids.shape[1],
    )
    assert batch.ids.shape[0] == 2 and wider.ids.shape[1] == batch.ids.shape[1] + 5
    first, slope = run(MODELS[False], batch, 1)
    second, other = run(MODELS[False], wider, 1)
    torch.testing.assert_close(first, second, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(slope, other, rtol=1e-5, atol=1e-6)
    with prepared(MODELS[False], make_stage(), ()):
        assert not MODELS[False].model.embed_tokens.weight.grad[0].any()  # id 0 is only ever a pad


def test_only_learnt_tokens_contribute() -> None:
    """The last token is only a target, so if it is not learnt it may be any; a learnt one may not."""
    first, second = make_documents(2)
    for learnt in (False, True):
        mask = first.learn.copy()
        mask[-1], mask[1] = learnt, True
        other = first.ids.copy()
        other[-1] = other[-1] % 30 + 1
        packed = [named([Document(ids, mask, ""), second]) for ids in (first.ids, other)]
        (loss, slope), (changed, moved) = (measure(documents, [[0, 1]]) for documents in packed)
        assert torch.equal(loss, changed) is not learnt
        assert torch.allclose(slope, moved, atol=1e-7) is not learnt


def test_the_first_token_is_never_learnt() -> None:
    document = make_documents(1)[0]
    masks = [document.learn.copy() for _ in range(2)]
    masks[0][0], masks[1][0] = True, False
    one, other = (measure([Document(document.ids, mask, "a")], [[0]])[0] for mask in masks)
    assert torch.equal(one, other)


def test_nothing_is_seen_of_another_document() -> None:
    documents = named(make_documents(4))
    changed = [*documents[:1], replace(documents[1], ids=documents[1].ids % 30 + 1), *documents[2:]]
    pack = [[0, 1, 2, 3]]
    (before, _), (after, _) = measure(documents, pack), measure(changed, pack)
    assert [index for index in range(4) if before[index] != after[index]] == [1]


@pytest.mark.parametrize("tied", [True, False])
def test_frugal_logits_are_the_same(tied: bool) -> None:
    corpus = lay_out(make_documents(8), 100)
    batch = make_batch(corpus, [[0, 1, 2, 3], [4, 5, 6, 7]], CPU)
    found = []
    for frugal in (False, True):
        with prepared(MODELS[tied], make_stage(checkpointing=frugal), ()) as trainee:
            MODELS[tied].zero_grad()
            objective = Objective(trainee, 2, frugal).train()
            loss, _ = objective(batch)
            loss.backward()
            found.append((loss.detach(), torch.cat([weight.grad.flatten() for weight in trainee.weights.values()])))
    torch.testing.assert_close(found[0], found[1], rtol=1e-5, atol=1e-6)


def test_no_pack_is_a_loss_of_nothing() -> None:
    loss, slope = run(MODELS[True], make_batch(lay_out(make_documents(), 100), [], CPU), 2)
    assert not loss.any() and not slope.any()
