"""Which language models can be trained packed: families whose packed loss is right, and those that are refused."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import transformers as hub

from bench.config import build, plain
from bench.errors import BenchError
from navigen.train.stage import Stage
from tests.conftest import REPOSITORY
from tests.navigen.train.test_loss import alone, measure, named
from tests.navigen.train.tiny import make_documents, train

SHAPE: dict[str, Any] = {
    "vocab_size": 40,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
}
SMALL: dict[str, Any] = {"vocab_size": 40, "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
NONE: dict[str, Any] = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
GOOD: dict[str, Callable[[], Any]] = {
    "llama": lambda: hub.LlamaForCausalLM(hub.LlamaConfig(**SHAPE)),
    "mistral": lambda: hub.MistralForCausalLM(hub.MistralConfig(**SHAPE, sliding_window=4)),
    "gemma3": lambda: hub.Gemma3ForCausalLM(hub.Gemma3TextConfig(**SHAPE, head_dim=16, sliding_window=4)),
    "gpt2": lambda: hub.GPT2LMHeadModel(hub.GPT2Config(vocab_size=40, n_embd=32, n_layer=2, n_head=2, **NONE)),
}
BAD: dict[str, tuple[Callable[[], Any], str]] = {
    "cohere": (lambda: hub.CohereForCausalLM(hub.CohereConfig(**SHAPE)), "more to its logits"),
    "gemma2": (lambda: hub.Gemma2ForCausalLM(hub.Gemma2Config(**SHAPE, head_dim=16)), "more to its logits"),
    "opt": (
        lambda: hub.OPTForCausalLM(hub.OPTConfig(**SMALL, ffn_dim=48, word_embed_proj_dim=32)),
        "does not keep packed documents apart",
    ),
    "bloom": (lambda: hub.BloomForCausalLM(hub.BloomConfig(vocab_size=40, hidden_size=32, n_head=2)), "position_ids"),
}


def make(build_model: Callable[[], Any]) -> Any:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return build_model().eval()


@pytest.mark.parametrize("name", GOOD)
def test_packed_loss_is_right_in_other_families(name: str) -> None:
    model, documents = make(GOOD[name]), named(make_documents(6))
    found, _ = measure(documents, [[0, 3, 1], [2, 4, 5]], model)
    np.testing.assert_allclose(found.numpy(), [alone(model, one) for one in documents], rtol=2e-6, atol=2e-6)
    assert train(model, rate=0.01, epochs=4).history[-1]["loss"] < 3.8


@pytest.mark.parametrize("name", BAD)
def test_models_that_would_be_trained_wrongly_are_refused(name: str) -> None:
    build_model, words = BAD[name]
    with pytest.raises(BenchError, match=words):
        train(make(build_model))


def test_rows_of_a_scaled_embedding_are_refused() -> None:
    with pytest.raises(BenchError, match=r"plain nn\.Embedding"):
        train(make(GOOD["gemma3"]), trainable="rows")


def test_a_stage_is_planned_without_torch() -> None:
    script = "import sys, navigen.train.stage; assert not {'torch', 'transformers'} & {*sys.modules}"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=REPOSITORY)


def test_a_stage_is_read_as_settings_are() -> None:
    stage = Stage("full", rate=0.1, targets=("q_proj",), mixture={"a": 0.5})
    assert build(Stage, plain(stage), "stage") == stage
    assert build(Stage, {"name": "x", "epochs": "2", "targets": "q_proj,v_proj"}, "stage").targets == (
        "q_proj",
        "v_proj",
    )
