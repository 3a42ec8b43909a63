"""What every system in the table owes its users, whatever it computes."""

from __future__ import annotations

from dataclasses import fields, replace
from functools import cache
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import baselines
import navigen
from baselines.oracle import InstructionOracle, Oracle
from bench.api import (
    Case,
    Cases,
    Context,
    Example,
    Failure,
    Instruction,
    Item,
    Kind,
    Query,
    Ranking,
    Train,
)
from bench.catalogue import resolve
from bench.config import settings
from bench.errors import BenchError
from bench.scorers.instruction import AttributeF1, TermF1
from bench.scorers.ranking import MRR, NDCG, Recall

SYSTEMS = {**baselines.SYSTEMS, **navigen.SYSTEMS}
PACKAGES = {"lm": "transformers", "torch": "torch"}  # what stands for an extra
ITEMS = [f"i{number:02}" for number in range(30)]
DEPTH = 10
# What keeps a trained system's contract test short; its own tests look at what it learns.
SMALL: dict[str, Any] = {"epochs": 1, "patience": 0, "width": 8, "heads": 1, "layers": 1, "length": 8, "batch": 8}
SMALL |= {"weight": 0.5}  # nothing is held out here that could choose it
SMALL_SPEAKER: dict[str, Any] = {
    "base": "catalogue",
    "width": 32,
    "layers": 1,
    "vocabulary": 512,
    "embed_epochs": 1.0,
    "full_epochs": 1.0,
    "history": 4,
    "tokens": 12,
    "asked_at_once": 16,
    "beams": 8,
}
COLOURS, THINGS = ("red", "blue", "green"), ("lamp", "chair", "mug", "clock")


def able(method: str) -> list[str]:
    """Return the systems that have a method, and those that need a package which is not there: their tests say so."""
    return [name for name, entry in SYSTEMS.items() if missing(entry.needs) or hasattr(resolve(entry.target), method)]


def missing(extra: str) -> bool:
    return bool(extra) and find_spec(PACKAGES[extra]) is None


def make_item(name: str) -> Item:
    """Return an item that can be ranked by its text and spoken of by its attributes."""
    colour, thing = COLOURS[int(name[1:]) % 3], THINGS[int(name[1:]) % 4]
    attributes = {"colour": (colour, f"{colour}dish"), "thing": (thing,), "terms": (thing, colour)}
    return Item(name, f"Item {name}", f"a {colour} {thing}", attributes)


def make_train() -> Train:
    rng = np.random.default_rng(5)
    sequences = {f"u{user:02}": tuple(ITEMS[i] for i in rng.integers(0, 25, size=9)) for user in range(25)}
    return Train({name: make_item(name) for name in ITEMS}, sequences)


def make_queries(train: Train) -> list[Query]:
    queries = [Query(f"q-{user}", user, history) for user, history in train.sequences.items()]
    masked = [replace(query, id=f"m{query.id}", exclude=tuple(sorted(set(query.history)))) for query in queries]
    return [*queries, *masked, Query("empty", "new", ()), Query("strange", "new", ("nowhere", "i03", "nowhere"))]


def make_system(name: str) -> Any:
    """Return a system of the table, as small as its settings allow."""
    if SYSTEMS[name].needs:
        pytest.importorskip(PACKAGES[SYSTEMS[name].needs])
    kind = resolve(SYSTEMS[name].target)
    small = SMALL_SPEAKER if speaks(name) else SMALL
    small = {key: value for key, value in small.items() if key in settings(kind)}
    if "reinforce" in settings(kind):  # one short step says as much as many
        small["reinforce"] = replace(kind().reinforce, steps=1, prompts=2, group=2, tokens=24)
    given = {"context": Context(seed=1)} if "context" in {line.name for line in fields(kind)} else {}
    return kind(**small, **given)


def speaks(name: str) -> bool:
    """Return whether a system asks a language model; one that hardly learnt may fail to write what can be read."""
    return SYSTEMS[name].needs == "lm"


def fit_anew(name: str, train: Train | None = None) -> Any:
    system = make_system(name)
    system.fit(train or make_train())
    return system


@cache
def fitted(name: str) -> Any:
    """Return a fitted system that the tests of this file share; an answer must not depend on those before it."""
    return fit_anew(name)


@pytest.mark.parametrize("name", able("rank"))
def test_every_answer_is_a_deep_ranking_of_candidates(name: str) -> None:
    queries = make_queries(make_train())
    answers = fitted(name).rank(queries, DEPTH)
    assert len(answers) == len(queries)
    for query, answer in zip(queries, answers, strict=True):
        assert isinstance(answer, Ranking)
        candidates = set(ITEMS) - set(query.exclude)
        assert set(answer.items) <= candidates
        assert len(set(answer.items)) == len(answer.items)
        assert len(answer.items) + answer.rest >= min(DEPTH, len(candidates))
        assert sum(answer.ties) in {0, len(answer.items)}
        assert answer.rest in {0, len(candidates) - len(answer.items)}


@pytest.mark.parametrize("name", able("rank"))
def test_answers_follow_their_query_and_not_its_company(name: str) -> None:
    queries = make_queries(make_train())
    system = fitted(name)
    together = list(system.rank(queries, DEPTH))
    assert list(system.rank(queries[::-1], DEPTH))[::-1] == together
    assert [system.rank([query], DEPTH)[0] for query in queries[::7]] == together[::7]


