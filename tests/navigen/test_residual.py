"""A residual head beside a language model: it learns in the same steps, ranks in one pass, and is kept with it."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from baselines.language import TextIds
from bench.api import Context
from bench.errors import BenchError
from navigen.corpus import to_documents, training_rows
from navigen.decode.language import Prior
from navigen.decode.residual import Residual, rank_residual
from navigen.decode.trie import Trie
from navigen.pipeline import Making
from navigen.prior.guide import Guide
from navigen.system import Tuned
from navigen.train.batch import make_batch
from navigen.train.documents import lay_out
from tests.navigen.little import (
    TINY,
    identify,
    make_queries,
    make_system,
    make_tokenizer,
    make_train,
    make_whole,
    trained,
)
from tests.navigen.models import make_model

CODES = np.array([[a, b, c] for a in range(3) for b in range(3) for c in range(4) if (a + 2 * b + c) % 3])
PROMPTS = [[5, 6, 7], list(range(10, 30)), [8] * 16, [40, 3, 77, 51, 9], list(range(20, 70))]
FOLDER = tempfile.TemporaryDirectory(prefix="little-residual-")
LEARNT: dict[str, Any] = {"residual": 1.0, "ranker": "residual", "full_epochs": 3.0, "views": 2}


class KilledError(Exception):
    pass


@cache
def learnt() -> tuple[Any, Path]:
    work = Path(FOLDER.name)
    system = make_system(work, **LEARNT)
    system.fit(make_train())
    return system, work / "policy"


def head_of(system: Any) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = system.policy.residual.state_dict()
    return found


def test_items_have_the_product_of_their_levels() -> None:
    model, head = make_model(), Residual(CODES, 32, 3, 1.0).eval()
    found = rank_residual(model, head, PROMPTS, 4).dense()
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, atol=1e-5)
    trie = Trie.of(CODES)
    for prompt, row in zip(PROMPTS, found, strict=True):
        with torch.no_grad():
            state = head.narrow(model.base_model(torch.tensor([prompt]))[0][:, -1])
            for item, code in enumerate(CODES):
                total, node = 0.0, np.zeros(1, dtype=np.int64)
                for level, part in enumerate(code):
                    children, _ = trie.children(node)
                    vectors = head.node_vectors(level)[children - trie.nodes(level + 1).start]
                    scores = (head.level_states(state, level) @ vectors.T).log_softmax(1)[0]
                    node = trie.step(node, np.array([part]))
                    total += float(scores[int(np.flatnonzero(children == node[0])[0])])
                assert row[item] == pytest.approx(total, abs=1e-4)


def test_neighbours_change_nothing_and_a_prior_is_mixed_in() -> None:
    model, head = make_model(), Residual(CODES, 32, 3, 1.0).eval()
    together = rank_residual(model, head, PROMPTS, 4).dense()
    assert (together == rank_residual(model, head, PROMPTS[::-1], 4).dense()[::-1]).all()
    assert (together == np.concatenate([rank_residual(model, head, [one], 4).dense() for one in PROMPTS])).all()
    share = np.random.default_rng(0).dirichlet(np.full(len(CODES), 0.1), len(PROMPTS))
    share[1] = 0
    for weight in (0.0, 0.3, 1.0):
        own = np.where(share.sum(axis=1) > 0, weight, 0)[:, None]
        found = rank_residual(model, head, PROMPTS, 4, Prior(share, weight))
        np.testing.assert_allclose(np.exp(found.dense()), (1 - own) * np.exp(together) + own * share, atol=1e-7)
        np.testing.assert_array_equal(replace(found, log_p=found.own).dense(), together)


def test_the_loss_is_that_of_the_goals_and_reaches_the_states() -> None:
    head, rng = Residual(CODES, 32, 3, 0.5).eval(), np.random.default_rng(1)
    states = torch.from_numpy(rng.standard_normal((6, 32))).float().requires_grad_()
    goals = torch.from_numpy(rng.integers(0, len(CODES), 6))
    loss = head.loss(states, goals)
    wanted = sum(-0.5 * float(head(states[[row]]).detach()[0, goals[row]]) for row in range(6))
    assert loss.item() == pytest.approx(wanted, rel=1e-5)
    (slope,) = torch.autograd.grad(loss, states)
    step = 1e-2 * slope / slope.norm()
    change = (head.loss(states + step, goals) - head.loss(states - step, goals)).item() / 2
    assert change == pytest.approx(float((slope * step).sum()), rel=0.02)


def test_the_head_is_asked_before_each_item_and_before_the_answer() -> None:
    train, identified, tokenizer = make_train(), identify(), make_tokenizer()
    tokenizer.add_tokens(identified.tokens())
    rows = [row for row in training_rows(train, identified, make_system(residual=1.0)) if row.task == "cid2cid"]
    codes = {item.code: number for number, item in enumerate(identified.written)}
    documents = to_documents(tokenizer, rows, codes)
    for row, document in zip(rows, documents, strict=True):
        assert document.goals is not None
        places = np.flatnonzero(document.goals >= 0)
        assert [identified.written[number] for number in document.goals[places]] == list(row.items)
        for place in places.tolist():
            following = tokenizer.decode(document.ids[place + 1 : place + 26].tolist())
            assert identified.written[int(document.goals[place])].code in following
        assert tokenizer.decode(document.ids[: places[-1] + 1].tolist()).endswith("<|im_start|>assistant\n")
    corpus = lay_out(documents, 1000)
    batch = make_batch(corpus, [[0, 1], [2]], torch.device("cpu"))
    flat = batch.ids.flatten()
    wanted = np.concatenate([one.ids[(one.goals if one.goals is not None else one.ids) >= 0] for one in documents[:3]])
    assert flat[batch.asked].tolist() == wanted.tolist()
    assert batch.goals.tolist() == [int(goal) for one in documents[:3] for goal in one.goals[one.goals >= 0]]  # type: ignore[index]
    plain = to_documents(tokenizer, [replace(row, items=()) for row in rows])
    assert all(one.goals is None and (one.ids == two.ids).all() for one, two in zip(plain, documents, strict=True))


def test_it_learns_and_answers_as_its_checkpoint_does() -> None:
    (system, folder), train, queries = learnt(), make_train(), make_queries()
    loaded = Tuned(**TINY, checkpoint=str(folder), ranker="residual", context=Context(1))
    loaded.fit(train)
    assert all(torch.equal(value, head_of(system)[name]) for name, value in head_of(loaded).items())
    assert all(torch.equal(value, value.bfloat16().float()) for value in head_of(loaded).values())
    assert list(loaded.rank(queries, 9)) == list(system.rank(queries, 9))
    (found,) = system.policy.rank(queries)
    assert np.isfinite(found).all()
    places = [int(walk[-1][1:]) for walk in train.sequences.values()]
    asked = [replace(query, history=query.history[:-1]) for query in queries[: len(places)]]
    (rows,) = system.policy.rank(asked)
    assert rows[np.arange(len(places)), places].mean() > -np.log(20) + 0.3
    beams = Tuned(**TINY, checkpoint=str(folder), context=Context(1))
    beams.fit(train)
    assert list(beams.rank(queries, 9)) != list(system.rank(queries, 9))
    guided = Tuned(**TINY, checkpoint=str(folder), ranker="residual", prior="transitions", prior_weight=0.4)
    guided.fit(train)
    share = Guide.of("transitions", train).prior(queries).share
    own = np.where(share.sum(axis=1) > 0, 0.4, 0)[:, None]
    assert guided.policy is not None
    (mixed,) = guided.policy.rank(queries)
    np.testing.assert_allclose(np.exp(mixed), (1 - own) * np.exp(found) + own * share, atol=1e-6)


@pytest.mark.parametrize("lora", [0, 4])
def test_training_that_was_killed_goes_on_to_the_same_head(tmp_path: Path, lora: int) -> None:
    values = {**LEARNT, "lora": lora, "batch": 2}
    whole = make_system(**values)
    whole.fit(make_train())

    def kill(name: str, done: int, total: int) -> None:
        if name == "full" and done > total * 3 // 4:
            raise KilledError

    with pytest.raises(KilledError):
        Tuned(**{**TINY, "embed_epochs": 1.0, **values}, context=Context(1, tmp_path, progress=kill)).fit(make_train())
    again = make_system(tmp_path, **values)
    again.fit(make_train())
    assert all(torch.equal(value, head_of(whole)[name]) for name, value in head_of(again).items())
    with pytest.raises(BenchError, match="another stage, seed, model or documents"):
        Making(make_system(**{**values, "residual": 2.0}), make_train(), Context(1, tmp_path)).run()


def test_what_has_no_head_cannot_rank_by_it(tmp_path: Path) -> None:
    for values, reason in (
        ({"ranker": "residual"}, "residual=1"),
        ({"ranker": "heads"}, "beams"),
        ({"residual": -1.0}, "weight"),
        ({"residual": 1.0, "stage": "embed"}, "stage=full"),
        ({**LEARNT, "constrained": False}, "constrained=true"),
    ):
        with pytest.raises(BenchError, match=reason):
            make_system(**values)
    with pytest.raises(BenchError, match="codes"):
        TextIds(**TINY, residual=1.0)
    with pytest.raises(BenchError, match=r"reinforce\.steps=0"):
        make_whole(residual=1.0)
    with pytest.raises(BenchError, match="no residual head"):
        Tuned(**TINY, checkpoint=str(trained()[1]), ranker="residual").fit(make_train())
    _, folder = learnt()
    copy = tmp_path / "policy"
    copy.mkdir()
    for path in folder.iterdir():
        if path.name != "residual.safetensors":
            (copy / path.name).write_bytes(path.read_bytes())
    with pytest.raises(BenchError, match="no residual head for these codes"):
        Tuned(**TINY, checkpoint=str(copy), ranker="residual").fit(make_train())
