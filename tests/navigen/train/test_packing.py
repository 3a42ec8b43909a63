"""What an epoch sees and how it is packed: nothing is lost, nothing is cut, everything is named."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from bench.errors import BenchError
from navigen.train.documents import Document, lay_out
from navigen.train.pack import Timetable, draw_task, fill_packs
from navigen.train.stage import Stage, plan_work
from tests.navigen.train.tiny import make_documents, make_stage


@given(some.lists(some.integers(1, 30), min_size=1, max_size=80), some.integers(0, 5))
def test_packs_hold_every_document_once_and_no_pack_overflows(sizes: list[int], seed: int) -> None:
    table = np.array(sizes)
    packs = fill_packs(np.random.default_rng(seed).permutation(len(sizes)), table, 30)
    assert sorted(chain.from_iterable(packs)) == list(range(len(sizes)))
    filled = [int(table[pack].sum()) for pack in packs]
    assert max(filled) <= 30
    # A document opens a pack only where none has room, so no two packs could have been one.
    assert all(first + second > 30 for index, first in enumerate(filled) for second in filled[index + 1 :])


@given(some.integers(1, 40), some.sampled_from([0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.7]), some.integers(1, 8))
def test_mixture_counts_are_even(size: int, share: float, epochs: int) -> None:
    """After any number of epochs no document was seen two times more often than another, and none is lost."""
    drawn = [draw_task(size, share, epoch, 0, "x") for epoch in range(epochs)]
    seen = np.bincount(np.concatenate(drawn), minlength=size)
    assert seen.max() - seen.min() <= 1
    assert seen.sum() == int(np.floor(epochs * share * size + 0.5))


def test_half_of_a_task_is_seen_and_the_other_half_next() -> None:
    first, second = (draw_task(10, 0.5, epoch, 3, "x") for epoch in (0, 1))
    assert len(first) == len(second) == 5
    assert {*first.tolist(), *second.tolist()} == set(range(10))
    assert Counter(draw_task(10, 2, 0, 3, "x").tolist()) == dict.fromkeys(range(10), 2)
    assert len(draw_task(10, 0, 0, 3, "x")) == len(draw_task(0, 1, 0, 3, "x")) == 0


def timetable(epochs: float = 2, seed: int = 0, **mixture: float) -> Timetable:
    return Timetable(lay_out(make_documents(), 16), 16, 4, epochs, mixture, seed, "x")


def test_timetable_is_named_by_its_seed_and_follows_the_mixture() -> None:
    assert timetable().packs(1) == timetable().packs(1) != timetable(seed=1).packs(1)
    assert timetable().packs(0) != timetable().packs(1)
    plan = timetable(a=0.5, b=2)
    tasks = Counter(plan.corpus.names[plan.corpus.tasks[index]] for index in chain.from_iterable(plan.packs(0)))
    assert tasks == {"a": 6, "b": 24}


def test_every_step_has_its_packs() -> None:
    plan = timetable(2)
    packs = [pack for step in range(plan.steps) for pack in plan.at(step)]
    assert packs == plan.packs(0) + plan.packs(1)
    assert plan.tokens == 2 * plan.corpus.sizes.sum()
    assert plan.epochs_done(plan.ends[0]) == 1 and plan.epochs_done(plan.steps) == 2
    half = timetable(1.5)
    assert half.steps == plan.ends[0] + round((plan.ends[1] - plan.ends[0]) / 2)
    assert 1.2 < half.epochs_done(half.steps) < 1.8


def test_the_order_does_not_depend_on_another_task() -> None:
    """A task's draws are its own: what is drawn of "a" stays when "b" is weighted otherwise."""
    one, other = timetable(a=0.5), timetable(a=0.5, b=0)
    first = {index for index in chain.from_iterable(one.packs(0)) if one.corpus.tasks[index] == 0}
    assert first == set(chain.from_iterable(other.packs(0)))


def test_long_and_blank_documents_are_counted_not_cut() -> None:
    documents = make_documents()
    long = Document(np.arange(17), np.ones(17, bool), "a")
    blank = Document(np.arange(3), np.array([True, False, False]), "b")
    work = plan_work([*documents, long, blank, blank], make_stage())
    assert (work.long, work.blank) == (1, 2)
    assert work.tokens == 2 * sum(len(document.ids) for document in documents)
    corpus = lay_out([long, *documents], 16)
    assert corpus.ids.tolist() == np.concatenate([document.ids for document in documents]).tolist()
    assert not corpus.learn[corpus.starts].any()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"mixture": {"c": 1.0}}, "unknown task in the mixture"),
        ({"length": 2}, "nothing to learn: 24 documents are longer than length=2"),
        ({"mixture": {"a": 0.0, "b": 0.0}}, "nothing to learn"),
    ],
)
def test_what_cannot_be_planned_is_said(values: dict[str, object], words: str) -> None:
    with pytest.raises(BenchError, match=words):
        plan_work(make_documents(), make_stage(**values))


@pytest.mark.parametrize("values", [{"trainable": "row"}, {"head": "x"}, {"epochs": 0}, {"warmup": 1}, {"clip": -1}])
def test_a_stage_refuses_what_means_nothing(values: dict[str, object]) -> None:
    with pytest.raises(BenchError):
        make_stage(**values)


def test_thirty_thousand_documents_are_packed_in_a_moment_and_tightly() -> None:
    sizes = np.random.default_rng(0).integers(20, 400, 30_000)
    began = perf_counter()
    packs = fill_packs(np.arange(30_000), sizes, 512)
    assert perf_counter() - began < 1
    assert sizes.sum() / (512 * len(packs)) > 0.95
    assert Stage("x").batch == 16


def test_documents_of_unequal_shapes_are_refused() -> None:
    with pytest.raises(BenchError, match="document 1"):
        lay_out([*make_documents(1), Document(np.arange(3), np.ones(2, bool), "a")], 16)
