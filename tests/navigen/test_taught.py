"""What a teacher says is what a policy learns, and a policy that thinks thinks as it was taught.

Invariants: 1. every view of a user ends with the item the lesson is about; 2. what the teacher failed at is not learnt
and is counted; 3. a thought stands in its tags before rankings and instructions, closed even where it was cut off; 4. a
thought that could not be written stays a failure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.api import Context, Failure, Item, Kind
from bench.errors import BenchError
from bench.lm import Completion
from navigen.checkpoint import read_told
from navigen.corpus import Said, compose, samples, training_rows, validation_rows
from navigen.full import NaviGen
from navigen.pipeline import Making
from navigen.policy import Policy
from navigen.prompt import CLOSE_THOUGHT, OPEN_THOUGHT, THINK
from navigen.taught import Taught, be_taught, lessons_key, taught_once
from navigen.teacher.sample import Teaching
from navigen.teacher.settings import TeacherSettings
from navigen.train.grpo.settings import Reinforce
from tests.navigen.little import TINY, identify, make_queries, make_train, make_whole

SFT = Reinforce(steps=0)


def taught(**values: Any) -> NaviGen:
    return NaviGen(**{**TINY, "reinforce": SFT, "views": 3, **values}, context=Context(1))


def test_every_view_ends_with_the_item_of_the_lesson() -> None:
    train, recipe = make_train(), taught(think=True)
    found = Making(recipe, train, Context(1)).teach()
    assert found is not None and len(found.lessons) == 18
    rows = training_rows(train, identify(), recipe, 1, found.lessons)
    instructed = [row for row in rows if row.task == "cid2ins"]
    assert len(instructed) == 12 * 3
    last = {user: identify().written[identify().numbers[walk[-1]]] for user, walk in train.sequences.items()}
    lessons = {user: found.lessons[f"train {user}"] for user in last}
    answer = recipe.renderer.answer_instruction
    wanted = [answer(last[user], one.instruction, one.thought) for user, one in lessons.items()]
    assert sorted(row.answer for row in instructed) == sorted(wanted * 3)
    assert all(text.startswith(OPEN_THOUGHT) and CLOSE_THOUGHT in text for text in wanted)
    ranked = [row for row in rows if row.task == "cid2cid"]
    assert len(ranked) == 12 * 3 and all(row.answer.startswith(OPEN_THOUGHT) for row in ranked)
    held = validation_rows(train, identify(), recipe, 512, found.lessons)
    assert len(held) == 12 and all(row.answer.startswith(OPEN_THOUGHT) for row in held)


def test_what_is_asked_of_a_teacher_is_the_last_step_of_everybody() -> None:
    train = make_train()
    asked = samples(train, taught(), 2)
    assert [one.id for one in asked] == [f"train {user}" for user in sorted(train.sequences)] + [
        f"valid {one.query.id}" for one in train.validation[:2]
    ]
    assert [one.kind for one in asked[:4]] == [Kind.IMAGE, Kind.VIDEO] * 2
    for one, user in zip(asked, sorted(train.sequences), strict=False):
        walk = train.sequences[user]
        assert one.target.id == walk[-1] and [item.id for item in one.history] == list(walk[-7:-1])


def test_what_the_teacher_failed_at_is_left_out_and_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from navigen import taught as module

    real = module.teach

    def half(asked: Any, *rest: Any) -> Any:
        made = real(asked, *rest)
        return {name: Failure("judge: not JSON") if turn % 2 else made[name] for turn, name in enumerate(made)}

    monkeypatch.setattr(module, "teach", half)
    for think in (False, True):
        recipe = taught(think=think)
        found = Making(recipe, make_train(), Context(1)).teach()
        assert found is not None and len(found.lessons) == 9
        assert sum(found.told["failed"].values()) == 9 and found.told["samples"] == 18
        rows = training_rows(make_train(), identify(), recipe, 1, found.lessons)
        assert sum(row.task == "cid2ins" for row in rows) == 6 * 3
        assert sum(row.task == "cid2cid" for row in rows) == (6 if think else 12) * 3
        composed = {compose(item, kind) for item in identify().written for kind in (Kind.IMAGE, Kind.VIDEO)}
        assert not any(text in row.answer for row in rows for text in composed)
    system = make_whole(tmp_path, reinforce=SFT)
    system.fit(make_train())
    told = read_told(tmp_path / "policy")["taught"]
    assert told["samples"] == 18 and sum(told["failed"].values()) == 9
    monkeypatch.setattr(module, "teach", lambda asked, *_: {one.id: Failure("judge: not JSON") for one in asked})
    with pytest.raises(BenchError, match="no sample was taught: judge: not JSON"):
        Making(taught(), make_train(), Context(1)).teach()


def test_a_training_that_goes_on_learns_what_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a teacher failed at may be answered by the next run; half a training on other lessons would be lost."""
    from navigen import taught as module

    real, failing = module.teach, [True]

    def moody(asked: Any, *rest: Any) -> Any:
        made = real(asked, *rest)
        return {
            name: Failure("reason: 503") if failing[0] and name.endswith("u03") else one for name, one in made.items()
        }

    monkeypatch.setattr(module, "teach", moody)
    shared, straight = tmp_path / "shared", tmp_path / "straight"
    make_whole(straight, reinforce=SFT).fit(make_train())

    def stop(stage: str, done: int, total: int) -> None:
        if (stage, done) == ("full", 1):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_whole(tmp_path / "stopped", reinforce=SFT, progress=stop).fit(make_train())
    failing[0] = False
    make_whole(tmp_path / "stopped", reinforce=SFT).fit(make_train())
    policies = [read_told(tmp_path / name / "policy") for name in ("straight", "stopped")]
    assert policies[0]["taught"] == policies[1]["taught"] and policies[0]["taught"]["failed"] == {"reason": 2}
    weights = [(tmp_path / name / "policy" / "model.safetensors").read_bytes() for name in ("straight", "stopped")]
    assert weights[0] == weights[1]
    make_whole(shared, reinforce=SFT).fit(make_train())  # another training asks anew
    assert read_told(shared / "policy")["taught"]["failed"] == {}


