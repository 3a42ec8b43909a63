"""The server backend against a local server that answers, refuses, breaks, stalls and hangs up.

Invariants: 1. answers keep the order of the prompts; 2. what passes is tried again, what does not is not; 3. every
broken answer is a Failure with a reason, and no exception; 4. the key is sent, and never shown.
"""

from __future__ import annotations

import json
import time
from email.utils import formatdate
from typing import Any

import pytest

from bench.api import Failure
from bench.errors import BenchError
from bench.lm import Completion, Prompt, Sampling, ServerSettings, Spoilt, Unanswered, load
from bench.lm.http import asked_wait
from tests.lm.replay import Replay, Reply, said
from tests.lm.tiny import SCHEMA


def ask(replay: Replay, *texts: str, sampling: Sampling | None = None, prefix: str = "", **settings: Any) -> list[Any]:
    told = ServerSettings(**{"model": "tiny", "tries": 3, "pause": 0.01, "timeout": 5.0, **settings})
    prompts = [Prompt((("user", text),), prefix) for text in texts]
    return list(load("openai", replay.url, told).generate(prompts, sampling or Sampling(tokens=7)))


def test_answers_keep_the_order_and_the_request_says_what_was_asked(replay: Replay) -> None:
    def script(body: dict[str, Any], before: int) -> Reply:
        text = body["messages"][0]["content"]
        time.sleep(0.02 * (9 - int(text)))  # the first is the last to be ready
        return said(f"answer {text}", "length" if text == "4" else "stop")

    replay.script = script
    answers = ask(replay, *map(str, range(9)), sampling=Sampling(tokens=7, temperature=0.5, top_p=0.9, stop=("#",)))
    assert answers == [Completion(f"answer {n}", (), n != 4, None) for n in range(9)]
    assert {(body["model"], body["max_tokens"], body["temperature"]) for body in replay.seen} == {("tiny", 7, 0.5)}
    assert len({body["seed"] for body in replay.seen}) == 9 and replay.seen[0]["stop"] == ["#"]
    assert replay.keys == [None] * 9 and not {"skip_special_tokens", "chat_template_kwargs"} & set(replay.seen[0])
    ask(replay, "1", special=True, thinking=False, limit="max_completion_tokens")
    last = replay.seen[-1]
    assert last["skip_special_tokens"] is False and last["chat_template_kwargs"] == {"enable_thinking": False}
    assert last["max_completion_tokens"] == 7 and "max_tokens" not in last


def test_seeds_depend_on_the_prompt_and_its_copy_only(replay: Replay) -> None:
    ask(replay, "a", "b", "a", parallel=1)
    ask(replay, "b", "a", "a", parallel=1)
    seeds = [body["seed"] for body in replay.seen]
    assert seeds[:3] == [seeds[4], seeds[3], seeds[5]] and len(set(seeds)) == 3


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(replay: Replay, code: int) -> None:
    replay.script = lambda body, before: said("at last") if before == 2 else (code, b"busy", {})
    assert ask(replay, "a") == [Completion("at last", (), True, None)]
    assert len(replay.seen) == 3


def test_retry_after_is_honoured_and_too_long_a_wait_is_a_failure(replay: Replay) -> None:
    replay.script = lambda body, before: said("ok") if before else (429, b"slow down", {"Retry-After": "0.4"})
    start = time.monotonic()
    assert ask(replay, "a", pause=0.0) == [Completion("ok", (), True, None)]
    assert time.monotonic() - start >= 0.4
    replay.script = lambda body, before: (429, b"come tomorrow", {"Retry-After": "86400"})
    (answer,) = ask(replay, "b")
    assert "429" in answer.reason and "wait of 86400 s" in answer.reason and len(replay.seen) == 3
    assert asked_wait(formatdate(time.time() + 30, usegmt=True)) == pytest.approx(30, abs=2)
    assert asked_wait("soon") is None and asked_wait(None) is None


@pytest.mark.parametrize("code", [400, 401, 404, 307])
def test_what_asking_again_does_not_mend_is_not_asked_again(replay: Replay, code: int) -> None:
    replay.script = lambda body, before: (code, b"no such model", {"Location": f"{replay.url}/other"})
    (answer,) = ask(replay, "a")
    assert isinstance(answer, Failure) and f"HTTP {code}" in answer.reason and "no such model" in answer.reason
    assert len(replay.seen) == 1


