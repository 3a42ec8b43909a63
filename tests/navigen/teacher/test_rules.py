"""Rules of thoughts: what they refuse, and that a broken one is corrected once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.api import Failure
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.distil import check, write_thoughts
from navigen.teacher.drafts import Found
from navigen.teacher.evolve import search
from navigen.teacher.ledger import FAILURES, REPLIES, Ledger
from navigen.teacher.protocol import Ask, Reply
from navigen.teacher.rules import find_faults, split_end
from navigen.teacher.sample import Teaching
from navigen.teacher.scripted import Scripted
from tests.navigen.teacher.asks import Fake
from tests.navigen.teacher.desk import Plain, Says
from tests.navigen.teacher.world import MUG, by_hand

TERMS = ("mug", "kitchen", "red")
GOOD = "I see two lamps, both blue. I weighed a cautious draft and a bold one. So it is a red mug for the kitchen."


def test_a_good_thought_passes() -> None:
    assert check(GOOD, by_hand(), TERMS) == []


@pytest.mark.parametrize(
    ("thought", "fault"),
    [
        (GOOD.replace("I ", "We "), "first person"),
        (GOOD.replace("I see", "In").replace("I weighed", "It weighed"), "first person"),
        (GOOD.replace("a bold one", "a crossover"), "evolution"),
        (GOOD.replace("two lamps", "mugs in red kitchens"), "before its end"),
        (GOOD.replace("two lamps", "the Vleildo mug"), "before its end"),
        (GOOD.replace("red mug for the kitchen", "blue lamp"), "does not end"),
        (f"{GOOD}\n- one\n- two", "lists"),
        (f"<b>{GOOD}</b>", "tags"),
        (GOOD.replace("both blue", " ".join(["both blue"] * 90)), "words"),
    ],
)
def test_each_rule_is_found_broken(thought: str, fault: str) -> None:
    assert fault in "; ".join(check(thought, by_hand(), TERMS))


def test_words_of_the_items_are_no_jargon() -> None:
    thought = GOOD.replace("both blue", "no fitness tracker")
    assert check(thought, by_hand(), TERMS)
    assert not check(thought, by_hand(), (*TERMS, "fitness"))


def test_the_end_is_the_last_sentence_or_third() -> None:
    assert split_end("a b c d e f g h i") == ("a b c d e f ", "g h i")
    assert split_end("One. Two three four five six seven.") == ("One. ", "Two three four five six seven.")
    assert split_end("") == ("", "")


def test_a_thought_without_terms_to_name_ends_anyhow() -> None:
    assert find_faults("I see.", (), 10) == []


def searched() -> Found:
    [found] = search([by_hand()], [TERMS], Plain(Scripted()), Teaching())
    assert not isinstance(found, Failure)
    return found


@pytest.mark.parametrize(("second", "good"), [(GOOD, True), ("We see.", False), (None, False)])
def test_a_broken_thought_is_corrected_once(second: str | None, good: bool) -> None:
    def say(ask: Ask) -> str:
        if ask.operation == "rewrite":
            assert "first person" in ask.prompt.messages[-1][1]
            return json.dumps({"thought": second})
        return json.dumps({"thought": "We see a red mug for the kitchen."})

    sample, found = by_hand(), searched()
    desk = Plain(Says(say))
    [thought] = write_thoughts([sample], [TERMS], ["I see."], [found], desk)
    assert desk.asked == [["distil"], ["rewrite"]]
    assert (thought == GOOD) is good
    assert isinstance(thought, Failure) is not good
    assert MUG.title not in str(thought)


def test_a_correction_that_breaks_rules_is_kept_apart_and_asked_for_again(tmp_path: Path) -> None:
    samples, found = [by_hand(name="a"), by_hand(name="b")], searched()
    corrections = iter(["We see.", "We saw.", "We see it.", GOOD])

    def say(ask: Ask) -> Reply:
        text = "We see a red mug for the kitchen." if ask.operation == "distil" else next(corrections)
        return Reply(json.dumps({"thought": text}), 1, 1)

    def write() -> tuple[list[str | Failure], list[Ask]]:
        teacher = Fake(say)
        desk = TeacherDesk(teacher, Ledger(tmp_path), retries=1)
        return write_thoughts(samples, [TERMS] * 2, ["I see."] * 2, [found] * 2, desk), teacher.seen

    def rows(name: str) -> list[tuple[str, str]]:
        lines = [json.loads(line) for line in (tmp_path / name).read_text().splitlines()]
        return [(line["operation"], line.get("kind", "")) for line in lines]

    thoughts, seen = write()
    for thought in thoughts:
        assert isinstance(thought, Failure)
        assert "the corrected thought breaks rules: it is not in the first person" in thought.reason
    assert [ask.operation for ask in seen] == ["distil", "rewrite", "rewrite"]
    assert len({ask.sampling.seed for ask in seen[1:]}) == 2, "another seed may do better"
    assert rows(REPLIES) == [("distil", "")], "what is of no use is not kept as a reply"
    assert rows(FAILURES) == [("rewrite", "unreadable")] * 2
    again, asked = write()
    assert again == [GOOD, GOOD]
    assert [ask.operation for ask in asked] == ["rewrite", "rewrite"], "a later run asks for the correction alone"
    assert not {ask.sampling.seed for ask in asked} & {ask.sampling.seed for ask in seen[1:]}
    assert write() == ([GOOD, GOOD], [])
