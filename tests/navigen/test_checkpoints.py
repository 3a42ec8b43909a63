"""Checkpoints of policies: what is loaded answers as what was saved, and what does not fit says how to go on.

Invariants: 1. saving changes no answer, of the policy itself or of the loaded one; 2. nothing that is half there loads;
3. a checkpoint serves the items, prompts and kind of system it was made for, and no other.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.numpy import load_file, save_file
from transformers import AutoModelForCausalLM, AutoTokenizer

from baselines.language import CodeIds, SftOnly, TextIds
from bench.api import Context, Item, Kind
from bench.errors import BenchError
from navigen import checkpoint
from navigen import shipped as shipped_module
from navigen.base import rounded
from navigen.chat import TEMPLATE
from navigen.checkpoint import FILE, load_policy, read_told, save_policy
from navigen.shipped import find_shipped
from navigen.system import Tuned as NaviGen
from tasks.suites import DOMAINS, READY
from tasks.world.load import load as load_world
from tests.navigen.little import NAMES, TINY, copied, make_queries, make_system, make_train, trained

BOOK, WEIGHTS = "identifiers.safetensors", "model.safetensors"


def load(folder: Path, kind: Any = NaviGen, **values: Any) -> Any:
    system = kind(**{**TINY, **values}, checkpoint=str(folder))
    system.fit(make_train())
    return system


def change(folder: Path, **values: Any) -> None:
    told = json.loads((folder / FILE).read_text())
    (folder / FILE).write_text(json.dumps({**told, **values}))


def test_what_is_loaded_answers_as_what_was_saved(tmp_path: Path) -> None:
    system, folder = trained()
    loaded = load(folder)
    assert loaded.rank(make_queries(), 20) == system.rank(make_queries(), 20)
    for kind in (Kind.IMAGE, Kind.VIDEO):
        assert loaded.instruct(make_queries(), kind) == system.instruct(make_queries(), kind)
    for one, other in zip(loaded.policy.rank(make_queries()), system.policy.rank(make_queries()), strict=True):
        assert (one == other).all()
    save_policy(loaded.policy, loaded, tmp_path, {})
    for name in (WEIGHTS, BOOK, "tokenizer.json"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_saving_leaves_the_policy_as_it_was(tmp_path: Path) -> None:
    system = make_system(full_epochs=1.0)
    system.fit(make_train())
    assert system.policy is not None
    before = {name: value.clone() for name, value in [*system.policy.model.named_parameters(), *buffers(system)]}
    answers = system.rank(make_queries(), 20)
    save_policy(system.policy, system, tmp_path, {})
    for name, value in [*system.policy.model.named_parameters(), *buffers(system)]:
        assert value.dtype == before[name].dtype and torch.equal(value, before[name]), name
    assert system.rank(make_queries(), 20) == answers


def buffers(system: Any) -> list[tuple[str, torch.Tensor]]:
    found = list(system.policy.model.named_buffers())
    assert any("inv_freq" in name for name, _ in found)  # bfloat16 would change it
    return found


def test_what_is_scored_is_what_is_kept() -> None:
    system, folder = trained()
    assert system.policy is not None
    kept = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16).state_dict()
    for name, value in rounded(system.policy.model).state_dict().items():
        assert kept[name].dtype == torch.bfloat16
        assert torch.equal(kept[name].float(), value)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    assert tokenizer.chat_template == TEMPLATE
    assert tokenizer.get_vocab() == system.policy.tokenizer.get_vocab()
    told = read_told(folder)
    assert told["seed"] == 1 and told["recipe"]["width"] == 32
    assert [stage["finished"] for stage in told["stages"]] == [True, True]


def test_answering_is_set_anew_and_training_is_as_it_was() -> None:
    loaded = load(trained()[1], beams=3, tokens=7, history=2, reads="terms", levels=3)
    own = loaded.policy.recipe
    assert (own.beams, own.tokens) == (3, 7)
    assert (own.history, str(own.reads), own.levels) == (6, "code", 2)


def test_a_checkpoint_of_the_method_serves_sft_only_and_nothing_else() -> None:
    system, folder = trained()
    assert load(folder, SftOnly).rank(make_queries(), 5) == system.rank(make_queries(), 5)
    for kind in (CodeIds, TextIds):
        with pytest.raises(BenchError, match=f"a checkpoint of navigen, not of {kind.label}"):
            load(folder, kind)


def test_other_items_are_refused() -> None:
    train = make_train()
    more = replace(train, items={**train.items, "i99": Item("i99")})
    with pytest.raises(BenchError, match=r"other items.*navibench train"):
        load_policy(trained()[1], more, NaviGen(), "cpu")
    with pytest.raises(BenchError, match="no checkpoint of navigen for these items is shipped"):
        find_shipped(["navigen"], more)


def test_a_shipped_checkpoint_is_found_by_its_items(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped_module, "CHECKPOINTS", tmp_path)
    folder = copied(tmp_path)
    assert find_shipped(["navigen"], make_train()) == folder
    assert find_shipped(["sft-only", *SftOnly.accepts], make_train()) == folder
    assert shipped_module.all_shipped() == list(NaviGen.files({"checkpoint": "shipped"})) == [folder]
    system = NaviGen(**TINY, checkpoint="shipped")
    system.fit(make_train())
    assert system.rank(make_queries(), 5) == trained()[0].rank(make_queries(), 5)
    with pytest.raises(BenchError, match="there are: policy"):
        find_shipped(["text-ids"], make_train())


def test_other_prompts_and_other_schemas_are_refused(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    change(folder, prompts="0" * 64)
    with pytest.raises(BenchError, match="prompts that neither this version nor"):
        load(folder)
    change(folder, schema=99)
    with pytest.raises(BenchError, match="expected a checkpoint of schema 1"):
        load(folder)
    (folder / FILE).write_text('{"schema": 1, ')
    with pytest.raises(BenchError, match="not valid JSON"):
        load(folder)


def test_a_folder_that_is_no_checkpoint_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(BenchError, match=r"no checkpoint.*navibench train"):
            load(folder)


@pytest.mark.parametrize("damage", ["cut", "lacks", "shape", "missing", "items"])
def test_damaged_identifiers_are_refused(tmp_path: Path, damage: str) -> None:
    path = copied(tmp_path) / BOOK
    values = load_file(path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:-40])
    elif damage == "missing":
        path.unlink()
    else:
        if damage == "lacks":
            values.pop("centroids.1")
        else:
            values["codes"] = values["codes"][:, 0].copy() if damage == "shape" else values["codes"][:-1].copy()
        save_file(values, path)
    with pytest.raises(BenchError, match=r"anew|for this catalogue"):
        load(path.parent)


@pytest.mark.parametrize("name", [WEIGHTS, "config.json", "tokenizer.json"])
def test_missing_and_broken_files_are_refused(tmp_path: Path, name: str) -> None:
    folder = copied(tmp_path)
    (folder / name).write_bytes((folder / name).read_bytes()[:100])
    with pytest.raises(BenchError, match="no causal language model can be loaded"):
        load(folder)


@pytest.mark.parametrize("where", ["weights", "tokenizer", "identifiers", "end"])
def test_a_kill_while_saving_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    system, _ = trained()
    folder, fresh = copied(tmp_path), tmp_path / "fresh"  # an older checkpoint is in the way; nothing is
    assert system.policy is not None
    answers = system.rank(make_queries(), 5)

    def die(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if where == "weights":
            patch.setattr(type(system.policy.model), "save_pretrained", die)
        elif where == "tokenizer":
            patch.setattr(type(system.policy.tokenizer), "save_pretrained", die)
        else:
            patch.setattr(checkpoint, {"identifiers": "save_book", "end": "write_text"}[where], die)
        for place in (folder, fresh):
            with pytest.raises(KeyboardInterrupt):
                save_policy(system.policy, system, place, {"newer": True})
    assert not fresh.exists()
    assert "newer" not in read_told(folder)
    assert load(folder).rank(make_queries(), 5) == system.rank(make_queries(), 5) == answers
    save_policy(system.policy, system, folder, {})
    assert load(folder).rank(make_queries(), 5) == answers


def test_codes_of_an_older_policy_do_not_stay(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    system = TextIds(**TINY, stage="base", context=Context(seed=1))
    system.fit(make_train())
    assert system.policy is not None
    save_policy(system.policy, system, folder, {})
    assert not (folder / BOOK).exists()
    assert load(folder, TextIds).rank(make_queries(), len(NAMES)) == system.rank(make_queries(), len(NAMES))


@pytest.mark.parametrize("domain", DOMAINS)
def test_what_a_suite_loads_is_shipped(domain: str) -> None:
    train = load_world(None, domain=domain).train
    found = {find_shipped([system], train).name for system in READY}
    assert found == {f"{domain}-{system}" for system in READY}
