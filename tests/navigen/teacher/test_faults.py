"""The whole desk against a local server with every fault: nothing lost, nothing poisoned, nothing beyond the budget."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.api import Failure
from bench.errors import BenchError
from navigen.teacher.budget import BudgetSpentError, most
from navigen.teacher.desk import TeacherDesk
from navigen.teacher.ledger import FAILURES, REPLIES, Ledger, Spent
from navigen.teacher.settings import TeacherSettings, open_desk
from tests.lm.replay import Replay, Reply
from tests.lm.replay import said as spoken
from tests.navigen.teacher.asks import asks, read_json

SECRET = "sk-very-secret"


@pytest.fixture
def replay(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    monkeypatch.setenv("TINY_KEY", SECRET)
    made = Replay()
    yield made
    made.server.shutdown()
    made.server.server_close()


def open_at(replay: Replay, folder: Path, tries: int = 3, timeout: float = 5.0, **more: Any) -> TeacherDesk:
    backend = {"tries": tries, "pause": 0.01, "timeout": timeout, "patience": 2.0}
    told = {"name": "openai", "model": "tiny", "url": replay.url, "key": "TINY_KEY", "backend": backend, **more}
    return open_desk(TeacherSettings(**told), folder)


def counted(text: str | None, reason: str = "stop", **more: Any) -> Reply:
    told = json.loads(spoken(text, reason, **more)[1])
    return 200, json.dumps({**told, "usage": {"prompt_tokens": 10, "completion_tokens": 5}}).encode(), {}


def fine(body: dict[str, Any]) -> Reply:
    return counted(json.dumps({"said": body["messages"][0]["content"]}))


def broken(body: dict[str, Any], before: int) -> Reply | None:
    """Return the fault of a prompt's first request, if it is to have one."""
    whole = fine(body)[1]
    number = int(body["messages"][0]["content"].split()[1])
    if before:
        return None
    if number == 4:
        time.sleep(0.8)
    return {
        0: (429, f"slow down {SECRET}".encode(), {"Retry-After": "0.2"}),
        1: (500, f"oops {SECRET}".encode(), {}),
        2: counted("I'm sorry, but I can't help with that."),
        3: counted('{"said": '),
        4: (200, whole, {}),
        5: (200, whole[:20], {"Content-Length": str(len(whole))}),
        6: counted(None, refusal=f"not with {SECRET}"),
        7: counted('{"said": "half', "length"),
        8: (200, b"<html>", {}),
        9: counted(f"my key is {SECRET}"),
    }.get(number)


