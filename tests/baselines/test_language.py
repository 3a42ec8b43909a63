"""Baselines that share the method's base and budget: they differ in what they say, and in nothing that favours one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from baselines.language import CodeIds, RawHistory, SftOnly, TextIds
from bench.api import Context, Kind, Train
from bench.catalogue import resolve
from bench.config import flat, plain
from bench.errors import BenchError
from bench.listing import Suite
from bench.plan import plan
from navigen import CONFIGS
from navigen.corpus import count_tasks, to_documents, training_rows
from navigen.pipeline import Making, make_base
from navigen.prompt import Form
from navigen.system import Tuned as NaviGen
from navigen.train.documents import lay_out
from navigen.vocab import grow
from tasks.world.load import load
from tests.navigen.little import TINY, make_queries, make_system, make_train

TUNED = (NaviGen, SftOnly, TextIds, CodeIds)


def test_systems_differ_in_form_and_tasks_only() -> None:
    usual = plain(NaviGen())
    assert plain(SftOnly()) == plain(CodeIds()) == usual
    changed = {name: value for name, value in plain(TextIds()).items() if value != usual[name]}
    assert changed == {"reads": "terms", "length": 512, "batch": 4, "beams": 16}
    assert usual["length"] * usual["batch"] == changed["length"] * changed["batch"]
    assert [kind.label for kind in TUNED] == ["navigen", "sft-only", "text-ids", "code-ids"]
    assert [kind.writes for kind in TUNED] == [Form.BOTH, Form.BOTH, Form.TERMS, Form.CODE]
    read = {name: value for name, value in plain(RawHistory()).items() if usual.get(name, value) != value}
    assert read == {"history": 10, "beams": 8}
    assert RawHistory().renderer.reads is RawHistory().renderer.writes is Form.TITLE


@pytest.fixture(scope="module")
def longest() -> Train:
    """The people of the world's domain with the longest histories, those who have most of it."""
    train = load(None, domain="short-video", users=600).train
    users = sorted(train.sequences, key=lambda user: -len(train.sequences[user]))[:80]
    return replace(train, sequences={user: train.sequences[user] for user in sorted(users)}, validation=())


@pytest.mark.parametrize("kind", TUNED, ids=lambda kind: kind.label)
def test_no_document_of_the_world_is_too_long_for_the_usual_settings(kind: Any, longest: Train) -> None:
    system = kind(encoder="random")
    identified = Making(system, longest, Context()).identify()
    model, tokenizer = make_base(system, longest, 0)
    grow(model, tokenizer, identified.tokens(), "mean", {}, 0)
    documents = to_documents(tokenizer, training_rows(longest, identified, system))
    assert count_tasks(documents)["cid2ins"] == 80 * system.views
    corpus = lay_out(documents, system.length)
    assert (corpus.long, corpus.blank) == (0, 0)
    assert max(len(longest.sequences[user]) for user in longest.sequences) > system.history


def test_code_ids_never_reads_or_writes_a_term() -> None:
    system = CodeIds(**TINY, stage="base", context=Context(1))
    system.fit(make_train())
    assert system.policy is not None
    rows = training_rows(make_train(), system.policy.identified, system)
    said = [row.asked.messages[-1][1] + row.answer for row in rows if row.task == "cid2cid"]
    assert said and not any(term in text for text in said for term in ("lamp", "chair", "mug", "clock", "sofa"))


def test_text_ids_adds_no_token() -> None:
    system = TextIds(**TINY, stage="base", context=Context(1))
    system.fit(make_train())
    assert system.policy is not None
    assert system.policy.identified.tokens() == []
    assert len(system.policy.tokenizer) == len(make_base(system, make_train(), 1)[1])


def test_raw_history_reads_titles_of_the_last_items_and_is_not_trained() -> None:
    system = RawHistory(**{**TINY, "history": 2}, context=Context(1))
    system.fit(make_train())
    assert system.policy is not None
    query = make_queries()[0]
    asked = system.renderer.ask_next(system.policy.history(query))
    texts = [make_train().items[name] for name in query.history[-2:]]
    for item in texts:
        assert f"{item.title}: {item.caption}" in asked.messages[-1][1]
    assert asked.messages[-1][1].count("Item ") == 2
    fresh = make_base(system, make_train(), 1)[0].state_dict()
    assert all((value == fresh[name]).all() for name, value in system.policy.model.state_dict().items())


def test_only_raw_history_reads_titles() -> None:
    with pytest.raises(BenchError, match="only raw-history reads titles"):
        NaviGen(reads=Form.TITLE)
    with pytest.raises(BenchError, match="shots is -1"):
        RawHistory(shots=-1)


def test_asking_before_learning_says_so() -> None:
    for verb, arguments in (("rank", (make_queries(), 5)), ("instruct", (make_queries(), Kind.IMAGE))):
        with pytest.raises(BenchError, match=f"{verb} was called before fit"):
            getattr(make_system(), verb)(*arguments)


@pytest.mark.parametrize("name", CONFIGS)
def test_every_configuration_fits_every_system_that_speaks(name: str) -> None:
    config = dict(resolve(CONFIGS[name].target))
    systems = ("raw-history", "text-ids", "code-ids", "sft-only", "navigen")
    asked = [f"{one}.teacher.{line}" for one in systems[1:] for line in ("model=m", "url=http://localhost:9/v1")]
    asked += ["navigen.reward.judge_model=j", "navigen.reward.judge_url=http://localhost:9/v1"]
    told = asked if "teacher" in config else []  # which server teaches and judges is the user's to say
    jobs, _ = plan(Suite("", ("product/world/next-item",), systems), assignments=told, config=config)
    if "base" in config:
        assert [job.config["base"] for job in jobs] == [config["base"]] * len(systems)
    else:
        assert [job.config["tokens"] for job in jobs] == [config["tokens"]] * len(systems)
    for job in jobs:
        own, found = flat({key: value for key, value in config.items() if key in job.config}), flat(plain(job.config))
        assert {key: found[key] for key in own} == plain(own)
