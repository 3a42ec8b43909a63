"""The search: what it keeps, in which order it asks, how many calls it takes, and who fails alone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Failure
from navigen.teacher.drafts import Found
from navigen.teacher.evolve import count_calls, search
from navigen.teacher.fitness import CRITERIA
from navigen.teacher.protocol import Ask
from navigen.teacher.sample import Sample, Teaching
from navigen.teacher.scripted import Scripted
from tests.navigen.teacher.desk import Plain, Says
from tests.navigen.teacher.world import by_hand, world_samples


def run(samples: Sequence[Sample], how: Teaching, noise: float = 0.5) -> list[Found]:
    terms = [tuple(sample.target.attributes["terms"]) for sample in samples]
    found = search(samples, terms, Plain(Scripted(noise)), how)
    good = [one for one in found if not isinstance(one, Failure)]
    assert len(good) == len(samples)
    return good


def judge_by(scores: Sequence[Sequence[float]]) -> Says:
    """Return a teacher whose drafts are numbered and whose n-th judgement gives these scores to its candidates."""
    rounds = iter(scores)

    def say(ask: Ask) -> str:
        if ask.operation == "judge":
            given = dict(zip([f"candidate_{n + 1}" for n in range(9)], next(rounds), strict=False))
            return json.dumps(
                {name: {**dict.fromkeys(CRITERIA, value), "comment": "."} for name, value in given.items()}
            )
        names = ask.facts.get("directions", ["crossover", "mutation"])
        number = ask.facts.get("round", 0)
        return json.dumps({name: {"instruction": f"{name} {number}", "why": "."} for name in names})

    return Says(say)


def by_scores(scores: Sequence[Sequence[float]], keep: str) -> tuple[str, float]:
    how = Teaching(rounds=len(scores) - 1, keep=keep, shuffle=False, conceal="off")
    [found] = search([by_hand()], [("mug",)], Plain(judge_by(scores)), how)
    assert not isinstance(found, Failure)
    return found.best.draft.instruction, found.best.marks.fitness


def test_the_best_so_far_keeps_its_score_unless_as_released() -> None:
    assert by_scores([[6, 9, 7], [8, 8.5]], "best") == ("balanced 0", pytest.approx(9))
    assert by_scores([[6, 9, 7], [5, 8, 8.5]], "released") == ("mutation 1", pytest.approx(8.5))
    assert by_scores([[6, 9, 7], [8.5, 8, 8.5]], "mean") == ("balanced 0", pytest.approx(8.75))
    assert by_scores([[6, 9, 8.5], [5, 7, 8]], "mean") == ("exploratory 0", pytest.approx(8.5))


def test_of_equal_drafts_the_older_is_kept() -> None:
    for keep, children in (("best", [8, 8]), ("mean", [8, 8, 8]), ("released", [8, 8, 8])):
        assert by_scores([[8, 8, 8], children], keep)[0] == "conservative 0"


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1000), st.floats(0, 3))
def test_the_best_so_far_never_falls_with_rounds(seed: int, noise: float) -> None:
    samples = world_samples("product", 4)
    arms = [run(samples, Teaching(rounds=rounds, seed=seed), noise) for rounds in (0, 1, 3)]
    for fewer, more in pairwise(arms):
        assert all(a.best.marks.fitness <= b.best.marks.fitness for a, b in zip(fewer, more, strict=True))
    for found in arms[-1]:
        kept = [one["fitness"] for one in found.rounds]
        assert kept == sorted(kept)


@pytest.mark.parametrize("keep", ["best", "mean", "released"])
@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_each_step_is_one_call_to_the_desk_for_all(rounds: int, keep: str) -> None:
    samples = world_samples("game", 5)
    desk = Plain(Scripted())
    how = Teaching(rounds=rounds, keep=keep)
    found = search(samples, [tuple(one.target.attributes["terms"]) for one in samples], desk, how)
    steps = ["founders", "judge", *["children", "judge"] * rounds]
    assert desk.asked == [[step] * 5 for step in steps]
    assert all(isinstance(one, Found) and one.calls == count_calls(how) == 2 * rounds + 2 for one in found)


def test_a_single_draft_is_judged_once() -> None:
    desk = Plain(Scripted())
    how = Teaching(rounds=4, search="single")
    [found] = search([by_hand()], [("mug",)], desk, how)
    assert desk.asked == [["single"], ["judge"]]
    assert isinstance(found, Found)
    assert found.calls == count_calls(how) == 2
    assert len(found.rounds[0]["drafts"]) == 1


def test_candidates_are_shuffled_for_each_sample_unless_as_released() -> None:
    def order(how: Teaching, name: str) -> tuple[int, ...]:
        says = judge_by([[1, 2, 3]])
        seen: list[list[str]] = []

        def say(ask: Ask) -> str:
            if ask.operation == "judge":
                seen.append(list(ask.facts["candidates"]))
            return says.say(ask)

        search([by_hand(name=name)], [("mug",)], Plain(Says(say)), how)
        return tuple(["conservative 0", "balanced 0", "exploratory 0"].index(text) for text in seen[0])

    names = [str(number) for number in range(40)]
    assert {order(Teaching(rounds=0, shuffle=False), name) for name in names} == {(0, 1, 2)}
    shuffled = [order(Teaching(rounds=0), name) for name in names]
    assert len(set(shuffled)) == 6
    assert shuffled == [order(Teaching(rounds=0), name) for name in names]
    assert shuffled != [order(Teaching(rounds=0, seed=1), name) for name in names]


def test_scores_go_to_the_draft_that_was_judged() -> None:
    def say(ask: Ask) -> str:
        if ask.operation != "judge":
            return judge_by([]).say(ask)
        marks = {"conservative 0": 3, "balanced 0": 9, "exploratory 0": 6}
        told = {f"candidate_{n + 1}": marks[text] for n, text in enumerate(ask.facts["candidates"])}
        return json.dumps({name: {**dict.fromkeys(CRITERIA, value), "comment": ""} for name, value in told.items()})

    samples = [by_hand(name=str(number)) for number in range(10)]
    found = search(samples, [("mug",)] * 10, Plain(Says(say)), Teaching(rounds=0, conceal="off"))
    assert [one.best.draft.instruction for one in found if isinstance(one, Found)] == ["balanced 0"] * 10


def test_naming_the_title_loses_to_not_naming_it() -> None:
    def say(ask: Ask) -> str:
        reply = judge_by([[8, 8, 8]]).say(ask)
        return reply.replace("conservative 0", "a Vleildo mug").replace("exploratory 0", "the Vleildo")

    [found] = search([by_hand()], [("mug",)], Plain(Says(say)), Teaching(rounds=0, shuffle=False))
    assert isinstance(found, Found)
    assert found.best.draft.instruction == "balanced 0"
    assert [one["named"] for one in found.rounds[0]["drafts"]] == [["Vleildo mug"], [], ["Vleildo"]]
    assert "It named Vleildo mug" in found.trace["summary"]


def test_who_fails_fails_alone_and_is_not_asked_again() -> None:
    good = Scripted()

    def say(ask: Ask) -> str:
        if ask.operation == "judge" and ask.sample == "b" and ask.facts["round"] == 1:
            return "nine out of ten"
        return good.answer([ask])[0].text  # type: ignore[union-attr]

    samples = [by_hand(name=name) for name in "abc"]
    desk = Plain(Says(say))
    one, two, three = search(samples, [("mug",)] * 3, desk, Teaching(rounds=2))
    assert isinstance(two, Failure)
    assert two.reason.startswith("judge: ")
    assert [len(step) for step in desk.asked] == [3, 3, 3, 3, 2, 2]
    alone = search([samples[0], samples[2]], [("mug",)] * 2, Plain(good), Teaching(rounds=2))
    assert [one, three] == alone


def test_the_trace_is_json_and_the_summary_is_plain() -> None:
    [found] = run([by_hand()], Teaching(rounds=2))
    trace = json.loads(json.dumps(found.trace))
    assert len(trace["rounds"]) == 3
    assert trace["rounds"][-1]["kept"] == found.best.draft.name
    for word in ("mutation", "crossover", "elite", "fitness", "conservative"):
        assert word not in trace["summary"]
    assert found.best.draft.instruction in trace["summary"]
