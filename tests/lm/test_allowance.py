"""No more requests reach a server than the user allowed, whatever fails, and whoever needs more is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.errors import BenchError
from bench.lm import Completion, Prompt, Sampling, ServerSettings, TextModel, load
from navigen.rewards.asking import Asking
from navigen.rewards.consistency import Told
from navigen.teacher.settings import TeacherSettings, open_teacher
from tests.lm.replay import Replay, said

ONE = Sampling(tokens=7)


def server(replay: Replay, requests: int, **settings: int) -> TextModel:
    return load("openai", replay.url, ServerSettings("tiny", pause=0.01, requests=requests, **settings))


def prompts(*texts: str) -> list[Prompt]:
    return [Prompt((("user", text),)) for text in texts]


def test_what_is_within_the_limit_is_sent_and_the_next_is_not(replay: Replay) -> None:
    model = server(replay, 5)
    assert len(model.generate(prompts("a", "b", "c"), ONE)) == 3
    with pytest.raises(BenchError, match=r"3 of 5 requests are sent, and 3 more are due.*setting requests"):
        model.generate(prompts("d", "e", "f"), ONE)
    assert len(replay.seen) == 3, "of a call that would not end, nothing is sent"
    assert model.generate(prompts("d", "e"), ONE) == [Completion("yes", (), True, None)] * 2


@pytest.mark.parametrize("parallel", [1, 8])
def test_further_tries_are_requests_too(replay: Replay, parallel: int) -> None:
    replay.script = lambda body, before: said("at last") if before == 2 else (503, b"busy", {})
    model = server(replay, 10, parallel=parallel)
    with pytest.raises(BenchError, match="10 of 10 requests are sent"):
        model.generate(prompts("a", "b", "c", "d", "e"), ONE)
    assert len(replay.seen) == 10


def test_a_judge_keeps_what_it_was_told_before_the_limit(replay: Replay, tmp_path: Path) -> None:
    marks = '{"specificity": 1, "creativity": 1, "content": 1, "visual": 1, "instruction_target": 0.5}'
    replay.script = lambda body, before: said(marks)
    told = [Told(f"a red boat, number {number}", None, ("red",)) for number in range(100)]
    judge = Asking(server(replay, 70), folder=tmp_path)
    with pytest.raises(BenchError, match=r"64 of 70 requests are sent, and 36 more are due"):
        judge.judge(told)
    again = Asking(server(replay, 70), folder=tmp_path)
    assert None not in again.judge(told)
    assert len(replay.seen) == 100, "what was answered is not asked again"
    assert again.fingerprint == Asking(server(replay, 0), folder=tmp_path).fingerprint


def test_a_teacher_has_a_budget_instead() -> None:
    told = TeacherSettings("openai", "m", "http://127.0.0.1:9/v1", backend={"requests": 5})
    with pytest.raises(BenchError, match=r"teacher\.backend: requests; say it by .* and calls"):
        open_teacher(told)


def test_a_limit_below_nothing_is_refused() -> None:
    with pytest.raises(BenchError, match="requests -1"):
        ServerSettings("m", requests=-1)
