"""Learnt probabilities are those that answers were sampled with, however answers are batched."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from navigen.train.grpo.answer import Rollout, Speech
from navigen.train.grpo.batch import make_batch, plan
from navigen.train.grpo.likelihood import Likelihood
from navigen.train.grpo.rollout import Sampler
from navigen.train.trainee import Trainee
from tests.navigen.grpo.toy import KINDS, catalogue, make_model, questions, settings, tokenizer

CPU = torch.device("cpu")


@cache
def sampled(temperature: float = 0.7) -> list[Rollout]:
    speech = Speech(tokenizer(), catalogue(), settings(temperature=temperature, tokens=40))
    asked = questions(*KINDS)
    return Sampler(make_model(), speech).answer(asked, range(len(asked)), 4, 0, "test")


def likelihood(model: Any, temperature: float = 0.7, frugal: bool = False) -> Likelihood:
    trainee = Trainee(model, model.base_model, model.get_output_embeddings(), {})
    return Likelihood(trainee, catalogue(), Speech(tokenizer(), catalogue(), settings()).end, temperature, frugal)


def recomputed(model: Any, rollouts: list[Rollout], micro: int) -> list[np.ndarray]:
    """Log p of every answer's learnt tokens."""
    found: list[np.ndarray] = [np.zeros(0)] * len(rollouts)
    for rows in plan(rollouts, micro):
        batch = make_batch(rollouts, rows, CPU)
        with torch.no_grad():
            logps = likelihood(model)(batch)[0].numpy()
        for number in set(batch.owners.tolist()):
            found[number] = logps[batch.owners == number]
    return found


@pytest.mark.parametrize("micro", [1, 3, 64])
def test_learnt_probabilities_are_those_of_sampling(micro: int) -> None:
    rollouts = sampled()
    assert len(rollouts) == 4 * 6 * len(KINDS)
    for one, logps in zip(rollouts, recomputed(make_model(), rollouts, micro), strict=True):
        np.testing.assert_allclose(logps, one.log_p[one.learn], atol=1e-4)
        assert (one.log_p[~one.learn] == 0).all()


def test_probabilities_by_hand() -> None:
    """A full pass an answer, with nothing beside it, limited and normalised in plain words."""
    model, answers, end = make_model(), catalogue(), tokenizer().convert_tokens_to_ids("<|im_end|>")
    for one in sampled()[::5]:
        with torch.no_grad():
            logits = model(torch.tensor([[*one.prompt, *one.ids]])).logits[0].double() / 0.7
        for place in one.learn.nonzero()[0]:
            row, node = logits[len(one.prompt) + place - 1], one.nodes[place]
            allowed = np.arange(len(row))
            if node == -2:
                allowed = allowed[allowed != end]
            elif node >= 0:
                allowed = answers.token[answers.trie.first[node] : answers.trie.first[node + 1]]
            assert one.ids[place] in allowed
            assert float(row[one.ids[place]] - row[torch.tensor(allowed)].logsumexp(0)) == pytest.approx(
                one.log_p[place], abs=1e-4
            )


def test_only_what_was_sampled_among_several_is_learnt() -> None:
    forks = catalogue().forks
    for question, one in zip([q for q in questions(*KINDS) for _ in range(4)], sampled(), strict=True):
        walked = one.nodes >= 0
        assert forks[one.nodes[walked]].all() and one.learn[walked].all()
        if question.constrained:
            assert one.finished and one.ids[-1] == tokenizer().eos_token_id and walked.any()
        elif one.finished:
            assert one.learn[-1] and one.ids[-1] == tokenizer().eos_token_id  # the end was sampled, so it is learnt
        if question.prefix:
            assert question.prefix in one.text
        if question.think:
            assert one.text.startswith("<think>\n") and "</think>\n\n" in one.text
            assert not one.learn[0]


def test_gradients_do_not_depend_on_batches_and_reach_the_end_mark() -> None:
    rollouts = sampled()
    found = []
    for micro, frugal in ((64, False), (2, False), (64, True)):
        model = make_model()
        module = likelihood(model, frugal=frugal).train()
        for rows in plan(rollouts, micro):
            module(make_batch(rollouts, rows, CPU))[0].sum().backward()
        found.append({name: weight.grad for name, weight in model.named_parameters()})
    for other in found[1:]:
        for name, gradient in found[0].items():
            torch.testing.assert_close(other[name], gradient, atol=2e-3, rtol=1e-3)
    ends = [one for one in rollouts if one.finished and one.learn[-1]]
    assert ends
    batch = make_batch(ends, plan(ends, 64)[0], CPU)
    assert (batch.targets == tokenizer().eos_token_id).sum() >= len(plan(ends, 64)[0])


def test_forced_tokens_and_padding_carry_no_gradient() -> None:
    """Logits at every place that is not learnt have no gradient at all."""
    model, rollouts = make_model(), sampled()
    seen = []
    head = model.get_output_embeddings()
    hook = head.register_forward_hook(lambda _, inputs, out: seen.append(out.shape[0]))
    for rows in plan(rollouts, 16):
        likelihood(model)(make_batch(rollouts, rows, CPU))
    hook.remove()
    assert sum(seen) == sum(int(one.learn.sum()) for one in rollouts)


def test_entropy_is_that_of_the_limited_distribution() -> None:
    rollouts = [one for one in sampled() if (one.nodes >= 0).any()]
    batch = make_batch(rollouts, plan(rollouts, 64)[0], CPU)
    _, entropy = likelihood(make_model())(batch)
    trie = torch.from_numpy(batch.nodes >= 0)
    children = np.diff(catalogue().trie.first)[batch.nodes[batch.nodes >= 0]]
    assert (entropy[trie] > 0).all() and (entropy[trie] <= torch.from_numpy(np.log(children)) + 1e-5).all()
