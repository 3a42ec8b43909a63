"""What an answer draws depends on nothing but its own stream; and draws follow the model's distribution."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from bench.errors import BenchError
from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.rollout import Sampler, pick
from navigen.train.grpo.settings import Question
from tests.navigen.grpo.toy import KINDS, SHOP, adapted, ask, catalogue, make_model, questions, settings, tokenizer


def sample(asked: list[Question], slots: list[int], copies: int = 3, model: Any = None, **values: Any) -> list[Rollout]:
    speech = Speech(tokenizer(), catalogue(), settings(**{"tokens": 70, "thought_tokens": 70} | values))
    return Sampler(model or make_model(), speech).answer(asked, slots, copies, 0, "test", 5)


def test_neither_batch_nor_order_nor_neighbours_matter() -> None:
    asked = questions(*KINDS, number=2)
    expected = {one.slot: [] for one in sample(asked, list(range(len(asked))))}  # type: ignore[var-annotated]
    for one in sample(asked, list(range(len(asked)))):
        expected[one.slot].append(one.ids.tolist())
    assert max(len(ids) for answers in expected.values() for ids in answers) > 70  # so blocks of draws are renewed
    for batch in (1, 5, 64):
        order = np.random.default_rng(batch).permutation(len(asked)).tolist()[: 4 if batch == 1 else None]
        found = sample([asked[slot] for slot in order], order, batch=batch)
        assert [one.ids.tolist() for one in found] == [ids for slot in order for ids in expected[slot]]


def test_other_seeds_steps_slots_and_copies_draw_otherwise() -> None:
    one = ask("prefix")
    texts = [rollout.text for rollout in sample([one, one], [0, 1], 4)]
    assert len(set(texts)) == 8


def test_trie_answers_follow_the_model() -> None:
    """Answers to one question against the exact distribution over the catalogue."""
    from navigen.decode.language import rank

    question, model, number = ask("trie"), make_model(), 3000
    found = sample([question], [0], number, batch=256)
    counts = Counter(one.text for one in found)
    prompt = tokenizer()(question.prompt, add_special_tokens=False)["input_ids"]
    log_p = rank(model, [prompt], catalogue(), 50).dense()[0]
    names = [f'{{"target_cid":"{name}"}}' for name in SHOP]
    assert set(counts) <= set(names)
    assert chisquare([counts[name] for name in names], np.exp(log_p) * number).pvalue > 1e-3


def test_free_answers_follow_the_model() -> None:
    question, model, number = ask("free", 2), make_model(), 4000
    found = sample([question], [0], number, batch=256, tokens=1, temperature=0.5)
    with torch.no_grad():
        logits = model(torch.tensor([found[0].prompt.tolist()])).logits[0, -1].double()
    shares = (logits / 0.5).softmax(-1).numpy()
    counts = np.bincount([int(one.ids[0]) for one in found], minlength=len(shares))
    often = shares * number >= 8
    seen = [*counts[often], counts[~often].sum()]
    assert chisquare(seen, np.array([*shares[often], shares[~often].sum()]) * number).pvalue > 1e-3


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    logits = torch.log(torch.tensor([[0.1, 0.5, 0.15, 0.25]])).repeat(1000, 1)
    points = (np.arange(1000) + 0.5) / 1000
    chosen, log_p = pick(logits, points, 0.7)
    assert Counter(chosen) == Counter({1: 667, 3: 333})
    assert log_p[0] == pytest.approx(np.log(0.5))
    edges, _ = pick(torch.tensor([[0.0, -np.inf], [-np.inf, 0.0]]), np.array([1 - 2**-53, 0.0]), 1.0)
    assert edges == [0, 1]  # what cannot be is never drawn, at either end


def test_thoughts_close_by_themselves_or_are_closed() -> None:
    model = make_model()
    found = sample(questions("thought"), list(range(6)), 4, model, thought_tokens=3, tokens=2)
    for one in found:
        assert one.text.startswith("<think>\n") and one.text.count("</think>\n\n{") == 1
        assert int(one.learn.sum()) <= 5 and tokenizer().eos_token_id not in one.ids[:-1]
    speech = Speech(tokenizer(), catalogue(), settings(thought_tokens=50))
    from navigen.train.grpo.answer import Answer

    for text in ("why\n</think>\n\n", "why</think>", "</think>\n"):  # written by itself, in whatever tokens
        answer = Answer(speech, ask("thought"))
        answer.begin()
        while answer.queue:
            answer.force()
        for token in speech.encode(text):
            if not answer.queue:
                answer.accept(token, -1.0)
        while answer.queue:
            answer.force()
        told = answer.rollout(0, np.zeros(1, dtype=np.int64))
        assert told.text == f'<think>\n{text.rstrip()}\n\n{{"target_tid":["'


def test_an_adapter_samples_like_its_model_at_the_start() -> None:
    asked = questions("trie", "prefix")
    plain, other = (sample(asked, list(range(12)), 2, model) for model in (None, adapted().get_base_model()))
    assert [one.ids.tolist() for one in plain] == [one.ids.tolist() for one in other]


def test_what_cannot_be_asked_is_said() -> None:
    with pytest.raises(BenchError, match="its answer needs"):
        sample([ask("prefix")], [0], tokens=600)
    with pytest.raises(BenchError, match="no answer of the catalogue begins"):
        sample([Question("cid2cid", "x", prefix="lamp", constrained=True)], [0])
    with pytest.raises(BenchError, match="no catalogue was given"):
        Sampler(make_model(), Speech(tokenizer(), None, settings())).answer([ask("trie")], [0], 1, 0)
    with pytest.raises(BenchError, match="task of a question"):
        Question("cid2tid", "x")
    with pytest.raises(BenchError, match="prompt is empty"):
        Question("cid2cid", "")


def test_a_greedy_answer_is_what_transformers_writes_and_draws_nothing() -> None:
    question, model = ask("free", 1), make_model()
    speech = Speech(tokenizer(), catalogue(), settings(tokens=12))
    found = Sampler(model, speech).answer([question], [0], 2, 0, "held", greedy=True)
    ids = torch.tensor([tokenizer()(question.prompt, add_special_tokens=False)["input_ids"]])
    told = model.generate(ids, do_sample=False, max_new_tokens=12, eos_token_id=speech.end, pad_token_id=speech.end)
    assert found[0].ids.tolist() == found[1].ids.tolist() == told[0, ids.shape[1] :].tolist()