def test_lessons_are_of_one_training(tmp_path: Path) -> None:
    asked, how = samples(make_train(), taught(), 2), Teaching()
    calls: list[str] = []

    def teach_here() -> Any:
        calls.append("asked")
        return be_taught(asked, TeacherSettings("scripted"), how, None, lambda *_: None)

    key = lessons_key(asked, TeacherSettings("scripted"), how)
    first = taught_once(tmp_path, key, teach_here)
    assert taught_once(tmp_path, key, teach_here) == first and calls == ["asked"]
    reached = TeacherSettings("openai", "m", "http://a/v1", key="A_KEY", calls=9, rate=3.0)
    moved = TeacherSettings("openai", "m", "http://b/v1", workers=2)
    assert lessons_key(asked, reached, how) == lessons_key(asked, moved, how)
    retold = [replace(one, target=replace(one.target, caption="else")) for one in asked]
    keys = {
        key,
        lessons_key(asked[1:], TeacherSettings("scripted"), how),
        lessons_key(retold, TeacherSettings("scripted"), how),
        lessons_key(asked, moved, how),
        lessons_key(asked, TeacherSettings("scripted"), replace(how, rounds=2)),
    }
    assert len(keys) == 5
    taught_once(tmp_path, "of another training", teach_here)
    assert calls == ["asked"] * 2


