"""The desk against a teacher in memory.

Invariants: 1. results keep the order of the asks, whatever workers, blocks and arrival; 2. only usable replies are in
the ledger, and none is asked for twice; 3. attempts of no use are made with other seeds, at most 1 + retries; 4. no
budget is passed, and all that was answered is kept.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from bench.api import Failure
from bench.errors import BenchError
from bench.lm import Spoilt, Unanswered
from bench.rng import stream
from navigen.teacher.budget import Budget, BudgetSpentError, most
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.ledger import FAILURES, REPLIES, Ledger, Spent
from navigen.teacher.protocol import Ask, Reply
from navigen.teacher.spread import Pace, spread
from tests.navigen.teacher.asks import Fake, Script, ask, asks, read_json, said, words


def desk(folder: Path, script: Script, **more: Any) -> tuple[TeacherDesk, Fake]:
    teacher = Fake(script)
    return TeacherDesk(teacher, Ledger(folder), **more), teacher


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_known_replies_are_not_asked_for_again(tmp_path: Path) -> None:
    first, teacher = desk(tmp_path, lambda ask: said(words(ask)))
    wanted = [f"item {place}" for place in range(5)]
    assert first.ask(asks(5), read_json) == wanted and len(teacher.seen) == 5
    assert first.ask(asks(5), read_json) == wanted and len(teacher.seen) == 5
    second, other = desk(tmp_path, lambda ask: said("never"))
    assert second.ask(asks(5), read_json) == wanted and other.seen == []
    summary = second.summary()
    assert (summary.calls, summary.read, summary.written, summary.known) == (5, 25, 35, 5)
    other.fingerprint = "another"
    assert second.ask(asks(1), read_json) == ["never"], "another teacher's replies are not this one's"


def test_a_reply_of_no_use_is_asked_for_again_with_another_seed(tmp_path: Path) -> None:
    def script(ask: Ask) -> Reply | Failure:
        tries = sum(words(ask) == words(one) for one in teacher.seen)
        if words(ask) == "item 0" and tries < 3:
            return Reply("no json", 1, 1)
        if words(ask) == "item 1":
            return Spoilt("cut off", 2, 2)
        if words(ask) == "item 2":
            return Reply("I'm sorry, but I can't help with that.", 3, 3)
        return said("ok")

    made, teacher = desk(tmp_path, script, retries=2)
    found = made.ask(asks(4), read_json)
    assert found[0] == found[3] == "ok"
    assert found[1] == Failure("cut off")
    assert found[2] == Failure("the teacher refused: I'm sorry, but I can't help with that.")
    assert [sum(words(one) == f"item {place}" for one in teacher.seen) for place in range(4)] == [3, 3, 3, 1]
    seeds = [one.sampling.seed for one in teacher.seen if words(one) == "item 0"]
    assert seeds[0] == 0 and len(set(seeds)) == 3
    assert {row["sample"] for row in rows(tmp_path / REPLIES)} == {"item 0", "item 3"}
    kinds = [(row["sample"], row["kind"], row["attempt"]) for row in rows(tmp_path / FAILURES)]
    assert kinds.count(("item 2", "refused", 1)) == 1 and len(kinds) == 2 + 3 + 3
    summary = made.summary()
    assert (summary.retries, summary.refusals, sum(summary.failures.values())) == (6, 3, 2)
    assert (summary.calls, summary.read) == (10, 2 * 1 + 3 * 2 + 3 * 3 + 2 * 5)


def test_what_failed_is_asked_anew_by_the_next_run(tmp_path: Path) -> None:
    first, teacher = desk(tmp_path, lambda ask: Reply("no json"), retries=1)
    assert isinstance(first.ask(asks(1), read_json)[0], Failure)
    second, other = desk(tmp_path, lambda ask: said("better"), retries=1)
    assert second.ask(asks(1), read_json) == ["better"]
    assert other.seen[0].sampling.seed not in {one.sampling.seed for one in teacher.seen}


def test_no_answer_is_no_attempt(tmp_path: Path) -> None:
    first, teacher = desk(tmp_path, lambda ask: Failure("HTTP 503"))
    assert first.ask(asks(1), read_json) == [Failure("HTTP 503")] and len(teacher.seen) == 1
    second, other = desk(tmp_path, lambda ask: said("there"))
    assert second.ask(asks(1), read_json) == ["there"] and other.seen == teacher.seen


def test_equal_questions_are_asked_once_and_read_by_each(tmp_path: Path) -> None:
    def read(ask: Ask, text: str) -> str:
        if ask.facts["name"] == "strict" and '"first"' in text:
            raise ValueError("not this one")
        return f"{ask.facts['name']}: {text}"

    equal = [ask("same", name="loose"), ask("same", name="strict"), ask("same", operation="other", name="loose")]
    made, teacher = desk(tmp_path, lambda ask: said("first" if ask.sampling.seed == 0 else "second"))
    found = made.ask(equal, read)
    assert found == ['loose: {"said": "first"}', 'strict: {"said": "second"}', 'loose: {"said": "first"}']
    assert len(teacher.seen) == 3
    again, silent = desk(tmp_path, lambda ask: Failure("gone"))
    assert again.ask(equal, read) == found and silent.seen == []
    told, asked = desk(tmp_path / "facts", lambda ask: said(ask.facts["name"]), by_facts=True)
    assert told.ask(equal[:2], read_json) == ["loose", "strict"] and len(asked.seen) == 2


def waver(ask: Ask) -> Reply | Failure:
    """Answer after a while of its own; a third of the attempts are of no use."""
    draws = stream(0, "waver", words(ask), ask.sampling.seed)
    time.sleep(float(draws.random()) * 0.004)
    kind = int(draws.integers(6))
    if kind == 0:
        return Reply("broken {", 1, 1)
    return Spoilt("empty", 1, 0) if kind == 1 else said([words(ask), ask.sampling.seed])


def test_workers_and_blocks_change_no_result(tmp_path: Path) -> None:
    found = []
    files = []
    for name, workers, block in (("one", 1, 1), ("eight", 8, 1), ("blocks", 1, 7), ("both", 3, 4)):
        made, _ = desk(tmp_path / name, waver, workers=workers, block=block, retries=1)
        found.append((made.ask(asks(80), read_json), made.summary(), made.ledger.fingerprint()))
        files.append([sorted((tmp_path / name / file).read_text().splitlines()) for file in (REPLIES, FAILURES)])
    assert found[0] == found[1] == found[2] == found[3]
    assert files[0] == files[1] == files[2] == files[3]
    assert any(isinstance(result, Failure) for result in found[0][0])


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("limit", [0, 1, 9, 13])
def test_a_limit_of_calls_is_met_and_raising_it_goes_on(tmp_path: Path, workers: int, limit: int) -> None:
    small, teacher = desk(tmp_path, waver, workers=workers, block=1, budget=Budget(calls=limit))
    with pytest.raises(BudgetSpentError, match=f"{limit} of {limit} calls.*asks are left.*teacher.calls") as caught:
        small.ask(asks(12), read_json)
    assert len(teacher.seen) == limit == caught.value.spent.calls
    usable = len(rows(tmp_path / REPLIES))
    assert caught.value.left == 12 - usable > 0
    whole, other = desk(tmp_path, waver, workers=workers, block=1)
    free, counted = desk(tmp_path / "free", waver)
    assert whole.ask(asks(12), read_json) == free.ask(asks(12), read_json)
    assert len(teacher.seen) + len(other.seen) == len(counted.seen), "nothing is asked for twice"


@pytest.mark.parametrize("workers", [1, 8])
def test_limits_of_tokens_and_money_are_never_passed(tmp_path: Path, workers: int) -> None:
    for budget in (Budget(tokens=900), Budget(money=0.5, price_read=100.0, price_written=1000.0)):
        folder = tmp_path / str(budget.tokens)
        made, _ = desk(folder, lambda ask: said(1, most(ask).read, most(ask).written), workers=workers, budget=budget)
        with pytest.raises(BudgetSpentError):
            made.ask(asks(50), read_json)
        spent = made.ledger.spent
        assert budget.allows(spent) and not budget.allows(spent + most(ask("item 1"))) and spent.calls > 3
        assert made.summary().money == pytest.approx(budget.price(spent))


def test_a_limit_that_nobody_can_keep_is_an_error(tmp_path: Path) -> None:
    made, teacher = desk(tmp_path, lambda ask: said(1, 0, 0), budget=Budget(tokens=10_000), block=1)
    with pytest.raises(BenchError, match=r"does not tell how many tokens.*teacher\.calls"):
        made.ask(asks(3), read_json)
    assert len(teacher.seen) == 1 == len(rows(tmp_path / REPLIES))


def test_patience_with_a_silent_teacher_ends(tmp_path: Path) -> None:
    waits: list[float] = []
    pace = Pace(patience=5, pause=1.0, longest=4.0, clock=lambda: 0.0, sleep=waits.append)
    made, teacher = desk(tmp_path, lambda ask: Failure("HTTP 401"), block=1, pace=pace)
    with pytest.raises(BenchError, match=r"5 asks in a row unanswered \(HTTP 401\)"):
        made.ask(asks(50), read_json)
    assert len(teacher.seen) == 5 and waits == [1.0, 2.0, 4.0, 4.0]


def test_a_busy_teacher_is_given_its_time_and_nothing_else_is_sent_meanwhile(tmp_path: Path) -> None:
    waits: list[float] = []
    pace = Pace(pause=1.0, longest=3.0, patience=2, tries=4, clock=lambda: 0.0, sleep=waits.append)

    def script(ask: Ask) -> Reply | Failure:
        tried = sum(words(one) == words(ask) for one in teacher.seen)
        if words(ask) == "item 2":
            return Unanswered("HTTP 401", None, paid=False)
        return said("ok") if tried == 4 else Unanswered("HTTP 429", 7.0 if words(ask) == "item 1" else 0.0, paid=False)

    made, teacher = desk(tmp_path, script, block=1, pace=pace)
    assert made.ask(asks(3), read_json) == ["ok", "ok", Failure("HTTP 401")]
    assert [words(one) for one in teacher.seen] == ["item 0"] * 4 + ["item 1"] * 4 + ["item 2"]
    assert 1 <= waits[0] < 2 <= waits[1] < 4 and waits[2:] == [3.0, 7.0, 7.0, 7.0]
    assert made.ledger.spent.calls == 9


def test_what_nobody_tells_the_cost_of_is_counted_at_its_most(tmp_path: Path) -> None:
    replies = [Unanswered("late"), Unanswered("HTTP 429", paid=False), Unanswered("gone", reached=False, paid=False)]
    made, _ = desk(tmp_path, lambda ask: replies[int(words(ask)[-1])], block=1)
    made.ask(asks(3), read_json)
    worst = most(asks(1)[0])
    assert made.ledger.spent == Spent(2, worst.read, worst.written)
    for name, budget, cost in (("free", Budget(), Spent(1)), ("limited", Budget(tokens=10_000), worst)):
        spoilt, _ = desk(tmp_path / name, lambda ask: Spoilt("refused"), retries=0, budget=budget)
        spoilt.ask(asks(1), read_json)
        assert spoilt.ledger.spent == cost


def test_a_rate_spaces_the_asks() -> None:
    now = [100.0]
    pace = Pace(rate=30, clock=lambda: now[0], sleep=lambda seconds: now.__setitem__(0, now[0] + seconds))
    starts = [(pace.wait(), now[0])[1] for _ in range(4)]
    assert starts == [100.0, 102.0, 104.0, 106.0]
    now[0] = 200.0
    pace.wait(2)
    pace.wait()
    assert now[0] == 204.0


def test_an_error_of_one_worker_loses_no_answer_of_the_others() -> None:
    def work(number: int) -> int:
        time.sleep(0.02 * number)
        if number == 1:
            raise BenchError("broken")
        return number

    numbers = iter(range(4))
    got: list[int] = []
    with pytest.raises(BenchError, match="broken"):
        for _, result in spread(lambda: next(numbers, None), work, 4):
            got.append(result)
    assert got == [0, 2, 3]


@pytest.mark.parametrize("text", ['"\ud800"', '{"said": "\ud800"}'])
def test_what_no_file_can_hold_is_of_no_use(tmp_path: Path, text: str) -> None:
    made, _ = desk(tmp_path, lambda ask: Reply(text))
    assert made.ask(asks(1), read_json) == [Failure("the reply is no valid Unicode")]
    assert rows(tmp_path / REPLIES) == []
