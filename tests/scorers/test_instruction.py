"""Instruction scorers against targets: golden scores, gold is the maximum, corruption is ordered, nothing is gamed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from baselines.oracle import InstructionOracle
from baselines.terms import PopularTerms
from bench.api import Answer, Case, Cases, Example, Failure, Instruction, Item, Kind, Media, Query, Train
from bench.catalogue import resolve, scorer
from bench.scorers import SCORERS

SLOTS = {
    "category": (("lamp", "table lamp"), ("sneaker", "running shoe"), ("clock", "wall clock")),
    "colour": (("red", "crimson"), ("blue", "navy"), ("colourful", "vivid")),
    "pattern": (("plain", "solid"), ("striped", "stripes"), ("running",)),
}
MODULES = ("bench.scorers.instruction", "bench.scorers.diversity", "bench.scorers.form")
MINE = [name for name, entry in SCORERS.items() if entry.target.startswith(MODULES)]
PER_CASE = [name for name in MINE if not hasattr(resolve(SCORERS[name].target), "measure")]


def make_item(number: int) -> Item:
    values = {slot: values[number // 3**place % 3] for place, (slot, values) in enumerate(SLOTS.items())}
    caption = f"a {' '.join(wordings[-1] for wordings in values.values())} by night"
    return Item(f"i{number:02}", f"Thing {number} Zog{'abcdefghijklmnopqrstuvwxyz'[number % 26]}", caption, values)


ITEMS = {f"i{number:02}": make_item(number) for number in range(26)}
TRAIN = Train(ITEMS, {f"u{user}": tuple(list(ITEMS)[user * 5 % 26 :][:6]) for user in range(13)})
EXAMPLES = [Example(Query(f"q{number}", f"u{number % 13}", ()), (f"i{number * 7 % 26:02}",)) for number in range(26)]


def instruction(text: str, terms: Sequence[str] = ()) -> Instruction:
    return Instruction(text, tuple(terms))


def scored(name: str, targets: tuple[str, ...], answer: Answer) -> float | None:
    made = scorer(name.replace("@k", "@3"))
    assert callable(made)
    value: float | None = made(Cases((Case(Example(Query("q", "u", ()), targets), answer),), TRAIN))[0]
    return value


def run(name: str, answers: Sequence[Answer]) -> list[float]:
    made = scorer(name.replace("@k", "@3"))
    assert callable(made)
    pairs = zip(EXAMPLES, answers, strict=True)
    return [value for value in made(Cases(tuple(Case(*pair) for pair in pairs), TRAIN)) if value is not None]


def oracle() -> list[Answer]:
    made = InstructionOracle(EXAMPLES)
    made.fit(TRAIN)
    return list(made.instruct([example.query for example in EXAMPLES], Kind.IMAGE))


@pytest.mark.parametrize(
    ("terms", "precision", "recall", "f1"),
    [
        (["lamp", "table lamp", "red", "crimson", "plain", "solid"], 1, 1, 1),
        (["Lamps", "LAMP", "(red)", "夏天"], 1, 1 / 3, 1 / 2),
        (["lamp", "blue"], 1 / 2, 1 / 6, 1 / 4),
        (["blue"], 0, 0, 0),
        ([], 0, 0, 0),
    ],
)
def test_terms_by_hand(terms: list[str], precision: float, recall: float, f1: float) -> None:
    answer = instruction("", terms)
    assert scored("term-precision", ("i00",), answer) == pytest.approx(precision)
    assert scored("term-recall", ("i00",), answer) == pytest.approx(recall)
    assert scored("term-f1", ("i00",), answer) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("target", "text", "precision", "recall", "f1"),
    [
        ("i00", "A crimson table lamp, plainly", 1, 1, 1),  # red lamp, plain
        ("i00", "lamps", 1, 1 / 3, 1 / 2),
        ("i00", "a lamp in red, crimson and red", 1, 2 / 3, 4 / 5),  # wordings of one value are one value
        ("i00", "a red and navy lamp", 2 / 3, 2 / 3, 2 / 3),
        ("i00", "a red clock with stripes", 1 / 3, 1 / 3, 1 / 3),
        ("i01", "a running shoe", 1, 1 / 3, 1 / 2),  # not the pattern "running"
        ("i19", "running", 1, 1 / 3, 1 / 2),
        ("i00", "a colorful lamp", 1 / 2, 1 / 3, 2 / 5),
        ("i00", "clamped, bored, explained", 0, 0, 0),
        ("i00", "", 0, 0, 0),
    ],
)
def test_attributes_by_hand(target: str, text: str, precision: float, recall: float, f1: float) -> None:
    assert scored("attribute-precision", (target,), instruction(text)) == pytest.approx(precision)
    assert scored("attribute-recall", (target,), instruction(text)) == pytest.approx(recall)
    assert scored("attribute-f1", (target,), instruction(text)) == pytest.approx(f1)


def test_an_ambiguous_word_is_right_if_any_reading_is_and_wrong_once() -> None:
    items = {
        "a": Item("a", attributes={"hair": ("golden",), "mood": ("calm",)}),
        "b": Item("b", attributes={"colour": ("yellow", "golden"), "mood": ("tense",)}),
        "c": Item("c", attributes={"mood": ("eerie",)}),
    }

    def f1(target: str, text: str, name: str) -> float | None:
        made = Cases((Case(Example(Query("q", "u", ()), (target,)), Instruction(text)),), Train(items, {}))
        value: float | None = scorer(name)(made)[0]  # type: ignore[operator]
        return value

    assert f1("a", "golden, calm", "attribute-precision") == 1.0
    assert f1("b", "golden, tense", "attribute-precision") == 1.0
    assert f1("c", "golden, eerie", "attribute-precision") == 0.5
    assert f1("c", "golden, yellow, eerie", "attribute-precision") == 0.5


def test_the_best_of_several_targets_counts() -> None:
    answer = instruction("a red lamp, plain", ["red", "lamp"])
    for name in ("attribute-f1", "term-f1"):
        one, other = scored(name, ("i00",), answer), scored(name, ("i04",), answer)
        assert one is not None
        assert other is not None
        assert one > other
        assert scored(name, ("i04", "nowhere", "i00"), answer) == one


def test_what_cannot_be_judged_is_none_and_a_failure_is_nought() -> None:
    items = {"a": Item("a", "Title", "caption"), "b": replace(ITEMS["i00"], id="b")}
    answers = {"a": Instruction("a red lamp", ("red",)), "b": Failure("no idea")}
    examples = [Example(Query(name, name, ()), (name,)) for name in items]
    rows = [Case(example, answers[example.query.id]) for example in examples]
    rows += [Case(Example(Query("c", "c", ()), ("b",)), Media(Path("x.png")))]
    rows += [Case(Example(Query("d", "d", ()), ()), answers["a"])]
    made = Cases(tuple(rows), Train(items, {}))
    for name in ("term-f1", "attribute-f1"):
        assert scorer(name)(made) == [None, 0.0, None, None]  # type: ignore[operator]
    for name in PER_CASE:
        values = scorer(name.replace("@k", "@3"))(made)  # type: ignore[operator]
        assert len(values) == 4
        assert values[2] is None, name


@pytest.mark.parametrize("name", ["term-f1", "attribute-f1", "attribute-precision", "attribute-recall", "term-recall"])
def test_gold_scores_one_and_corruption_is_ordered(name: str) -> None:
    """Replace more and more of the target's terms by those of a target that shares none: means fall strictly."""
    means = []
    for wrong in range(4):
        answers = []
        for example in EXAMPLES:
            number = int(example.targets[0][1:])
            apart = sum((number // 3**place % 3 + 1) % 3 * 3**place for place in range(3))
            own, other = make_item(number).attributes, make_item(apart).attributes
            mixed = {slot: (other if place < wrong else own)[slot] for place, slot in enumerate(SLOTS)}
            words = [wording for wordings in mixed.values() for wording in wordings]
            answers.append(Instruction(f"a picture of {', '.join(words)}", tuple(words)))
        means.append(float(np.mean(run(name, answers))))
    assert means[0] == 1.0
    assert means == sorted(means, reverse=True)
    assert len(set(means)) == 4
    assert means[-1] == 0.0


def test_the_oracle_is_right_and_personal() -> None:
    assert set(run("attribute-f1", oracle())) == {1.0}
    assert set(run("term-f1", oracle())) == {1.0}
    assert float(np.mean(run("personal-effect", oracle()))) > 0.3


def test_listing_every_word_does_not_win() -> None:
    words = [wording for values in SLOTS.values() for wordings in values for wording in wordings]
    everything: Answer = Instruction(", ".join(words), tuple(words))
    listed = [everything] * len(EXAMPLES)
    popular = PopularTerms()
    popular.fit(TRAIN)
    plain = popular.instruct([example.query for example in EXAMPLES], Kind.IMAGE)
    assert np.mean(run("attribute-recall", listed)) == 1.0
    assert np.mean(run("attribute-precision", listed)) <= 0.38
    assert np.mean(run("attribute-f1", listed)) < 0.6 < np.mean(run("attribute-f1", oracle()))
    assert abs(np.mean(run("personal-effect", listed))) < 1e-12
    assert abs(np.mean(run("personal-effect", list(plain)))) < 1e-12


@given(st.text(alphabet="abcdelmnoprstuw ") | st.sampled_from(["red lamp", "plain striped", "navy clock running"]))
def test_what_is_the_same_for_everybody_has_no_personal_effect(text: str) -> None:
    effects = run("personal-effect", [Instruction(text)] * len(EXAMPLES))
    assert len(effects) == len(EXAMPLES)
    assert abs(float(np.mean(effects))) < 1e-12


def test_effect_is_own_minus_mismatched_and_needs_two_users() -> None:
    answers = oracle()[::-1]
    own, other = run("attribute-f1", answers), run("attribute-f1-mismatched", answers)
    assert run("personal-effect", answers) == [one - two for one, two in zip(own, other, strict=True)]
    for name in ("personal-effect", "attribute-f1-mismatched", "retrieval-mismatched@k"):
        assert scored(name, ("i00",), Instruction("a red lamp")) is None


@pytest.mark.parametrize("name", MINE)
def test_order_of_cases_changes_no_digit(name: str) -> None:
    made = scorer(name.replace("@k", "@3"))
    answers = [*oracle()[:20][::-1], Failure("no"), Media(Path("x")), *oracle()[22:]]
    rows = [Case(*pair) for pair in zip(EXAMPLES, answers, strict=True)]
    places = random.Random(0).sample(range(len(rows)), len(rows))
    straight, mixed = Cases(tuple(rows), TRAIN), Cases(tuple(rows[place] for place in places), TRAIN)
    backwards = Cases(mixed.rows, Train(dict(reversed(ITEMS.items())), TRAIN.sequences))
    if hasattr(made, "measure"):
        assert made.measure(straight) == made.measure(mixed) == made.measure(backwards)
    else:
        values = made(straight)
        assert [values[place] for place in places] == made(mixed) == made(backwards)


@pytest.mark.parametrize("name", MINE)
def test_every_scorer_says_its_direction_and_bears_an_empty_run(name: str) -> None:
    made = scorer(name.replace("@k", "@3"))
    assert made.higher_is_better in {True, False, None}
    nothing = Cases((), TRAIN)
    if hasattr(made, "measure"):
        assert made.measure(nothing) in {0.0, None}
    else:
        assert made(nothing) == []
