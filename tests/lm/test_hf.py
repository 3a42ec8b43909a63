"""The transformers backend against a direct forward pass and transformers' own generate, and its independence.

Invariants: 1. greedy text is generate's; 2. a log-likelihood is that of one full forward pass; 3. no answer depends on
order, company, batch size or padding; 4. a catalogue is obeyed; 5. a prompt that is too long is counted, not fatal.
"""

from __future__ import annotations

import math
import sys
from collections import Counter
from itertools import product
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForCausalLM, AutoTokenizer

from bench.api import Failure
from bench.errors import BenchError
from bench.lm import Completion, HFSettings, Prompt, Sampling, load
from bench.lm.batches import batches, copies, padded
from bench.lm.hf import HF, pick
from bench.rng import stream
from tests.lm.tiny import CODES, END, PROMPTS, SCHEMA, TEMPLATE, write_model

CONTINUATIONS = ["warm wooden", 'small"]}', " blue chairs by the window", "soft", "Größe"]


@pytest.fixture(scope="module")
def model(folder: Path) -> HF:
    made = load("hf", folder, HFSettings(batch=4, bucket=16))
    assert isinstance(made, HF)
    return made


def full(model: HF, ids: tuple[int, ...]) -> torch.Tensor:
    with torch.inference_mode():
        return model.model(torch.tensor([ids])).logits[0].log_softmax(-1)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_text_is_that_of_generate(model: HF, folder: Path, prompt: Prompt) -> None:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    plain = AutoModelForCausalLM.from_pretrained(folder)
    text = tokenizer.apply_chat_template(
        [{"role": role, "content": content} for role, content in prompt.messages],
        tokenize=False,
        add_generation_prompt=True,
    )
    asked = tokenizer(text + prompt.prefix, return_tensors="pt", add_special_tokens=False)
    wrote = plain.generate(**asked, max_new_tokens=24, do_sample=False)[0, asked["input_ids"].shape[1] :].tolist()
    ends = [place for place, token in enumerate(wrote) if token in model.chat.ends]
    (answer,) = model.generate([prompt], Sampling(tokens=24))
    assert isinstance(answer, Completion)
    assert list(answer.tokens) == wrote[: ends[0] if ends else None]
    assert answer.finished == bool(ends)
    assert answer.text == tokenizer.decode(list(answer.tokens))


def test_an_answer_s_likelihood_is_that_of_its_tokens(model: HF) -> None:
    for prompt, answer in zip(PROMPTS, model.generate(PROMPTS, Sampling(tokens=12, temperature=0.9)), strict=True):
        assert isinstance(answer, Completion) and answer.log_likelihood is not None
        before = model.chat.encode(model.chat.text(prompt))
        told = full(model, before + answer.tokens)
        wanted = sum(float(told[len(before) - 1 + place, token]) for place, token in enumerate(answer.tokens))
        assert answer.log_likelihood == pytest.approx(wanted, abs=1e-4)


def test_log_likelihood_is_that_of_a_full_forward_pass(model: HF) -> None:
    for prompt, text, found in zip(PROMPTS, CONTINUATIONS, model.log_likelihood(PROMPTS, CONTINUATIONS), strict=True):
        whole = model.tokenizer(model.chat.text(prompt) + text, add_special_tokens=False)["input_ids"]
        start = len(model.tokenizer(model.chat.text(prompt), add_special_tokens=False)["input_ids"])
        told = full(model, tuple(whole))
        wanted = sum(float(told[place - 1, whole[place]]) for place in range(start, len(whole)))
        assert found == pytest.approx(wanted, abs=1e-4)
    assert model.log_likelihood(PROMPTS[:1], [""]) == [0.0]


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_answers_do_not_depend_on_order_or_company(model: HF, temperature: float) -> None:
    sampling = Sampling(tokens=16, temperature=temperature, top_p=0.95, seed=3)
    together = model.generate(PROMPTS, sampling)
    assert model.generate(PROMPTS[::-1], sampling)[::-1] == together
    assert [model.generate([prompt], sampling)[0] for prompt in PROMPTS] == together
    scores = model.log_likelihood(PROMPTS, CONTINUATIONS)
    assert model.log_likelihood(PROMPTS[::-1], CONTINUATIONS[::-1])[::-1] == scores
    pairs = zip(PROMPTS, CONTINUATIONS, strict=True)
    assert [model.log_likelihood([prompt], [text])[0] for prompt, text in pairs] == scores


@pytest.mark.parametrize("settings", [HFSettings(batch=1, bucket=1), HFSettings(batch=7, bucket=200)])
def test_batch_and_padding_change_no_text(model: HF, folder: Path, settings: HFSettings) -> None:
    other = HF(folder, settings)
    for temperature in (0.0, 0.8):
        sampling = Sampling(tokens=12, temperature=temperature)
        found, wanted = other.generate(PROMPTS, sampling), model.generate(PROMPTS, sampling)
        assert [answer.tokens for answer in found] == [answer.tokens for answer in wanted]  # type: ignore[union-attr]
    assert other.log_likelihood(PROMPTS, CONTINUATIONS) == pytest.approx(
        model.log_likelihood(PROMPTS, CONTINUATIONS), abs=1e-4
    )