def texts(folder: Path) -> list[str]:
    path = folder / REPLIES
    return [json.loads(line)["text"] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.mark.parametrize("workers", [1, 8])
def test_faults_that_pass_cost_no_answer(replay: Replay, tmp_path: Path, workers: int) -> None:
    replay.script = lambda body, before: broken(body, before) or fine(body)
    desk = open_at(replay, tmp_path, timeout=0.4, workers=workers, retries=2)
    wanted = [f"item {place}" for place in range(14)]
    assert desk.ask(asks(14), read_json) == wanted
    assert sorted(texts(tmp_path)) == sorted(json.dumps({"said": name}) for name in wanted)
    summary = desk.summary()
    assert (summary.refusals, summary.retries, summary.failures) == (2, 5, {})
    told = 14 + 5  # answers that told what they cost
    worst = most(asks(5)[4])  # of each of the 4 requests whose cost nobody told; a refused one (429) costs nothing
    assert summary.calls == len(replay.seen) == told + 5
    assert (summary.read, summary.written) == (told * 10 + 4 * worst.read, told * 5 + 4 * worst.written)
    assert not any(SECRET in path.read_text() for path in tmp_path.iterdir())
    assert set(replay.keys) == {f"Bearer {SECRET}"}
    before = len(replay.seen)
    assert open_at(replay, tmp_path).ask(asks(14), read_json) == wanted and len(replay.seen) == before


def test_faults_that_stay_are_failures_and_mended_by_the_next_run(replay: Replay, tmp_path: Path) -> None:
    replay.script = lambda body, before: broken(body, 0) or fine(body)
    desk = open_at(replay, tmp_path, timeout=0.3, tries=2, retries=1)
    found = desk.ask(asks(12), read_json)
    reasons = [result.reason if isinstance(result, Failure) else "" for result in found]
    wanted = (
        "HTTP 429|HTTP 500|refused: I'm sorry|not what was asked|timed out|IncompleteRead|refused: not with ***|"
        "cut off after 20 tokens|JSONDecodeError|holds the key"
    )
    for place, words in enumerate(wanted.split("|")):
        assert words in reasons[place], (place, reasons[place])
    assert found[10:] == ["item 10", "item 11"] and len(texts(tmp_path)) == 2
    assert sum(desk.summary().failures.values()) == 10 and desk.summary().refusals == 4
    kept = (tmp_path / FAILURES).read_text()
    assert SECRET not in kept + "".join(reasons) + repr(desk.summary())
    replay.script = lambda body, before: fine(body)
    before = len(replay.seen)
    assert open_at(replay, tmp_path).ask(asks(12), read_json) == [f"item {place}" for place in range(12)]
    assert len(replay.seen) == before + 10, "what was answered is not asked for again"


def test_a_server_asked_too_early_is_given_its_time(replay: Replay, tmp_path: Path) -> None:
    replay.script = lambda body, before: fine(body) if before else (429, b"", {"Retry-After": "0.5"})
    start = time.monotonic()
    assert open_at(replay, tmp_path).ask(asks(1), read_json) == ["item 0"]
    assert time.monotonic() - start >= 0.5


@pytest.mark.parametrize("workers", [1, 8])
def test_the_budget_holds_whatever_the_server_does(replay: Replay, tmp_path: Path, workers: int) -> None:
    replay.script = lambda body, before: broken(body, before) or fine(body)
    limits = {"money": 0.004, "price_read": 10.0, "price_written": 20.0}
    found: list[Any] = []
    for _ in range(20):
        desk = open_at(replay, tmp_path, timeout=0.4, workers=workers, **limits)
        try:
            found = desk.ask(asks(14), read_json)
            break
        except BudgetSpentError as error:
            assert desk.summary().money <= limits["money"] and error.left == 14 - len(texts(tmp_path))
            limits["money"] += 0.0009
    assert found == [f"item {place}" for place in range(14)]
    assert desk.ledger.spent.calls == len(replay.seen), "every request is a call"
    assert len(replay.seen) == 19 + 5, "no reply was paid for twice"


@pytest.mark.parametrize("workers", [1, 8])
@pytest.mark.parametrize("calls", [1, 7, 12])
def test_no_request_is_sent_beyond_the_calls(replay: Replay, tmp_path: Path, workers: int, calls: int) -> None:
    replay.script = lambda body, before: fine(body) if before == 2 else (503, b"busy", {})
    for _ in range(2):  # a second run finds the budget spent
        desk = open_at(replay, tmp_path, workers=workers, calls=calls)
        with pytest.raises(BudgetSpentError, match=f"{calls} of {calls} calls"):
            desk.ask(asks(14), read_json)
        assert len(replay.seen) == calls == desk.ledger.spent.calls
    kept = [json.loads(line) for line in (tmp_path / FAILURES).read_text().splitlines()]
    assert {line["kind"] for line in kept} == {"unanswered"} and len(kept) + len(texts(tmp_path)) == calls
    assert open_at(replay, tmp_path).ask(asks(14), read_json) == [f"item {place}" for place in range(14)]


@pytest.mark.parametrize("code", [429, 503])
def test_a_try_is_on_disk_before_the_next(replay: Replay, tmp_path: Path, code: int) -> None:
    known: list[int] = []

    def script(body: dict[str, Any], before: int) -> Reply:
        (ledger := Ledger(tmp_path)).look()
        known.append(ledger.spent.calls)
        return fine(body) if before == 3 else (code, b"busy", {})

    replay.script = script
    assert open_at(replay, tmp_path, tries=4, workers=1).ask(asks(2), read_json) == ["item 0", "item 1"]
    assert known == list(range(8))


def test_a_server_that_is_not_there_costs_no_call(replay: Replay, tmp_path: Path) -> None:
    replay.server.shutdown()
    replay.server.server_close()
    desk = open_at(replay, tmp_path, tries=3, calls=2)
    found = desk.ask(asks(2), read_json)
    assert all(isinstance(result, Failure) and "(3 tries)" in result.reason for result in found)
    assert desk.ledger.spent == Spent()
    kinds = [json.loads(line)["kind"] for line in (tmp_path / FAILURES).read_text().splitlines()]
    assert kinds == ["unreached"] * 6


def test_the_model_behind_another_address_is_not_asked_again(replay: Replay, tmp_path: Path) -> None:
    replay.script = lambda body, before: fine(body)
    wanted = open_at(replay, tmp_path).ask(asks(5), read_json)
    other = Replay()
    other.script = lambda body, before: fine(body)
    assert other.url != replay.url and open_at(other, tmp_path).ask(asks(5), read_json) == wanted
    assert not other.seen
    assert open_at(other, tmp_path, model="large").ask(asks(5), read_json) == wanted
    assert len(other.seen) == 5, "another model's answers are its own"
    other.server.shutdown()
    other.server.server_close()


def test_a_dead_server_ends_the_run_and_keeps_what_there_is(replay: Replay, tmp_path: Path) -> None:
    replay.script = lambda body, before: fine(body) if len(replay.seen) <= 5 else (401, SECRET.encode(), {})
    desk = open_at(replay, tmp_path, workers=1, patience=2)
    with pytest.raises(BenchError, match=r"2 asks in a row unanswered \(HTTP 401") as caught:
        desk.ask(asks(40), read_json)
    assert len(texts(tmp_path)) == 5 and len(replay.seen) == 7 and SECRET not in str(caught.value)
