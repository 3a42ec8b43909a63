"""Which states of an encoder make an item's vector: what its folder says, wherever the padding stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from bench.errors import BenchError
from navigen.identifiers.sentences import POOLING, sentence_vectors
from tests.lm.tiny import write_model

TEXTS = ["a red shirt", "two blue chairs stand by the window", "a"]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("encoders") / "tiny")


def say(folder: Path, **kinds: bool) -> None:
    (folder / POOLING).parent.mkdir(exist_ok=True)
    (folder / POOLING).write_text(
        json.dumps({f"pooling_mode_{name}": on for name, on in kinds.items()} | {"width": 64})
    )


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("last", [False, True])
def test_vectors_are_those_of_texts_read_one_by_one(encoder: Path, side: str, last: bool) -> None:
    path = encoder / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "padding_side": side}))
    say(encoder, lasttoken=last, mean_tokens=not last)
    model, tokenizer = AutoModel.from_pretrained(encoder).eval(), AutoTokenizer.from_pretrained(encoder)
    for text, found in zip(TEXTS, sentence_vectors(TEXTS, encoder), strict=True):
        with torch.no_grad():
            states = model(**tokenizer(text, return_tensors="pt")).last_hidden_state[0].double()
        wanted = (states[-1] if last else states.mean(0)).numpy()
        np.testing.assert_allclose(found, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_other_kinds_of_vectors_are_refused(encoder: Path) -> None:
    for kinds in ({"cls_token": True}, {"mean_tokens": True, "lasttoken": True}):
        say(encoder, **kinds)
        with pytest.raises(BenchError, match="expected the mean of all tokens or the last one"):
            sentence_vectors(TEXTS, encoder)