def test_equal_prompts_of_a_call_draw_differently_and_seeds_matter(model: HF) -> None:
    sampling = Sampling(tokens=12, temperature=1.0)
    answers = model.generate([PROMPTS[0]] * 6, sampling)
    assert len({answer.tokens for answer in answers}) > 1  # type: ignore[union-attr]
    assert model.generate([PROMPTS[0]] * 6, sampling) == answers
    assert model.generate([PROMPTS[0]] * 6, Sampling(tokens=12, temperature=1.0, seed=1)) != answers


def test_draws_follow_the_probabilities() -> None:
    logits = torch.tensor([1.0, 0.0, -1.0, 2.0]).repeat(4000, 1)
    draws = [stream(0, "draw", row) for row in range(4000)]
    counts = Counter(pick(logits, draws, Sampling(temperature=0.7)))
    wanted = (logits[0] / 0.7).softmax(-1)
    for token in range(4):
        assert counts[token] / 4000 == pytest.approx(float(wanted[token]), abs=0.03)
    assert set(pick(logits, draws, Sampling(temperature=0.7, top_p=0.9))) == {0, 3}
    assert set(pick(logits, draws, Sampling(temperature=0.7, top_p=0.01))) == {3}


def test_a_catalogue_is_obeyed_and_the_best_code_is_found_greedily(model: HF) -> None:
    for temperature in (0.0, 1.5):
        for answer in model.generate(PROMPTS * 2, Sampling(tokens=8, temperature=temperature, allowed=CODES)):
            assert isinstance(answer, Completion) and answer.finished and answer.tokens in CODES.codes
    (answer,) = model.generate(PROMPTS[:1], Sampling(tokens=8, allowed=CODES))
    told = full(model, model.chat.encode(model.chat.text(PROMPTS[0])))[-1]
    assert isinstance(answer, Completion) and answer.tokens[0] == max(CODES(()), key=lambda token: float(told[token]))
    with pytest.raises(BenchError, match="the model knows 0"):
        model.generate(PROMPTS[:1], Sampling(allowed=lambda _: [10**6]))


def test_a_stop_text_ends_the_answer(model: HF) -> None:
    (plain,) = model.generate(PROMPTS[2:3], Sampling(tokens=24))
    assert isinstance(plain, Completion) and len(plain.text) > 6
    mark = plain.text[3:5]
    (cut,) = model.generate(PROMPTS[2:3], Sampling(tokens=24, stop=(mark,)))
    assert isinstance(cut, Completion) and cut.finished
    assert cut.text == plain.text[: plain.text.index(mark)] and cut.tokens == plain.tokens[: len(cut.tokens)]


def test_a_prompt_that_is_too_long_is_counted_and_harms_no_other(model: HF) -> None:
    long = Prompt((("user", "striped " * 600),))
    answers = model.generate([PROMPTS[0], long, PROMPTS[1]], Sampling(tokens=8))
    assert isinstance(answers[1], Failure) and "do not fit into 512" in answers[1].reason
    assert [answers[0], answers[2]] == model.generate(PROMPTS[:2], Sampling(tokens=8))
    assert isinstance(model.log_likelihood([long], ["a"])[0], Failure)
    assert model.generate([], Sampling()) == []


def test_an_adapter_changes_answers_and_fingerprint(model: HF, folder: Path, adapter: Path) -> None:
    tuned = HF(folder, HFSettings(adapter=adapter))
    assert tuned.generate(PROMPTS, Sampling(tokens=8)) != model.generate(PROMPTS, Sampling(tokens=8))
    assert tuned.fingerprint != model.fingerprint == HF(folder, HFSettings(batch=2)).fingerprint


def test_a_template_of_one_s_own_takes_the_place_of_a_missing_one(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "bare")
    (folder / "chat_template.jinja").unlink()
    with pytest.raises(BenchError, match=r"no chat template.*setting `template`"):
        load("hf", folder)
    (tmp_path / "own.jinja").write_text(TEMPLATE.replace(END, "<|endoftext|>"))
    made = load("hf", folder, {"template": str(tmp_path / "own.jinja")})
    assert isinstance(made, HF) and made.chat.text(PROMPTS[0]).count("<|endoftext|>") == 1


def test_what_cannot_be_loaded_says_what_to_do(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchError, match=r"no such folder.*hub:OWNER/NAME@COMMIT"):
        load("hf", "nobody/nothing")
    with pytest.raises(BenchError, match=r"did you mean hf\.batch"):
        load("hf", folder, {"bach": 3})
    with pytest.raises(BenchError, match="unknown text backend"):
        load("hff", folder)
    with pytest.raises(BenchError, match=r"expected a LoRA|no such file"):
        load("hf", folder, HFSettings(adapter=folder))
    monkeypatch.setitem(sys.modules, "xgrammar", None)
    with pytest.raises(BenchError, match="pip install xgrammar"):
        load("hf", folder).generate(PROMPTS[:1], Sampling(schema=SCHEMA))


@given(st.lists(st.integers(0, 5)), st.integers(1, 4))
def test_batches_hold_every_index_once_and_are_full(shapes: list[int], rows: int) -> None:
    found = list(batches(shapes, rows))
    assert all(len(members) == rows and {shapes[index] for index in members} == {shape} for shape, members in found)
    assert sorted(index for _, members in found for index in set(members)) == list(range(len(shapes)))


def test_lengths_and_copies() -> None:
    for length, bucket in product(range(40), range(1, 9)):
        assert padded(length, bucket) == max(bucket, bucket * math.ceil(length / bucket))
    assert copies("abacab") == [0, 0, 1, 0, 2, 1]
