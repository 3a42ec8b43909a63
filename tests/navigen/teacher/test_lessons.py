"""Lessons end to end: on planted worlds, in any order, with a model that answers garbage, and what is planned."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.api import Failure, Item, Kind
from bench.errors import BenchError
from navigen.teacher.lessons import count_failures, plan_calls, teach
from navigen.teacher.protocol import Ask
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.scripted import Scripted
from tests.navigen.teacher.desk import Plain, Says
from tests.navigen.teacher.world import BARE, MUG, by_hand, world_samples


def mixed(count: int = 6) -> list[Sample]:
    """Return samples of all kinds of two domains."""
    samples = [
        *world_samples("product", count),
        *(replace(one, id=f"v{one.id}") for one in world_samples("short-video", count)),
    ]
    return [replace(one, kind=Kind.NEXT_ITEM) if place % 3 == 2 else one for place, one in enumerate(samples)]


def test_every_kind_gets_what_it_is_taught_by() -> None:
    for name, lesson in teach(mixed(), Plain(Scripted()), Teaching()).items():
        assert isinstance(lesson, Lesson)
        assert lesson.sample.id == name
        assert lesson.terms == lesson.sample.target.attributes["terms"]
        assert lesson.reason.rstrip(".").endswith(f"{', '.join(lesson.terms)} next")
        made = lesson.sample.kind is not Kind.NEXT_ITEM
        assert bool(lesson.instruction) is bool(lesson.thought) is bool(lesson.trace) is made
        assert (lesson.fitness is not None) is made


@pytest.mark.parametrize("how", [Teaching(), Teaching(2, thoughts=False), Teaching(search="single"), Teaching(0)])
def test_as_many_calls_are_made_as_were_planned(how: Teaching) -> None:
    samples = [*mixed(), by_hand(replace(MUG, id="new", attributes={"category": ("mug",)}), name="new")]
    desk = Plain(Scripted())
    teach(samples, desk, how)
    asked = Counter(operation for step in desk.asked for operation in step)
    calls = plan_calls(samples, how)
    assert asked["reason"] == calls.reason
    assert asked["distil"] == calls.distil
    assert sum(asked[name] for name in ("founders", "single", "judge", "children")) == calls.search
    assert calls.total <= sum(asked.values()) == calls.total + asked["rewrite"] <= calls.most


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_order_and_blocks_of_samples_change_nothing(random: object, size: int) -> None:
    samples = mixed()
    whole = teach(samples, Plain(Scripted()), Teaching())
    random.shuffle(samples)  # type: ignore[attr-defined]
    parts: dict[str, Lesson | Failure] = {}
    for start in range(0, len(samples), size):
        parts |= teach(samples[start : start + size], Plain(Scripted()), Teaching())
    assert parts == whole


@pytest.mark.parametrize(
    "text",
    ["", "I cannot help, sorry", "[]", "{}", '{"terms": "mug"}', "null", '{"reason": "I"}', "<think>\nhm", "[" * 9999],
)
def test_garbage_makes_failures_and_no_lesson(text: str) -> None:
    samples = [*mixed(), by_hand(BARE, name="bare")]
    lessons = teach(samples, Plain(Says(lambda _: text)), Teaching())
    assert list(lessons) == [sample.id for sample in samples]
    assert count_failures(lessons) == {"terms": 1, "reason": len(samples) - 1}


@pytest.mark.parametrize("stage", ["reason", "founders", "children", "judge", "distil"])
def test_a_stage_that_breaks_is_named_and_counted(stage: str) -> None:
    scripted = Scripted()

    def say(ask: Ask) -> str:
        broken = ask.operation == stage and ask.sample in {"a", "b"}
        return "{}" if broken else scripted.answer([ask])[0].text  # type: ignore[union-attr]

    samples = [by_hand(name=name) for name in "abcd"]
    lessons = teach(samples, Plain(Says(say)), Teaching())
    assert count_failures(lessons) == {stage: 2}
    assert [lessons[name] for name in "cd"] == [teach(samples, Plain(scripted), Teaching())[name] for name in "cd"]


def test_terms_are_asked_once_an_item_and_only_where_there_are_none() -> None:
    seen: list[str] = []

    def say(ask: Ask) -> str:
        seen.append(ask.sample)
        assert BARE.caption in ask.prompt.messages[-1][1]
        return json.dumps({"terms": ["whales", "Sea", "sea"]})

    samples = [Sample(str(number), (MUG,), BARE, Kind.NEXT_ITEM) for number in range(3)]
    lessons = teach([*samples, by_hand(kind=Kind.NEXT_ITEM)], Plain(Says(say)), Teaching(thoughts=False))
    assert seen == ["bare"]
    assert [one.terms for one in lessons.values() if isinstance(one, Lesson)] == [("whales", "Sea")] * 3 + [
        ("mug", "kitchen", "red")
    ]


def test_an_item_without_any_text_fails_unasked() -> None:
    desk = Plain(Scripted())
    lessons = teach([by_hand(Item("nothing"))], desk, Teaching())
    assert count_failures(lessons) == {"terms": 1}
    assert not desk.asked


def test_the_script_needs_attributes() -> None:
    with pytest.raises(BenchError, match="language model"):
        teach([by_hand(BARE)], Plain(Scripted()), Teaching())
    with pytest.raises(BenchError, match="language model"):
        teach([by_hand(Item("x", "X", attributes={"terms": ("mug",)}))], Plain(Scripted()), Teaching())


def test_an_empty_history_and_no_samples_are_taught() -> None:
    assert teach([], Plain(Scripted()), Teaching()) == {}
    [lesson] = teach([Sample("s", (), MUG, Kind.IMAGE)], Plain(Scripted()), Teaching()).values()
    assert isinstance(lesson, Lesson)
    assert lesson.reason.startswith("For what comes next I see nothing yet.")


def test_mistakes_are_refused() -> None:
    with pytest.raises(BenchError, match="twice"):
        teach([by_hand(), by_hand()], Plain(Scripted()), Teaching())
    with pytest.raises(BenchError, match="rounds"):
        Teaching(rounds=-1)
    for wrong in ({"search": "tournament"}, {"conceal": "some"}, {"keep": "all"}):
        with pytest.raises(BenchError, match=next(iter(wrong))):
            Teaching(**wrong)  # type: ignore[arg-type]


def test_progress_tells_every_stage() -> None:
    told: list[tuple[str, int, int]] = []
    teach([by_hand()], Plain(Scripted()), Teaching(), lambda *step: told.append(step))
    assert told == [("terms", 1, 1), ("reasons", 1, 1), ("search", 1, 2), ("search", 2, 2), ("thoughts", 1, 1)]