def test_half_an_answer_a_stall_and_no_json_are_tried_again(replay: Replay) -> None:
    whole = said("whole")[1]

    def script(body: dict[str, Any], before: int) -> Reply:
        if before == 0:
            return 200, whole[:20], {"Content-Length": str(len(whole))}  # hangs up in the middle
        if before == 1:
            time.sleep(0.5)
        return 200, b"<html>" if before == 2 else whole, {}

    replay.script = script
    assert ask(replay, "a", tries=4, timeout=0.2) == [Completion("whole", (), True, None)]
    replay.script = lambda body, before: (200, b"[]", {})
    (answer,) = ask(replay, "b")
    assert "no JSON object" in answer.reason and "(3 tries)" in answer.reason


def test_time_outs_are_counted(replay: Replay) -> None:
    replay.script = lambda body, before: (time.sleep(0.4), said("late"))[1]
    (answer,) = ask(replay, "a", timeout=0.1, tries=2)
    assert isinstance(answer, Failure) and "timed out" in answer.reason.lower()


def test_a_dead_server_is_counted_not_fatal(replay: Replay) -> None:
    replay.server.shutdown()
    replay.server.server_close()
    answers = ask(replay, *"abcd")
    assert len(answers) == 4 and all(isinstance(answer, Failure) for answer in answers)
    assert "ConnectionRefusedError" in answers[0].reason
    assert all(isinstance(answer, Failure) for answer in ask(replay, "a", prefix="b", continues=True))


def test_a_failure_tells_whether_it_may_pass_and_what_it_may_have_cost(replay: Replay) -> None:
    def fail(reply: Reply) -> tuple[float | None, bool, bool]:
        replay.script = lambda body, before: reply
        (answer,) = ask(replay, "a", tries=1)
        assert isinstance(answer, Unanswered) and "tries" not in answer.reason
        return answer.wait, answer.reached, answer.paid

    assert fail((401, b"", {})) == (None, True, False)
    assert fail((429, b"", {})) == (0.0, True, False)
    assert fail((429, b"", {"Retry-After": "3"})) == (3.0, True, False)
    assert fail((429, b"", {"Retry-After": "86400"})) == (None, True, False)
    assert fail((503, b"", {})) == (0.0, True, True)
    assert fail((200, b"{", {})) == (0.0, True, True)
    assert fail((200, b"{}", {})) == (None, True, True)
    replay.server.shutdown()
    replay.server.server_close()
    assert fail((200, b"{}", {})) == (0.0, False, False)


def test_a_model_is_the_same_wherever_it_is_served(replay: Replay) -> None:
    def fingerprint(url: str, **settings: Any) -> str:
        return load("openai", url, {"model": "tiny", **settings}).fingerprint

    here = fingerprint(replay.url)
    assert here == fingerprint("https://elsewhere.example.com/v1", tries=1, timeout=3.0, parallel=2)
    others: list[dict[str, Any]] = [{"model": "large"}, {"thinking": False}, {"special": True}]
    assert len({here, *(fingerprint(replay.url, **one) for one in others)}) == 4


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (said(None), "empty"),
        (said(""), "empty"),
        (said(None, refusal="I cannot"), "refuses: I cannot"),
        (said("half", "content_filter"), "refuses"),
        ((200, b"{}", {}), "no choices"),
        ((200, b'{"choices": [{"message": null}]}', {}), "no choices"),
        ((200, b'{"error": "x", "choices": []}', {}), "no choices.*error"),
    ],
)
def test_refusals_and_empty_answers_are_failures(replay: Replay, reply: Reply, reason: str) -> None:
    replay.script = lambda body, before: reply
    (answer,) = ask(replay, "a")
    assert isinstance(answer, Failure)
    with pytest.raises(ValueError, match=reason):
        raise ValueError(answer.reason)
    assert len(replay.seen) == 1


def test_a_schema_is_sent_and_its_answer_must_be_json(replay: Replay) -> None:
    texts = {"good": '{"like":"warm","count":3}', "broken": '{"like": warm}', "cut": '{"like":"wa'}

    def script(body: dict[str, Any], before: int) -> Reply:
        name = body["messages"][0]["content"]
        return said(texts[name], "length" if name == "cut" else "stop")

    replay.script = script
    good, broken, cut = ask(replay, *texts, sampling=Sampling(tokens=7, schema=SCHEMA))
    assert isinstance(good, Completion) and json.loads(good.text) == {"like": "warm", "count": 3}
    assert "not JSON" in broken.reason and "cut off after 7 tokens" in cut.reason
    assert replay.seen[0]["response_format"]["json_schema"]["schema"] == SCHEMA


