"""What a policy learns from: how many rows of every task, which history before which target, and no held-out event."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.api import Example, Item, Kind, Query, Train
from bench.errors import BenchError
from navigen.chat import open_turns
from navigen.corpus import Row, compose, count_tasks, mapping_rows, to_documents, training_rows, validation_rows
from navigen.identifiers.catalogue import Identified
from navigen.prompt import Form, Written
from navigen.recipe import Recipe
from navigen.vocab import add_tokens
from tests.navigen.little import NAMES, identify, make_system, make_tokenizer, make_train

CODES = {item.code: name for item, name in zip(identify().written, NAMES, strict=True)}


def asked(row: Row) -> list[str]:
    """Return the names of the items in a row's history."""
    return [CODES[code] for code in json.loads(row.asked.messages[-1][1].partition("hist_cid: ")[2])]


def answered(row: Row) -> str:
    return CODES[json.loads(row.answer)["target_cid"]]


def of(rows: list[Row], task: str) -> list[Row]:
    return [row for row in rows if row.task == task]


def make(sequences: dict[str, list[str]], **values: Any) -> list[Row]:
    train = Train(make_train().items, {user: tuple(walk) for user, walk in sequences.items()})
    return training_rows(train, identify(), Recipe(**{"views": 1, **values}))


def test_every_task_has_its_rows_in_tokens_too() -> None:
    rows = training_rows(make_train(), identify(), Recipe(views=1))
    counts = {"cid2tid": 20, "tid2cid": 20, "cid2cid": 12, "cid2ins": 12}
    assert Counter(row.task for row in rows) == counts
    tokenizer = make_tokenizer()
    add_tokens(tokenizer, identify().tokens())
    made = to_documents(tokenizer, rows)
    assert count_tasks(made) == counts
    assert to_documents(tokenizer, []) == []
    texts = Counter(open_turns(row.asked.messages) + row.answer + "<|im_end|>" for row in rows)
    assert Counter(tokenizer.decode(one.ids) for one in made) == texts


@given(
    st.lists(st.lists(st.sampled_from([*NAMES, "unknown"]), max_size=9), max_size=4),
    st.integers(1, 4),
    st.integers(1, 5),
    st.booleans(),
)
def test_a_history_is_what_came_right_before_its_target(
    walks: list[list[str]], targets: int, history: int, learn: bool
) -> None:
    rows = make(dict(zip("abcd", walks, strict=False)), targets=targets, history=history, learn_history=learn)
    wanted = []
    for walk in ([name for name in walk if name in NAMES] for walk in walks):
        for back in range(min(targets, len(walk) - 1)):
            place = len(walk) - 1 - back
            wanted.append((walk[max(0, place - history) : place], walk[place], learn and back == 0))
    found = [(asked(row), answered(row), row.history) for row in of(rows, "cid2cid")]
    assert found == wanted
    assert [(asked(row), row.history) for row in of(rows, "cid2ins")] == [(one, flag) for one, _, flag in wanted]


def test_views_leave_items_out_and_keep_their_order() -> None:
    walk = [*NAMES, *NAMES[:5]]
    rows = of(make({"a": walk}, views=6, skip=0.3, history=50), "cid2cid")
    told = [[*asked(row), answered(row)] for row in rows]
    assert told[0] == walk and len(told) == 6
    for view in told[1:]:
        assert 2 <= len(view) < len(walk)
        rest = iter(walk)
        assert all(name in rest for name in view)  # a subsequence
    assert len({tuple(view) for view in told}) == 6
    assert told == [
        [*asked(row), answered(row)] for row in of(make({"a": walk}, views=6, skip=0.3, history=50), "cid2cid")
    ]
    assert all(
        [*asked(row), answered(row)] == walk for row in of(make({"a": walk}, views=3, skip=0.0, history=50), "cid2cid")
    )
    assert Recipe(views=4).weights() == {"cid2tid": 1.0, "tid2cid": 1.0, "cid2cid": 0.25, "cid2ins": 0.125}


def test_pictures_and_clips_are_asked_for_in_turn() -> None:
    rows = of(make(dict.fromkeys("abcd", NAMES[:4])), "cid2ins")
    kinds = [row.asked.messages[-1][1].partition("\n")[0] for row in rows]
    assert kinds == ["make: image", "make: video"] * 2
    assert json.loads(rows[0].answer) == {"target_tid": ["clock", "black"], "target_ins": "a picture of clock, black"}
    rows = of(make({"a": NAMES[:4]}, targets=3), "cid2ins")
    kinds = [row.asked.messages[-1][1].partition("\n")[0] for row in rows]
    assert kinds == ["make: image", "make: video", "make: image"]