@pytest.mark.parametrize(("name", "place"), [("openai", "replies"), ("scripted", "shared")])
def test_what_a_model_said_is_kept_for_any_code(
    name: str, place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder of replies that an update of the code changed would have them paid for twice."""
    folders: list[Path | None] = []

    def asked(samples: object, teacher: object, how: object, folder: Path | None, progress: object) -> Taught:
        folders.append(folder)
        return Taught({}, {"failed": {}})

    monkeypatch.setattr("navigen.pipeline.be_taught", asked)
    server = {"model": "m", "url": "http://127.0.0.1:9/v1"} if name == "openai" else {}
    told = TeacherSettings(name=name, **server)
    context = Context(1, tmp_path / "work", shared=tmp_path / "shared", replies=tmp_path / "replies")
    Making(taught(teacher=told), make_train(), context).teach()
    assert folders == [tmp_path / place / "teach"]


def test_who_ends_before_the_last_stage_asks_no_teacher(tmp_path: Path) -> None:
    for stage in ("base", "embed"):
        system = make_whole(tmp_path / stage, stage=stage)
        system.fit(make_train())
        told = read_told(tmp_path / stage / "policy")
        assert "taught" not in told and "rewarded" not in told and not (tmp_path / stage / "teach").exists()


def test_the_first_stage_names_items_without_a_thought(monkeypatch: pytest.MonkeyPatch) -> None:
    learnt: dict[str, list[Any]] = {}
    tune = Making.tune

    def watched(self: Making, model: Any, mine: Any, other: Any, stage: Any, *rest: Any) -> Any:
        learnt[stage.name] = [one.ids for one in [*mine, *other] if one.task == "cid2cid"]
        return tune(self, model, mine, other, stage, *rest)

    monkeypatch.setattr(Making, "tune", watched)
    short = taught(think=True, embed_epochs=0.1, full_epochs=0.1, length=512)
    policy, _ = Making(short, make_train(), Context(1)).run()
    thought = {name: {THINK in policy.decode(ids) for ids in rows} for name, rows in learnt.items()}
    assert thought == {"embed": {False}, "full": {True}}


def test_a_policy_that_thinks_may_rank_directly() -> None:
    policy, author = thinking([])
    policy.recipe = replace(policy.recipe, ranks_directly=True, checkpoint="any")
    asked = [policy.decode(ids) for ids in policy.prompts(make_queries()[:3])]
    assert not author.asked and not any(THINK in text or CLOSE_THOUGHT in text for text in asked)
    with pytest.raises(BenchError, match="ranks_directly: the first stage teaches it"):
        taught(ranks_directly=True, think=True, embed_epochs=0.0)


def test_an_item_without_attributes_needs_another_teacher(tmp_path: Path) -> None:
    train = make_train()
    bare = replace(train, items={name: Item(name, f"Item {name}") for name in train.items})
    asked = samples(bare, taught(), 2)
    with pytest.raises(BenchError, match="a language model is needed as teacher"):
        be_taught(asked, TeacherSettings("scripted"), Teaching(), tmp_path, lambda *_: None)


class Author:
    """Writes what it was told to, and keeps what it was asked."""

    def __init__(self, told: Sequence[Completion | Failure]) -> None:
        self.told, self.asked = list(told), []  # type: ignore[var-annotated]

    def generate(self, prompts: Sequence[Any], sampling: Any) -> list[Completion | Failure]:
        self.asked.append((list(prompts), sampling))
        told, self.told = self.told[: len(prompts)], self.told[len(prompts) :]
        return told


def thinking(told: Sequence[Completion | Failure], think: bool = True) -> tuple[Policy, Author]:
    policy, _ = Making(taught(stage="base", think=think), make_train(), Context(1)).run()
    author = Author(told)
    vars(policy)["author"] = author
    return policy, author


def said(text: str, finished: bool = True) -> Completion:
    return Completion(text, (), finished, None)


def test_a_thought_precedes_an_instruction_and_one_that_was_cut_off_is_closed() -> None:
    answer = '{"target_tid":["lamp"],"target_ins":"a lamp"}'
    policy, author = thinking([said("it fits"), said("it goes on and", False), said(answer), said(answer)])
    told = policy.instruct(make_queries()[:2], Kind.IMAGE)
    assert [one.text for one in told if not isinstance(one, Failure)] == ["a lamp", "a lamp"]  # type: ignore[union-attr]
    (first, limits), (second, _) = author.asked
    assert [one.prefix for one in first] == [OPEN_THOUGHT] * 2
    assert limits.tokens == policy.recipe.thought_tokens and limits.stop == ("</think>",)
    wanted = [f"{OPEN_THOUGHT}{text}{CLOSE_THOUGHT}" for text in ("it fits", "it goes on and")]
    assert [one.prefix for one in second] == wanted


def test_a_thought_that_failed_stays_a_failure() -> None:
    answer = '{"target_tid":["lamp"],"target_ins":"a lamp"}'
    policy, author = thinking([Failure("too long"), said("it fits"), said(answer)])
    first, second = policy.instruct(make_queries()[:2], Kind.IMAGE)
    assert first == Failure("too long") and not isinstance(second, Failure)
    assert len(author.asked[1][0]) == 1
    policy, _ = thinking([Failure("too long")])
    with pytest.raises(BenchError, match="no thought could be written: too long"):
        policy.answer(make_queries()[:1], 5)


def test_a_thought_precedes_a_ranking(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    for think in (True, False):
        policy, author = thinking([said("it fits")], think)
        monkeypatch.setattr(
            "navigen.policy.rank",
            lambda model, prompts, *_, own=policy: seen.append(own.tokenizer.decode(prompts[0])) or (1 / 0),
        )
        with pytest.raises(ZeroDivisionError):
            policy.answer(make_queries()[:1], 5)
        assert len(author.asked) == int(think)
    assert seen[0].endswith(f"<|im_start|>assistant\n{OPEN_THOUGHT}it fits{CLOSE_THOUGHT}")
    assert "Think step by step first." in seen[0] and "Think" not in seen[1]
    assert seen[1].endswith("<|im_start|>assistant\n")


def test_thoughts_need_somebody_who_writes_them() -> None:
    for values in ({"teacher": TeacherSettings()}, {"teach": Teaching(thoughts=False)}):
        with pytest.raises(BenchError, match="thoughts come from a teacher"):
            taught(think=True, **values)
    assert Said(Kind.IMAGE, "a lamp").thought == ""
