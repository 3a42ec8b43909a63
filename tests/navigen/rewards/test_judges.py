"""Judges of instructions: what they count, what they refuse to count, and what they keep."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Failure
from bench.errors import BenchError
from navigen.rewards.asking import EDGES, QUALITY, Asking, criteria_of, load_model
from navigen.rewards.consistency import Edges, Told, leak
from navigen.rewards.embedding import Embedding, Scale
from navigen.rewards.lexical import Lexical
from navigen.rewards.settings import Rewarding
from tests.lm.replay import Replay, said
from tests.navigen.rewards.little import CATALOGUE, GOLD, TOLD, Bags, Model, answer, columns, reward


def edges_of(judge: Lexical | Embedding, told: Told) -> Edges:
    verdict = judge.judge([told])[0]
    assert verdict is not None
    return verdict.edges


def test_terms_are_whole_words_in_any_inflection() -> None:
    told = Told("A party with striped lamps.", (), ("art", "stripes", "Lamp", "red"))
    assert edges_of(Lexical(), told).instruction_target == 0.5
    assert edges_of(Lexical("released"), replace(told, target=("art", "Lamp"))).instruction_target == 1.0


def test_terms_are_compared_after_normalising() -> None:
    assert edges_of(Lexical(), Told("x", ("(Lamps)", "red "), ("lamp", "red"))).own_target == 1.0


WORDS = ("ivory", "stone", "copper", "vase", "garden", "table")


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=6, unique=True), st.sampled_from(["lexical", "bags"]))
def test_copied_own_terms_raise_the_edge_to_the_own_terms_only(own: list[str], kind: str) -> None:
    judge = Lexical() if kind == "lexical" else Embedding.of(Bags(), CATALOGUE)
    before = edges_of(judge, Told("A quiet morning scene.", tuple(own), GOLD.terms))
    after = edges_of(judge, Told("A quiet morning scene. " + " ".join(own), tuple(own), GOLD.terms))
    assert after.instruction_own is not None
    assert before.instruction_own is not None
    assert after.instruction_own > before.instruction_own
    assert after.instruction_target <= before.instruction_target
    assert after.own_target == before.own_target


def test_motion_costs_in_a_picture_but_for_what_the_terms_say() -> None:
    def visual(text: str, kind: str, terms: tuple[str, ...] = GOLD.terms) -> float:
        (verdict,) = Lexical().judge([Told(text, terms, terms, kind=kind)])
        assert verdict is not None
        return verdict.quality.visual

    moving = TOLD + ", one continuous take"
    assert visual(moving, "video") == visual(TOLD, "image") == 1.0 > visual(moving, "image")
    assert visual("a dog spinning on the stage", "image", ("dog", "spinning", "stage")) == 1.0


def test_length_alone_earns_nothing_and_repetition_costs() -> None:
    plain, twice, moody = Lexical().judge(
        [Told(text, GOLD.terms, GOLD.terms) for text in (TOLD, TOLD + " " + TOLD, "A cosy mood and atmosphere.")]
    )
    assert plain is not None
    assert twice is not None
    assert moody is not None
    assert plain.quality.mean == pytest.approx(1.0)
    assert twice.quality.content == pytest.approx(0.5)
    assert moody.quality.visual == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("conceal", "text", "share"),
    [
        ("title", "See the Nordvik lamps.", 1.0),
        ("title", "See a lamp by Nordvik.", 0.0),
        ("terms", "A red lamp.", 0.5),
        ("off", "See the Nordvik lamp.", 0.0),
    ],
)
def test_what_must_not_be_named_leaks(conceal: str, text: str, share: float) -> None:
    assert leak(text, GOLD.title, GOLD.terms, conceal) == share


def test_a_named_title_costs_its_share() -> None:
    asked = columns(["cid2ins"])
    named = [answer(TOLD.replace("lamp", "Nordvik lamp"))]
    free = reward(Rewarding(conceal="off"))(named, **asked)[0]
    held, half = (reward(Rewarding(leak_cost=cost)).judge(named, **asked)[0] for cost in (1.0, 0.5))
    assert held is not None
    assert half is not None
    assert (free, held.total, held.leak) == pytest.approx((1.0, 0.1, 1.0))
    assert half.total == pytest.approx(0.55)


def test_a_scale_is_made_from_matching_and_mismatched_pairs() -> None:
    vectors = np.array([[1, 0], [0, 1]], dtype=np.float32)
    scale = Scale.of(vectors, np.array([[0.8, 0.6], [0.6, 0.8]], dtype=np.float32))
    assert (scale.zero, scale.one) == pytest.approx((0.6, 0.8))
    assert [scale.read(cosine) for cosine in (0.5, 0.7, 0.9)] == pytest.approx([0, 0.5, 1])
    with pytest.raises(BenchError, match="does not tell the items apart"):
        Scale.of(vectors, vectors[::-1].copy())
    with pytest.raises(BenchError, match="expected at least 2"):
        Embedding.of(Bags(), CATALOGUE[:1])


def reply(value: float = 0.5, **more: object) -> str:
    return json.dumps({**dict.fromkeys((*QUALITY, *EDGES), value), **more})


ASKED = Told(TOLD, GOLD.terms, GOLD.terms)


def test_a_valid_reply_is_kept_and_asked_for_once(tmp_path: Path) -> None:
    model = Model(reply(0.5, own_target=1))
    first = Asking(model, folder=tmp_path).judge([ASKED, ASKED])
    again = Asking(model, folder=tmp_path).judge([ASKED])
    assert len(model.asked) == 1
    assert first == again * 2
    assert first[0] is not None
    assert (first[0].edges.own_target, first[0].quality.mean) == (1.0, 0.5)


def test_a_kept_reply_is_that_of_the_model_wherever_it_is_served(tmp_path: Path) -> None:
    replay = Replay()
    replay.script = lambda body, before: said(reply(0.5))
    told: dict[str, Any] = {"judge": "llm", "judge_model": "m", "judge_backend": "openai", "judge_set": ("tries=1",)}
    here, gone = (load_model(Rewarding(**told, judge_url=url)) for url in (replay.url, "http://127.0.0.1:9/v1"))
    first = Asking(here, folder=tmp_path).judge([ASKED])
    assert first[0] is not None
    assert Asking(gone, folder=tmp_path).judge([ASKED]) == first
    assert len(replay.seen) == 1
    replay.server.shutdown()
    replay.server.server_close()


BROKEN = [
    Failure("down"),
    "no JSON",
    "```json\n" + reply() + "\n```",
    reply(1.5),
    reply(more=1),
    reply(specificity="high"),
    reply(specificity=True),
    reply()[:-1] + ', "visual": 1}',
    "[]",
    reply(float("nan")),
]


@pytest.mark.parametrize("broken", BROKEN)
def test_a_failure_is_no_score_and_is_never_kept(broken: str | Failure, tmp_path: Path) -> None:
    model = Model(broken, reply())
    best = reward(judge=Asking(model, folder=tmp_path))
    assert best([answer()], **columns(["cid2ins"])) == [None]
    assert not list(tmp_path.rglob("*.json"))
    assert best([answer()], **columns(["cid2ins"])) == [pytest.approx(0.55)]


def test_a_reply_that_was_cut_off_is_no_reply(tmp_path: Path) -> None:
    assert Asking(Model(reply(), finished=False), folder=tmp_path).judge([ASKED]) == [None]
    assert not list(tmp_path.rglob("*.json"))


def test_other_completions_are_judged_where_one_fails(tmp_path: Path) -> None:
    model = Model(Failure("down"), reply(1.0))
    best = reward(judge=Asking(model, folder=tmp_path))
    texts = [answer(), answer("Another red lamp."), "broken"]
    assert best(texts, **columns(["cid2ins"] * 3)) == [None, pytest.approx(1.0), 0.0]
    assert len(model.asked) == 2, "a broken answer is not asked about"


def test_a_broken_cache_is_told(tmp_path: Path) -> None:
    Asking(Model(reply()), folder=tmp_path).judge([ASKED])
    next(tmp_path.rglob("*.json")).write_text('{"reply": {}}')
    with pytest.raises(BenchError, match="delete it to ask again"):
        Asking(Model(reply()), folder=tmp_path).judge([ASKED])


def test_nothing_is_asked_about_terms_that_are_not_written() -> None:
    assert criteria_of(replace(ASKED, own=None)) == (*QUALITY, "instruction_target")