def test_a_prefix_needs_a_server_that_continues_it(replay: Replay) -> None:
    with pytest.raises(BenchError, match="continues=true"):
        ask(replay, "a", prefix="the light")
    with pytest.raises(BenchError, match="ignores continue_final_message"):
        ask(replay, "a", prefix="the light", continues=True)

    def script(body: dict[str, Any], before: int) -> Reply:
        if body.get("continue_final_message") and body.get("add_generation_prompt"):
            return 400, b"Cannot set both", {}
        return said("the light is" if body["messages"][0]["content"] == "parrot" else " is soft")

    replay.script = script
    answer, parrot = ask(replay, "a", "parrot", prefix="the light", continues=True)
    assert answer == Completion(" is soft", (), True, None)
    assert "repeats the prefix" in parrot.reason
    assert replay.seen[-1]["messages"][-1] == {"role": "assistant", "content": "the light"}


def test_the_key_is_sent_and_never_shown(replay: Replay, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchError, match="environment variable NO_SUCH_KEY is not set"):
        ask(replay, "a", key="NO_SUCH_KEY")
    monkeypatch.setenv("TINY_KEY", "sk-very-secret")
    replay.script = lambda body, before: (401, b"wrong key sk-very-secret", {})
    (answer,) = ask(replay, "a", key="TINY_KEY")
    assert replay.keys == ["Bearer sk-very-secret"] and "***" in answer.reason
    server = load("openai", replay.url, {"model": "tiny", "key": "TINY_KEY"})
    assert "secret" not in answer.reason + repr(server) + server.fingerprint


def test_what_a_server_cannot_do_says_what_can(replay: Replay) -> None:
    server = load("openai", replay.url, {"model": "tiny"})
    with pytest.raises(BenchError, match="use hf or vllm"):
        server.generate([Prompt((("user", "a"),))], Sampling(allowed=lambda _: [1]))
    with pytest.raises(BenchError, match="backend hf or vllm"):
        server.log_likelihood([Prompt((("user", "a"),))], ["b"])
    with pytest.raises(BenchError, match="expected an address"):
        load("openai", "somewhere", {"model": "tiny"})
    with pytest.raises(BenchError, match="missing model"):
        load("openai", replay.url)
    with pytest.raises(BenchError, match="the last message is the user's"):
        Prompt((("user", "a"), ("assistant", "b")))


def test_tokens_are_as_the_server_counts_them(replay: Replay) -> None:
    counts = {"usage": {"prompt_tokens": 11, "completion_tokens": 3}}

    def script(body: dict[str, Any], before: int) -> Reply:
        name = body["messages"][0]["content"]
        told = json.loads(said(None, refusal="no")[1] if name == "refused" else said("yes")[1])
        more = {"usage": "many"} if name == "odd" else counts
        return 200, json.dumps({**told, **more}).encode(), {}

    replay.script = script
    fine, refused, odd = ask(replay, "fine", "refused", "odd")
    assert fine == Completion("yes", (), True, None, 11, 3) and odd == Completion("yes", (), True, None)
    assert refused == Spoilt("the server refuses: no", 11, 3, refused=True)


def test_a_server_that_drips_is_a_time_out(replay: Replay) -> None:
    replay.script = lambda body, before: (*said("slow")[:2], {"Drip": "0.05"})
    (answer,) = ask(replay, "a", timeout=0.2, tries=1)
    assert isinstance(answer, Failure) and "no whole answer within 0.2 s" in answer.reason


def test_a_key_with_a_line_break_is_sent_without_and_one_with_blanks_is_none(
    replay: Replay, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TINY_KEY", "sk-very-secret\n")
    replay.script = lambda body, before: said("my key is sk-very-secret")
    (answer,) = ask(replay, "a", key="TINY_KEY")
    assert replay.keys == ["Bearer sk-very-secret"]
    assert answer.reason == "the server's answer holds the key"
    monkeypatch.setenv("TINY_KEY", "sk very\nsecret")
    with pytest.raises(BenchError, match="is no key") as caught:
        ask(replay, "a", key="TINY_KEY")
    assert "secret" not in str(caught.value)


def test_that_a_server_continues_is_asked_once(replay: Replay) -> None:
    replay.script = lambda body, before: (
        (400, b"Cannot set both", {}) if body.get("add_generation_prompt") else said("is soft")
    )
    server = load("openai", replay.url, {"model": "tiny", "continues": True})
    for text in "abc":
        server.generate([Prompt((("user", text),), "the light ")], Sampling())
    assert sum("add_generation_prompt" in body and body["add_generation_prompt"] for body in replay.seen) == 1
