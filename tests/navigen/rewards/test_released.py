"""The released rules give the published golden values."""

from __future__ import annotations

from dataclasses import astuple

import pytest

from navigen.prompt import Written
from navigen.rewards.consistency import Told
from navigen.rewards.lexical import Lexical
from navigen.rewards.mix import NaviGenReward, Parts
from navigen.rewards.settings import RELEASED


def code(a: int, b: int, c: int) -> str:
    return f"<|cid_begin|><s_a_{a}><s_b_{b}><s_c_{c}><|cid_end|>"


THOUGHT = "<think>the user likes red lamps</think>\n"
EXACT = f'{{"target_cid":"{code(1, 2, 3)}"}}'
REWARD = NaviGenReward(RELEASED, [Written(code(1, 2, 3)), Written(code(7, 8, 9))])


def pay(text: str) -> Parts:
    parts = REWARD.judge([text], task=["cid2cid"], target_code=[code(1, 2, 3)])[0]
    assert parts is not None
    return parts


def named(*levels: int) -> str:
    return f'{THOUGHT}{{"target_cid":"{code(*levels)}"}}'


GOLDEN = {
    "exact": (THOUGHT + EXACT, 1.0, 1),
    "a only": (named(1, 0, 0), 0.55, 1),
    "b only": (named(0, 2, 0), 0.37, 1),
    "c only": (named(0, 0, 3), 0.28, 1),
    "known code without a hit": (named(7, 8, 9), 0.235, 1),
    "unknown code without a hit": (named(7, 8, 8), 0.10, 1),
    "no thought": (EXACT, 0.28, 1),
    "empty thought": ("<think></think>" + EXACT, 0.28, 1),
    "text after": (THOUGHT + EXACT + " I hope this helps.", 0.685, 1),
    "two objects": (THOUGHT + EXACT + EXACT, 0.475, 1),
    "thought not closed": ("<think>the user likes red lamps\n" + EXACT, 0.1107, 0),
    "thought not opened": ("the user likes red lamps</think>\n" + EXACT, 0.1722, 1),
    "key in the thought": ('<think>I fill in "target_cid" for red lamps</think>\n' + EXACT, 0.837, 0),
    "no closing brace": (THOUGHT + EXACT[:-1], 0.86, 1),
    "level c omitted": (f'{THOUGHT}{{"target_cid":"<|cid_begin|><s_a_1><s_b_2><|cid_end|>"}}', 0.72, 0),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_an_answer_with_a_code_earns_what_it_earned_in_the_release(name: str) -> None:
    text, total, form = GOLDEN[name]
    parts = pay(text)
    assert parts.total == pytest.approx(total, abs=1e-9)
    assert parts.form == form


@pytest.mark.parametrize(("signs", "gate"), [(10, 0.2), (11, 1.0)])
def test_a_thought_has_more_than_ten_signs(signs: int, gate: float) -> None:
    assert pay(f"<think> {'x ' * signs}</think>\n{EXACT}").think == gate


@pytest.mark.parametrize(
    "value", [f'["{code(1, 2, 3)}"]', f'"{code(1, 2, 3)}","score":1'], ids=["a list of one", "a further field"]
)
def test_a_code_in_a_list_and_further_fields_are_taken(value: str) -> None:
    assert pay(f'{THOUGHT}{{"target_cid":{value}}}').total == pytest.approx(1.0)


def test_terms_as_a_text_with_commas_are_taken() -> None:
    text = THOUGHT + '{"target_tid":"red, lamp","target_ins":"A red lamp."}'
    parts = REWARD.judge([text], task=["cid2ins"], target_terms=[["red", "lamp"]], target_title=[""])[0]
    assert parts is not None
    assert parts.form == 1
    assert parts.edges is not None
    assert astuple(parts.edges) == (1.0, 1.0, 1.0)


def test_an_instruction_that_is_not_formed_earns_nothing() -> None:
    text = THOUGHT + '{"target_tid":[],"target_ins":"A red lamp."}'
    parts = REWARD.judge([text], task=["cid2ins"], target_terms=[["red", "lamp"]], target_title=[""])[0]
    assert parts is not None
    assert parts.total == 0


def test_the_heuristic_gives_the_published_vector() -> None:
    text = "A glowing red lamp on a big oak desk by the tall window in soft evening light"
    words = text.split()[:14]
    text = " ".join(words)
    text += "y" * (77 - len(text))
    assert (len(words), len(text)) == (14, 77)
    verdict = Lexical("released").judge([Told(text, ("red", "chair"), ("red", "lamp"))])[0]
    assert verdict is not None
    found = [*astuple(verdict.quality), *astuple(verdict.edges)]
    assert found == pytest.approx([0.71, 0.6, 0.4813, 1.0, 1.0, 0.5, 0.5], abs=5e-5)
