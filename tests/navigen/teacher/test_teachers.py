"""Teachers themselves: models behind a backend, a record of an earlier run, and the settings that name them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.api import Failure
from bench.config import build, plain
from bench.errors import BenchError
from bench.lm import Completion, Prompt, Sampling, Spoilt
from navigen.teacher.backends import ModelTeacher
from navigen.teacher.budget import Budget
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.ledger import Ledger
from navigen.teacher.protocol import Ask, Reply
from navigen.teacher.recorded import Recorded
from navigen.teacher.settings import TeacherSettings, open_desk
from tests.lm.tiny import write_model
from tests.navigen.teacher.asks import Fake, ask, asks, read_json, said, words


class Model:
    """A text model that says what it was asked."""

    fingerprint = "model"

    def __init__(self) -> None:
        self.calls: list[tuple[int, Sampling]] = []

    def generate(self, prompts: Sequence[Prompt], sampling: Sampling) -> list[Completion | Failure]:
        self.calls.append((len(prompts), sampling))
        texts = [prompt.messages[-1][1] for prompt in prompts]
        return [
            Failure("too long")
            if text == "long"
            else Completion(f"{text} {sampling.seed}", (), text != "cut", None, 3, 4)
            for text in texts
        ]

    def log_likelihood(self, prompts: Sequence[Prompt], continuations: Sequence[str]) -> list[float | Failure]:
        raise NotImplementedError


def test_asks_with_equal_sampling_go_together_and_equal_ones_once() -> None:
    model = Model()
    found = ModelTeacher(model).answer(
        [ask("a"), ask("b", seed=1), ask("long"), ask("cut"), ask("a"), ask("a", seed=1)]
    )
    assert found == [
        Reply("a 0", 3, 4),
        Reply("b 1", 3, 4),
        Failure("too long"),
        Spoilt("the reply was cut off after 20 tokens", 3, 4),
        Reply("a 0"),
        Reply("a 1", 3, 4),
    ]
    assert [(number, sampling.seed) for number, sampling in model.calls] == [(3, 0), (2, 1)]


def test_a_model_in_this_process_teaches(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "tiny")
    told = TeacherSettings(name="hf", model=str(folder), backend={"batch": 2}, retries=0, block=4)
    desk = open_desk(told, tmp_path / "ledger")
    warm = [Ask("terms", str(n), {}, Prompt((("user", f"lamp {n}"),)), Sampling(12, 1.0, seed=n)) for n in range(5)]
    found = desk.ask(warm, lambda ask, text: text)
    spent = desk.ledger.spent
    assert spent.calls == 5 and spent.read > 5 and 0 < spent.written <= 5 * 12
    # Whatever is asked beside it, an answer is the same; cut ones are of no use.
    alone = open_desk(TeacherSettings(name="hf", model=str(folder), retries=0, block=1), tmp_path / "alone")
    assert [alone.ask([one], lambda ask, text: text)[0] for one in warm] == found


def test_a_record_answers_as_its_teacher_did(tmp_path: Path) -> None:
    def script(ask: Ask) -> Reply | Failure:
        tries = sum(words(one) == "item 2" for one in teacher.seen)
        return Reply("no json", 1, 1) if words(ask) == "item 2" and tries < 6 else said(words(ask))

    teacher = Fake(script)
    first = TeacherDesk(teacher, Ledger(tmp_path / "first"), retries=3)
    assert isinstance(first.ask(asks(6), read_json)[2], Failure)
    wanted = first.ask(asks(6), read_json)
    told = TeacherSettings(name="recorded", model=str(tmp_path / "first"))
    desk = open_desk(told, tmp_path / "second")
    *known, unknown = desk.ask(asks(7), read_json)
    assert known == wanted == [f"item {place}" for place in range(6)], "attempts of no use are passed over again"
    assert isinstance(unknown, Failure) and "not in the record" in unknown.reason
    assert desk.summary().money == 0 == desk.summary().read
    by_facts = TeacherDesk(Fake(lambda ask: said(ask.facts["a"])), Ledger(tmp_path / "facts"), by_facts=True)
    both = [ask("same", a=1), ask("same", a=2)]
    assert by_facts.ask(both, read_json) == [1, 2]
    replayed = open_desk(TeacherSettings(name="recorded", model=str(tmp_path / "facts")), tmp_path / "third")
    assert replayed.ask(both, read_json) == [1, 2]


def test_a_record_is_of_one_teacher_and_known_by_its_replies(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no replies\.jsonl"):
        Recorded(tmp_path)
    for workers in (1, 4):
        TeacherDesk(Fake(lambda ask: said(1)), Ledger(tmp_path / str(workers)), workers=workers, block=1).ask(
            asks(workers and 9), read_json
        )
    assert Recorded(tmp_path / "1").fingerprint == Recorded(tmp_path / "4").fingerprint
    other = Fake(lambda ask: said(2))
    other.fingerprint = "other"
    TeacherDesk(other, Ledger(tmp_path / "1")).ask(asks(1), read_json)
    with pytest.raises(BenchError, match="2 teachers"):
        Recorded(tmp_path / "1")


def test_the_script_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("navigen.teacher.scripted")
    module.Scripted = lambda: Fake(lambda ask: said(ask.facts["a"]))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "navigen.teacher.scripted", module)
    desk = open_desk(TeacherSettings("scripted", tokens=1, calls=2), tmp_path)
    assert desk.budget == Budget(calls=2)
    assert desk.ask([ask("same", a=1), ask("same", a=2)], read_json) == [1, 2]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"name": "open"}, "did you mean openai"),
        ({"name": "hf"}, "teacher.model"),
        ({"model": "x"}, "teacher.model"),
        ({"name": "openai", "model": "x"}, "teacher.url"),
        ({"name": "hf", "model": "x", "url": "http://a/v1"}, "teacher.url"),
        ({"name": "openai", "model": "x", "url": "http://me:sk-secret@a/v1"}, "without user"),
        ({"name": "openai", "model": "x", "url": "http://a/v1", "key": "sk-secret"}, "name of an environment variable"),
        ({"name": "hf", "model": "x", "key": "A_KEY"}, "hf needs none"),
        ({"backend": {"batch": 2}}, "has no backend"),
        ({"name": "hf", "model": "x", "money": 1.0}, "needs price_read"),
        ({"name": "hf", "model": "x", "calls": -1}, "not below 0"),
        ({"rate": -1.0}, "rate"),
    ],
)
def test_settings_that_contradict_themselves_are_errors(told: dict[str, Any], reason: str) -> None:
    with pytest.raises(BenchError, match=reason) as caught:
        TeacherSettings(**told)
    assert "sk-secret" not in str(caught.value)


def test_settings_are_plain_values_and_back() -> None:
    told = TeacherSettings("openai", "m", "http://a/v1", "A_KEY", {"timeout": 3.0, "thinking": False}, calls=7)
    assert build(TeacherSettings, plain(told), "teacher") == told
    assert build(TeacherSettings, {"tokens": "none", "retries": "2"}, "teacher") == TeacherSettings(retries=2)
    with pytest.raises(BenchError, match="say it by"):
        open_desk(TeacherSettings("openai", "m", "http://a/v1", backend={"parallel": 3}), Path("nowhere"))
