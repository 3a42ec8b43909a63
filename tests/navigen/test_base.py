"""Bases: a tokenizer that writes any text back, fresh models that depend on the seed only, and what is refused."""

from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from bench.api import Item
from bench.errors import BenchError
from bench.shipped import shipped
from navigen.base import catalogue_texts, fresh_model, load_base, rounded, train_tokenizer
from navigen.chat import CLOSE, OPEN, TEMPLATE, close_id, encode
from navigen.prompt import all_phrases
from tests.navigen.little import make_tokenizer, make_train

FORMULAIC = st.lists(st.sampled_from([*all_phrases(), OPEN, CLOSE, " ", "  ", "\n", "lamp", " .", " 's"]), max_size=6)
WEIGHTS = "model.safetensors"


@cache
def tokenizer() -> Any:
    return make_tokenizer()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fresh_model(tokenizer(), 32, 1, 0).save_pretrained(tmp_path / "base")
    tokenizer().save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@given(st.text() | FORMULAIC.map("".join))
def test_any_text_is_written_back(text: str) -> None:
    ids = encode(tokenizer(), [text])[0]
    assert tokenizer().decode(ids) == text
    assert tokenizer().batch_decode([ids], skip_special_tokens=False) == [text]


def test_the_vocabulary_is_bounded_and_holds_every_phrase_as_one_token() -> None:
    texts = [f"{number:09b} and {number:b}".translate({48: "ab", 49: "cde"}) for number in range(512)]
    for size in (400, 640):
        made = train_tokenizer(texts, size, all_phrases())
        assert len(made) == max(made.get_vocab().values()) + 1 == size
        assert [len(ids) for ids in encode(made, all_phrases())] == [1] * len(all_phrases())
        assert made.pad_token_id == 0 and made.eos_token_id == close_id(made) == 2
    least = 256 + len(all_phrases()) + 3
    assert len(train_tokenizer(["abc"], least, all_phrases())) == least
    with pytest.raises(BenchError, match=f"at least {least}"):
        train_tokenizer(texts, least - 1, all_phrases())


def test_training_a_tokenizer_twice_gives_the_same() -> None:
    assert make_tokenizer().get_vocab() == make_tokenizer().get_vocab()


def test_a_catalogue_s_text_holds_all_it_says() -> None:
    item = Item("x", "Lamp", "", {"terms": ("lamp", "red")})
    assert catalogue_texts([item]) == ["Lamp", 'lamp","red', "lamp, red"]
    assert catalogue_texts([Item("y")]) == []


def test_a_fresh_model_is_tied_and_depends_on_the_seed_only() -> None:
    torch.manual_seed(5)
    one = fresh_model(tokenizer(), 32, 2, 3)
    state = torch.get_rng_state()
    other, third = fresh_model(tokenizer(), 32, 2, 3), fresh_model(tokenizer(), 32, 2, 4)
    assert torch.equal(torch.get_rng_state(), state)
    assert one.get_input_embeddings().weight is one.get_output_embeddings().weight
    assert one.get_input_embeddings().weight.shape == (len(tokenizer()), 32)
    pairs = [(weight, other.state_dict()[name]) for name, weight in one.state_dict().items()]
    assert all(torch.equal(*pair) for pair in pairs)
    assert not torch.equal(one.get_input_embeddings().weight, third.get_input_embeddings().weight)
    with pytest.raises(BenchError, match="multiple of 32"):
        fresh_model(tokenizer(), 48, 1, 0)


def test_rounding_keeps_what_bfloat16_keeps() -> None:
    model = rounded(fresh_model(tokenizer(), 32, 1, 0))
    assert not model.training
    for weight in model.parameters():
        assert weight.dtype == torch.float32
        assert torch.equal(weight, weight.to(torch.bfloat16).float())


def test_a_folder_is_loaded_as_it_was_written(folder: Path) -> None:
    model, read = load_base(folder)
    assert read.get_vocab() == tokenizer().get_vocab() and read.chat_template == TEMPLATE
    fresh = fresh_model(tokenizer(), 32, 1, 0).state_dict()
    assert all(torch.equal(value, fresh[name]) for name, value in model.state_dict().items())
    assert {weight.dtype for weight in model.parameters()} == {torch.float32}


def test_pickled_weights_are_refused(folder: Path) -> None:
    values = load_file(folder / WEIGHTS)
    (folder / WEIGHTS).unlink()
    torch.save(values, folder / "pytorch_model.bin")
    with pytest.raises(BenchError, match="no causal language model can be loaded"):
        load_base(folder)


@pytest.mark.parametrize("place", ["/no/such/folder", "./missing", "~/missing", "a/b/c"])
def test_a_missing_folder_is_not_looked_for_on_the_hub(place: str) -> None:
    with pytest.raises(BenchError, match="no such folder"):
        load_base(place)


def test_broken_folders_are_errors_with_a_place(folder: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut"
    shutil.copytree(folder, cut)
    (cut / WEIGHTS).write_bytes((cut / WEIGHTS).read_bytes()[:500])
    lacking = tmp_path / "lacking"
    shutil.copytree(folder, lacking)
    values = load_file(lacking / WEIGHTS)
    values.pop("model.norm.weight")
    save_file(values, lacking / WEIGHTS, metadata={"format": "pt"})
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    fresh_model(make_tokenizer(320), 32, 1, 0).save_pretrained(tmp_path / "small")
    shutil.copy(tmp_path / "small" / WEIGHTS, other / WEIGHTS)
    (tmp_path / "empty").mkdir()
    for broken in ("cut", "lacking", "other", "empty"):
        with pytest.raises(BenchError, match=f"base=.*{broken}"):
            load_base(tmp_path / broken)


def test_the_world_s_base_is_shipped_and_knows_the_prompts() -> None:
    folder = shipped("world-base")
    assert folder.parent.parts[-2:] == ("results", "checkpoints")
    model, read = load_base(folder)
    assert model.get_input_embeddings().weight is model.get_output_embeddings().weight
    assert [len(ids) for ids in encode(read, all_phrases())] == [1] * len(all_phrases())
    for item in list(make_train().items.values())[:3]:
        (ids,) = encode(read, [item.caption])
        assert read.decode(ids) == item.caption and len(ids) < len(item.caption) / 2
    with pytest.raises(BenchError, match="run from a clone"):
        shipped("no such checkpoint")
