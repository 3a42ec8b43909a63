"""Scorers of words against the target's picture: the formula, the control, and that nothing has to be rendered.

Invariants: 1. a case's value is 100 times the cosine of text and target, not below 0, and of several targets the best;
2. what is said alike to everybody has an effect of mean 0; 3. failures score 0, what has no target with the medium is
not judged; 4. neither the order of the cases nor what was rendered matters.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bench.api import Case, Cases, Data, Dataset, Failure, Instruction, Item, Kind, Task
from bench.judge import judge
from bench.pixels import read_pixels
from bench.scorers.described import ClipTarget, ClipTargetEffect, ClipTargetMismatched
from tests.media.lookers import CLIP, Colours, make_cases, make_train, normal, target

NUMBER = 12


@pytest.fixture(params=[Kind.IMAGE, Kind.VIDEO])
def cases(request: pytest.FixtureRequest, tmp_path: Path) -> Cases:
    return make_cases(make_train(tmp_path, kind=request.param), [None] * NUMBER, request.param)


def with_text(case: Case, text: str) -> Case:
    return replace(case, answer=Instruction(text))


def fit(text: str, item: Item, kind: Kind) -> float:
    path = item.clip if kind is Kind.VIDEO else item.image
    assert path is not None
    frames = Colours().embed_pictures(read_pixels(path)).astype(np.float64)
    whole = normal(frames.mean(axis=0, keepdims=True))[0].astype(np.float64)
    return max(100 * float(whole @ Colours().embed_texts([text])[0].astype(np.float64)), 0.0)


def test_figures_are_their_formulas(cases: Cases) -> None:
    own, other = ClipTarget()(cases), ClipTargetMismatched()(cases)
    for place, case in enumerate(cases.rows):
        assert isinstance(case.answer, Instruction)
        item = target(cases.train, place)
        assert own[place] == pytest.approx(fit(case.answer.text, item, cases.kind), abs=1e-4)
    assert len({*own}) > 1
    expected = [None if one is None or two is None else one - two for one, two in zip(own, other, strict=True)]
    assert list(ClipTargetEffect()(cases)) == expected


def test_of_several_targets_the_best_counts(cases: Cases) -> None:
    first, second = cases.rows[:2]
    both = (*first.example.targets, *second.example.targets)
    joined = replace(first, example=replace(first.example, targets=both))
    single = [replace(first, example=replace(first.example, targets=(name,))) for name in both]
    found = [ClipTarget()(replace(cases, rows=(case,)))[0] for case in (joined, *single)]
    assert found[0] == max(value for value in found[1:] if value is not None)


def test_what_is_said_to_everybody_has_no_effect(cases: Cases) -> None:
    same = replace(cases, rows=tuple(with_text(case, "a quiet picture") for case in cases.rows))
    effects = [value for value in ClipTargetEffect()(same) if value is not None]
    assert len(effects) == NUMBER
    assert np.mean(effects) == pytest.approx(0, abs=1e-9) and max(effects) > 0


def test_the_order_of_cases_does_not_matter(cases: Cases) -> None:
    turned = replace(cases, rows=cases.rows[::-1])
    for scorer in (ClipTarget(), ClipTargetMismatched(), ClipTargetEffect()):
        assert list(scorer(turned))[::-1] == pytest.approx(list(scorer(cases)), abs=1e-9)


def test_failures_score_0_and_what_has_no_target_is_not_judged(cases: Cases) -> None:
    failed = replace(cases.rows[0], answer=Failure("no answer"))
    bare = replace(cases.rows[1], example=replace(cases.rows[1].example, targets=("nobody knows it",)))
    found = ClipTarget()(replace(cases, rows=(failed, bare, *cases.rows[2:])))
    assert found[:2] == [0.0, None]
    assert None not in found[2:]


def test_a_card_can_ask_for_them_without_a_generator(tmp_path: Path) -> None:
    train = make_train(tmp_path)
    rows = make_cases(train, [None] * NUMBER).rows
    names = ("clip-target", "clip-target-mismatched", "clip-target-effect")
    task = Task("own/made/image", Kind.IMAGE, Data("none:none"), names, names[0], "1", "mine", "made")
    answers = {case.example.query.id: case.answer for case in rows}
    dataset = Dataset(train, tuple(case.example for case in rows), "made", {})
    scores, _ = judge(task, dataset, dataset.examples, answers, backbones=CLIP)
    assert set(scores.metrics) == set(names)
    assert not np.isnan(scores.metrics["clip-target"]).any()
