"""vLLM on CPU against transformers: the same tiny model, the same texts, likelihoods, codes, schemas and adapters."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

if importlib.util.find_spec("vllm") is None:
    pytest.skip("vllm is not installed: tox -e vllm", allow_module_level=True)

from bench.api import Failure
from bench.errors import BenchError
from bench.lm import Completion, HFSettings, Prompt, Sampling, TextModel, VLLMSettings, load
from tests.lm.tiny import CODES, PROMPTS, SCHEMA

CONTINUATIONS = ["warm wooden", 'small"]}', " blue chairs by the window", "soft", "Größe"]
SMALL = {"dtype": "float32", "memory": 0.1, "cache": 0.25, "eager": True}


@pytest.fixture(scope="module")
def plain(folder: Path) -> TextModel:
    return load("vllm", folder, SMALL)


@pytest.fixture(scope="module")
def exact(folder: Path) -> TextModel:
    return load("hf", folder, HFSettings(batch=4, bucket=16))


@pytest.fixture(scope="module")
def tuned(folder: Path, adapter: Path) -> Iterator[tuple[TextModel, TextModel]]:
    yield load("vllm", folder, {**SMALL, "adapter": adapter, "rank": 8}), load("hf", folder, {"adapter": adapter})


def agree(found: Any, wanted: Any) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert isinstance(one, Completion) and isinstance(other, Completion)
        assert (one.text, one.tokens, one.finished) == (other.text, other.tokens, other.finished)
        assert one.log_likelihood == pytest.approx(other.log_likelihood, abs=2e-3)


def test_greedy_texts_agree(plain: TextModel, exact: TextModel) -> None:
    answers = plain.generate(PROMPTS, Sampling(tokens=24))
    agree(answers, exact.generate(PROMPTS, Sampling(tokens=24)))
    texts = [answer.text[2:] for answer in answers if isinstance(answer, Completion)]
    marks = tuple(found[0] for text in texts if (found := re.findall(r"[a-z]{2}", text)))
    assert marks
    stop = Sampling(tokens=24, stop=marks)
    agree(plain.generate(PROMPTS, stop), exact.generate(PROMPTS, stop))


def test_log_likelihoods_agree(plain: TextModel, exact: TextModel) -> None:
    found, wanted = (model.log_likelihood(PROMPTS, CONTINUATIONS) for model in (plain, exact))
    assert found == pytest.approx(wanted, abs=2e-3)
    assert plain.log_likelihood(PROMPTS[:1], [""]) == [0.0]


def test_codes_of_a_catalogue_agree(plain: TextModel, exact: TextModel) -> None:
    sampling = Sampling(tokens=8, allowed=CODES)
    agree(plain.generate(PROMPTS, sampling), exact.generate(PROMPTS, sampling))
    for answer in plain.generate(PROMPTS * 8, Sampling(tokens=8, temperature=1.5, allowed=CODES)):
        assert isinstance(answer, Completion) and answer.tokens in CODES.codes and answer.finished


def test_schemas_are_obeyed_alike(plain: TextModel, exact: TextModel) -> None:
    sampling = Sampling(tokens=40, schema=SCHEMA)
    answers = plain.generate(PROMPTS, sampling)
    agree(answers, exact.generate(PROMPTS, sampling))
    for model in (plain, exact):
        for answer in model.generate(PROMPTS, Sampling(tokens=40, temperature=1.5, schema=SCHEMA)):
            assert isinstance(answer, Completion) and answer.finished
            told = json.loads(answer.text)
            assert told["like"] in {"warm", "small"} and told["count"] in {3, 4, 5} and len(told) == 2
    with pytest.raises(BenchError, match="schema"):
        exact.generate(PROMPTS[:1], Sampling(schema={"type": "no such type"}))


def test_adapters_agree(tuned: tuple[TextModel, TextModel], plain: TextModel) -> None:
    found, wanted = (model.generate(PROMPTS, Sampling(tokens=16)) for model in tuned)
    agree(found, wanted)
    assert found != plain.generate(PROMPTS, Sampling(tokens=16))
    scores, others = (model.log_likelihood(PROMPTS, CONTINUATIONS) for model in tuned)
    assert scores == pytest.approx(others, abs=2e-3)
    assert tuned[0].fingerprint != plain.fingerprint


def test_draws_depend_on_prompt_and_seed(plain: TextModel) -> None:
    sampling = Sampling(tokens=12, temperature=0.9, top_p=0.95, seed=5)
    together = plain.generate(PROMPTS, sampling)
    assert [answer.text for answer in plain.generate(PROMPTS[::-1], sampling)[::-1]] == [  # type: ignore[union-attr]
        answer.text
        for answer in together  # type: ignore[union-attr]
    ]
    assert plain.generate(PROMPTS, Sampling(tokens=12, temperature=0.9, seed=6)) != together
    copies = plain.generate([PROMPTS[0]] * 6, sampling)
    assert len({answer.text for answer in copies}) > 1  # type: ignore[union-attr]


def test_a_prompt_that_is_too_long_is_counted(plain: TextModel) -> None:
    long = Prompt((("user", "striped " * 600),))
    answers = plain.generate([PROMPTS[0], long], Sampling(tokens=4))
    assert isinstance(answers[0], Completion) and isinstance(answers[1], Failure)
    assert isinstance(plain.log_likelihood([long], ["a"])[0], Failure)


def test_what_vllm_cannot_do_says_so(folder: Path, adapter: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BenchError, match="rank 8 is above the setting rank = 4"):
        load("vllm", folder, VLLMSettings(adapter=adapter, rank=4))
    monkeypatch.setenv("VLLM_ENABLE_V1_MULTIPROCESSING", "1")
    with pytest.raises(BenchError, match="unset it"):
        load("vllm", folder, SMALL)