def test_validation_is_not_learnt_by_heart() -> None:
    train = make_train()
    rows = validation_rows(train, identify(), Recipe(history=3), 4)
    assert Counter(row.task for row in rows) == {"cid2cid": 4, "cid2ins": 4}
    for example, row in zip(train.validation, of(rows, "cid2cid"), strict=False):
        assert asked(row) == list(example.query.history[-3:]) and answered(row) == example.targets[0]
    assert not any(row.history for row in rows)
    tokenizer = make_tokenizer()
    add_tokens(tokenizer, identify().tokens())
    for document, row in zip(to_documents(tokenizer, of(rows, "cid2cid")), of(rows, "cid2cid"), strict=True):
        assert tokenizer.decode(document.ids[document.learn]) == f"{row.answer}<|im_end|>"
    strange = Example(Query("q", "u", ("nowhere",)), ("i00",)), Example(Query("q", "u", ("i00",)), ("nowhere",))
    assert validation_rows(replace(train, validation=strange), identify(), Recipe(), 9) == []


def test_nothing_that_is_held_out_is_in_a_training_row() -> None:
    """Training events are of the first items, held-out ones of the last: only the mapping tasks may know these."""
    walks = {user: tuple(NAMES[place : place + 6]) for place, user in enumerate("abcd")}
    held = tuple(Example(Query(f"v-{user}", user, (*walks[user], "i18")), ("i19",)) for user in walks)
    train = Train(make_train().items, walks, held)
    rows = training_rows(train, identify(), Recipe(targets=9, views=1))
    assert rows == training_rows(replace(train, validation=()), identify(), Recipe(targets=9, views=1))
    steps = {pair for walk in walks.values() for pair in pairwise(walk)}
    for row in of(rows, "cid2cid"):
        assert set(pairwise([*asked(row), answered(row)])) <= steps
    apart = {identify().written[NAMES.index(name)].code for name in ("i18", "i19")}
    for row in rows:
        told = row.asked.messages[-1][1] + row.answer
        assert row.task in {"cid2tid", "tid2cid"} or not any(code in told for code in apart)


def test_items_without_terms_are_not_mapped_and_are_named_by_their_title() -> None:
    items = {"a": Item("a", "夏天"), "b": Item("b", "x", "", {"terms": ("lamp",)}), "c": Item("c")}
    written = Identified.of(items, None).written
    assert [item.terms for item in written] == [(), ("lamp",), ()]
    assert [row.task for row in mapping_rows(written, Recipe())] == ["cid2tid", "tid2cid"]
    assert compose(written[0], Kind.IMAGE) == "a picture of 夏天"
    assert compose(written[1], Kind.VIDEO) == "a video of lamp"


def test_a_catalogue_without_any_terms_trains_all_the_same() -> None:
    items = {name: Item(name, "夏" + "天" * place) for place, name in enumerate(NAMES)}
    train = Train(items, make_train().sequences, make_train().validation)
    system = make_system(full_epochs=1.0)
    system.fit(train)
    assert len(system.rank([Query("q", "u", ("i03",))], 5)[0].items) >= 5


def test_a_system_trains_on_its_own_tasks_only() -> None:
    class NoMapping(Recipe):
        tasks = ("cid2cid",)
        writes = Form.CODE

    assert {row.task for row in training_rows(make_train(), identify(), NoMapping())} == {"cid2cid"}
    assert mapping_rows([Written("code", ("lamp",))], NoMapping()) == []
    assert NoMapping(views=1).weights() == {"cid2cid": 1.0}


def test_a_mixture_weighs_tasks_and_refuses_what_it_does_not_know() -> None:
    assert Recipe(mixture=("cid2ins=0.5", "cid2tid=0"), views=1).weights() == {
        "cid2tid": 0.0,
        "tid2cid": 1.0,
        "cid2cid": 1.0,
        "cid2ins": 0.5,
    }
    for line, reason in (
        ("cid2inn=1", "did you mean"),
        ("cid2ins", "expected task=number"),
        ("cid2ins=many", "expected task=number"),
        ("cid2ins=-1", "from 0 to 100"),
        ("cid2ins=nan", "from 0 to 100"),
    ):
        with pytest.raises(BenchError, match=reason):
            Recipe(mixture=(line,))


def test_a_mixture_changes_what_is_learnt_and_may_leave_validation_s_task_out() -> None:
    found = []
    for mixture in ((), ("cid2cid=0",), ("cid2tid=0", "tid2cid=0")):
        system = make_system(mixture=mixture, full_epochs=1.0)
        system.fit(make_train())
        assert system.policy is not None
        found.append(system.policy.model.state_dict()["model.norm.weight"].tolist())
    assert found[0] != found[1] != found[2]
