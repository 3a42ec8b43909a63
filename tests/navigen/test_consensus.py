"""Terms that a ranking agrees on: shares by hand, ties by place, one spelling, and no more than an item has."""

from __future__ import annotations

import numpy as np

from bench.api import Failure, Instruction, Kind
from navigen.consensus import Consensus

TERMS = [("lamp", "red"), ("Lamps", "blue"), ("chair", "red"), ()]


def log(rows: list[list[float]]) -> np.ndarray:
    with np.errstate(divide="ignore"):
        return np.log(np.array(rows, dtype=np.float32))


def test_each_term_has_the_share_of_the_items_that_have_it() -> None:
    asked = Consensus(TERMS)
    assert asked.usual == 2
    # lamp .3 + .25, red .3 + .4, chair .4, blue .25: the likeliest item is the red chair, the likeliest terms are not.
    assert asked.terms(log([[0.3, 0.25, 0.4, 0.05]])) == [("lamp", "red")]
    assert asked.terms(log([[0.1, 0.1, 0.8, 0.0]])) == [("chair", "red")]


def test_scale_and_unreached_items_change_nothing() -> None:
    asked = Consensus(TERMS)
    rows = log([[0.5, 0.0, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0]])
    assert asked.terms(rows) == asked.terms(rows - 700)
    assert asked.terms(rows) == [("lamp", "red"), ("lamp", "blue")]  # lamp and chair tie: the first spelled stands


def test_a_catalogue_without_terms_has_none() -> None:
    assert Consensus([(), ()]).terms(log([[0.5, 0.5]])) == [()]


def test_an_instruction_without_terms_is_a_failure() -> None:
    asked = Consensus(TERMS)
    rows = log([[0.5, 0.0, 0.5, 0.0], [0.0, 0.0, 0.0, 1.0], [0.0, 0.0, 0.0, 0.0]])
    with np.errstate(invalid="ignore"):
        found = asked.instruct(rows, Kind.IMAGE)
    assert found[0] == Instruction("a picture of lamp, red", ("lamp", "red"))
    for answer in (*found[1:], *Consensus([(), ()]).instruct(log([[0.5, 0.5]]), Kind.VIDEO)):
        assert isinstance(answer, Failure) and "no terms" in answer.reason