@pytest.mark.parametrize("name", able("rank"))
def test_fitting_twice_gives_the_same_answers(name: str) -> None:
    queries = make_queries(make_train())
    assert list(fit_anew(name).rank(queries, DEPTH)) == list(fitted(name).rank(queries, DEPTH))


@pytest.mark.parametrize("name", able("rank"))
def test_unknown_items_of_a_history_are_skipped(name: str) -> None:
    queries = [Query("q", "u", ("i02", "i03")), Query("q", "u", ("x", "i02", "y", "i03", "z"))]
    plain, strange = fitted(name).rank(queries, DEPTH)
    assert plain == strange


@pytest.mark.parametrize("name", ["recent", "markov", "transitions", "item-knn", "ease", "text-knn"])
def test_an_empty_history_ties_everything(name: str) -> None:
    assert list(fitted(name).rank([Query("q", "u", ())], DEPTH)) == [Ranking((), (), len(ITEMS))]


@pytest.mark.parametrize("name", able("rank"))
def test_rank_before_fit_says_so(name: str) -> None:
    with pytest.raises(BenchError, match="rank was called before fit"):
        make_system(name).rank([Query("q", "u", ())], DEPTH)


@pytest.mark.parametrize("kind", [Kind.IMAGE, Kind.VIDEO])
@pytest.mark.parametrize("name", able("instruct"))
def test_every_answer_is_an_instruction_with_text_and_terms(name: str, kind: Kind) -> None:
    queries = make_queries(make_train())
    answers = fitted(name).instruct(queries, kind)
    assert len(answers) == len(queries)
    for answer in answers:
        if speaks(name) and isinstance(answer, Failure):
            assert answer.reason.startswith("the answer")
            continue
        assert isinstance(answer, Instruction)
        assert answer.text.strip()
        assert answer.terms or speaks(name)  # some models write an instruction and name no terms
        assert all(term.strip() for term in answer.terms)


@pytest.mark.parametrize("name", able("instruct"))
def test_instructions_follow_their_query_and_not_its_company(name: str) -> None:
    queries = make_queries(make_train())
    system = fitted(name)
    together = list(system.instruct(queries, Kind.IMAGE))
    assert list(system.instruct(queries[::-1], Kind.IMAGE))[::-1] == together
    assert [system.instruct([query], Kind.IMAGE)[0] for query in queries[::7]] == together[::7]


@pytest.mark.parametrize("name", able("instruct"))
def test_fitting_twice_gives_the_same_instructions(name: str) -> None:
    train = make_train()
    backwards = Train(dict(reversed(train.items.items())), dict(reversed(train.sequences.items())))
    queries = make_queries(train)
    once = list(fitted(name).instruct(queries, Kind.IMAGE))
    assert list(fit_anew(name, backwards).instruct(queries, Kind.IMAGE)) == once
    assert list(fit_anew(name).instruct(queries, Kind.IMAGE)) == once


@pytest.mark.parametrize("name", able("instruct"))
def test_instructors_skip_unknown_items(name: str) -> None:
    queries = [Query("q", "u", ("i02", "i03")), Query("q", "u", ("x", "i02", "y", "i03", "z"))]
    plain, strange = fitted(name).instruct(queries, Kind.IMAGE)
    assert plain == strange


@pytest.mark.parametrize("name", able("instruct"))
def test_instruct_before_fit_says_so(name: str) -> None:
    with pytest.raises(BenchError, match="instruct was called before fit"):
        make_system(name).instruct([Query("q", "u", ())], Kind.IMAGE)


def test_nobody_beats_the_oracle() -> None:
    train = make_train()
    queries = make_queries(train)
    examples = [Example(query, (ITEMS[place % 30],)) for place, query in enumerate(queries)]
    examples = [example for example in examples if example.targets[0] not in example.query.exclude]
    oracle = Oracle(examples)
    oracle.fit(train)
    answers = oracle.rank([example.query for example in examples], DEPTH)
    cases = Cases(tuple(Case(example, answer) for example, answer in zip(examples, answers, strict=True)), train)
    for kind in (Recall, NDCG, MRR):
        assert set(kind(1)(cases)) == {1.0}


def test_the_oracle_fails_where_it_was_told_nothing() -> None:
    oracle = Oracle(())
    oracle.fit(make_train())
    assert "was not told" in str(oracle.rank([Query("q", "u", ())], 1)[0])


def test_the_instruction_oracle_says_the_targets_terms() -> None:
    train = make_train()
    told = [Example(Query(name, "u", ()), (name,)) for name in ITEMS[:5]]
    oracle = InstructionOracle(told)
    oracle.fit(train)
    answers = oracle.instruct([example.query for example in told], Kind.VIDEO)
    assert answers[4] == Instruction("a video of lamp, blue", ("lamp", "blue"))
    cases = Cases(tuple(Case(*pair) for pair in zip(told, answers, strict=True)), train)
    for kind in (TermF1, AttributeF1):
        assert set(kind()(cases)) == {1.0}
    assert isinstance(oracle.instruct([Query("q", "u", ())], Kind.IMAGE)[0], Failure)
