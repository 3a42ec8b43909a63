"""Decoding without the catalogue: plain beam search against all texts one by one, and what becomes of illegal answers.

Invariants: 1. with enough beams the search finds the likeliest of all texts, with their probabilities; 2. an answer
depends on nothing but its prompt; 3. only JSON that names an item ranks one, and what names none is counted.
"""

from __future__ import annotations

import logging
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from bench.api import Context, Ranking
from bench.cli.run import execute
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan
from bench.settle import rescore
from navigen.decode.free import Beam, Legality, Named, write_free
from navigen.full import NaviGen
from navigen.reinforcement import training_questions
from tests.navigen.little import NAMES, TINY, make_queries, make_system, make_train, trained
from tests.navigen.models import END, make_model

PROMPTS = ([3, 1, 4, 1, 5], [9, 2, 6], [5, 3, 5, 8, 9, 7, 9])


class Small(torch.nn.Module):
    """A model that may write nine tokens of its vocabulary and the end mark."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = make_model()
        self.config = self.inner.config
        self.device = torch.device("cpu")
        self.barred = torch.ones(100, dtype=torch.bool)
        self.barred[[*range(9), END]] = False
        self.eval()

    def forward(self, **values: Any) -> Any:
        made = self.inner(**values)
        made.logits = made.logits.masked_fill(self.barred, -1e4)
        return made


@torch.no_grad()
def all_texts(model: Any, prompt: list[int], most: int) -> dict[tuple[int, ...], float]:
    """Return every text of less than `most` of the nine tokens with its log probability, each by a pass of its own."""
    found = {}
    for length in range(most):
        for text in product(range(9), repeat=length):
            logits = model(input_ids=torch.tensor([[*prompt, *text]])).logits[0].double().log_softmax(-1)
            steps = [*text, END]
            found[text] = float(sum(logits[len(prompt) - 1 + place, token] for place, token in enumerate(steps)))
    return found


def test_enough_beams_find_the_likeliest_of_all_texts() -> None:
    model = Small()
    for prompt in PROMPTS[:2]:
        wanted = all_texts(model, list(prompt), 3)
        (found,) = write_free(model, [prompt], END, 900, 3)
        best = sorted(wanted, key=lambda text: -wanted[text])[:20]
        assert [beam.ids for beam in found[:20]] == best
        assert [beam.log_p for beam in found[:20]] == pytest.approx([wanted[text] for text in best], abs=1e-3)


def test_fewer_beams_find_what_is_there_with_its_probability_in_order() -> None:
    model = Small()
    wanted = all_texts(model, list(PROMPTS[0]), 3)
    (found,) = write_free(model, [PROMPTS[0]], END, 4, 3)
    assert 1 <= len(found) <= 4 and len({beam.ids for beam in found}) == len(found)
    assert all(beam.log_p == pytest.approx(wanted[beam.ids], abs=1e-3) for beam in found)
    assert [beam.log_p for beam in found] == sorted((beam.log_p for beam in found), reverse=True)


def test_neighbours_and_order_change_nothing() -> None:
    model = Small()
    together = write_free(model, PROMPTS, END, 8, 4)
    assert write_free(model, PROMPTS[::-1], END, 8, 4)[::-1] == together
    assert [write_free(model, [prompt], END, 8, 4)[0] for prompt in PROMPTS] == together


def test_calls_that_mean_nothing_are_refused() -> None:
    for prompts, beams, tokens in (([[]], 4, 4), (PROMPTS, 0, 4), (PROMPTS, 4, 0)):
        with pytest.raises(BenchError, match="rank: "):
            write_free(Small(), prompts, END, beams, tokens)
    with pytest.raises(BenchError, match="leave constrained=true"):
        NaviGen(constrained=False, terms="consensus")


def test_only_json_that_names_an_item_ranks_one() -> None:
    named = Named.of(['{"target_cid":"a"}', '{"target_cid":"b"}', '{"target_cid":"a"}'])
    assert named.read('{"target_cid":"a"}') == (0, 2)
    assert named.read(' { "target_cid" : "b" } ') == (1,)
    for text in ("", "a", '{"target_cid":"c"}', '{"target_cid":"b"', '{"target_cid":"b","more":1}', '["b"]', "NaN"):
        assert named.read(text) == ()
    legality = Legality()
    legality.note([Beam((1,), -1.0), Beam((2,), -2.0)], [(), (1,)])
    legality.note([], [])
    legality.note([Beam((1,), -1.0)], [(0,)])
    wanted = {"free_answers": 3, "illegal_answers": 2, "free_beams": 3, "illegal_beams": 1}
    assert legality.counts() == wanted


def test_a_policy_that_learnt_well_writes_codes_by_itself(caplog: pytest.LogCaptureFixture) -> None:
    system = make_system(full_epochs=30.0, full_rate=2e-2, constrained=False, beams=16)
    system.fit(make_train())
    policy = system.policy
    assert policy is not None and policy.free
    logging.getLogger("navibench").propagate = True
    with caplog.at_level(logging.INFO, "navibench"):
        answers = system.rank(make_queries(), len(NAMES))
    assert "of best answers and" in caplog.text and "name no item" in caplog.text
    for query, answer in zip(make_queries(), answers, strict=True):
        assert isinstance(answer, Ranking)
        assert len(answer.items) + answer.rest == len(set(NAMES) - set(query.exclude))
    (scores,) = policy.rank(make_queries()[:3])
    assert (np.exp(scores.astype(np.float64)).sum(axis=1) <= 1 + 1e-5).all()
    policy.recipe = make_system(beams=500)
    (inside,) = policy.rank(make_queries()[:3])
    reached = np.isfinite(scores)
    assert reached.any() and (scores[reached] <= inside[reached] + 1e-3).all()  # renormalised is never less
    counts = system.noted()
    assert counts["free_answers"] == len(make_queries()) + 3 and counts["illegal_beams"] <= counts["free_beams"]
    assert system.noted() == {}


def test_an_untrained_policy_names_nothing_and_everything_ties() -> None:
    system = make_system(stage="base", constrained=False, beams=4)
    system.fit(make_train())
    for answer in system.rank(make_queries()[:2], 5):
        assert isinstance(answer, Ranking) and answer.items == () and answer.rest == len(NAMES)
    assert system.noted()["illegal_answers"] == 2


def test_questions_are_sampled_as_they_are_decoded() -> None:
    assert trained()[0].policy is not None
    for constrained in (True, False):
        system = NaviGen(**TINY, constrained=constrained, checkpoint="", context=Context(1))
        policy = trained()[0].policy
        assert policy is not None
        own = type(policy)(policy.model, policy.tokenizer, policy.identified, system)
        asked = training_questions(own, make_train(), ("cid2cid", "cid2ins"))
        assert {one.constrained for one in asked if one.task == "cid2cid"} == {constrained}
        assert not any(one.constrained for one in asked if one.task == "cid2ins")


def test_constraint_is_of_answering_but_where_it_decides_what_is_learnt() -> None:
    train, plain = make_train(), make_system()
    assert plain.made_of(train) == make_system(constrained=False).made_of(train)
    assert NaviGen(**TINY).made_of(train) != NaviGen(**TINY, constrained=False).made_of(train)


def test_a_run_tells_how_many_answers_were_illegal(tmp_path: Path) -> None:
    card = "game/world/next-item"
    told = ["sft-only.checkpoint=shipped", "sft-only.constrained=false", "sft-only.beams=4"]
    jobs, _ = plan(Suite("", (card,), ("sft-only",)), 12, told)
    (run,) = execute(jobs, None, tmp_path)
    noted = run.manifest["counts"]["noted"]
    assert noted["free_answers"] == 12 and 0 <= noted["illegal_answers"] <= 12
    assert rescore(run, None).manifest["counts"]["noted"] == noted
