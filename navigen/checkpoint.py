"""A policy on disk: a Hugging Face folder with the chat template, the codes, and what made it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from shutil import rmtree
from typing import Any

import torch

from bench.api import Train
from bench.config import build, plain, settings
from bench.errors import BenchError
from bench.io import read_json, write_text
from bench.lm.quiet import without_bars
from navigen.base import load_base
from navigen.chat import TEMPLATE
from navigen.decode.residual import load_residual, save_residual
from navigen.identifiers.catalogue import FILE as BOOK
from navigen.identifiers.catalogue import Identified, load_book, save_book
from navigen.policy import Policy
from navigen.recipe import Recipe

FILE = "navigen.json"
SCHEMA = 1
LENGTHS = ("beams", "tokens", "thought_tokens")  # of answering: what is shorter than in training cuts answers off
PLACED = ("is_local", "local_files_only")  # what loading notes of a tokenizer, so that saving again changed its file


def save_policy(policy: Policy, recipe: Recipe, folder: Path, told: Mapping[str, Any]) -> None:
    """Write a policy as a Hugging Face folder with the chat template, the codes and what made it, whole or not at all.

    `told` is what else a reader should know: seed, stages, data.
    """
    part = folder.with_name(f"{folder.name}.part")
    rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    save_rounded(policy.model, part)
    if policy.residual is not None:
        save_residual(policy.residual, part)
    policy.tokenizer.chat_template = TEMPLATE
    policy.tokenizer.save_pretrained(part)
    if policy.identified.book is not None:
        save_book(part, policy.identified.book)
    content = {
        "schema": SCHEMA,
        "system": recipe.label,
        "recipe": plain(recipe),
        "prompts": recipe.renderer.digest(),
        "items": policy.identified.digest(),
        **told,
    }
    write_text(part / FILE, json.dumps(content, indent=1, sort_keys=True) + "\n")
    rmtree(folder, ignore_errors=True)
    part.rename(folder)


def save_rounded(model: Any, folder: Path) -> None:
    """Write a model's weights as bfloat16; the model itself stays as it is, its buffers (rotary angles) too."""
    buffers = {name: value.clone() for name, value in model.named_buffers()}
    try:
        with without_bars():
            model.to(torch.bfloat16).save_pretrained(folder)
    finally:
        model.float()
        for name, value in model.named_buffers():
            value.copy_(buffers[name])


def read_told(folder: Path) -> dict[str, Any]:
    """Return what a checkpoint tells of itself; a folder that is none, or a newer one, is an error."""
    if not (folder / FILE).is_file():
        raise BenchError(f"{folder}: no checkpoint, or one whose saving was cut off; make it with navibench train")
    found = read_json(folder / FILE)
    if not isinstance(found, dict) or found.get("schema") != SCHEMA:
        raise BenchError(
            f"{folder / FILE}: expected a checkpoint of schema {SCHEMA}; make it anew with navibench train"
        )
    return found


def is_reinforced(told: Mapping[str, Any]) -> bool:
    """Return whether what a checkpoint tells says that reinforcement came after fine-tuning."""
    return bool(told["recipe"].get("reinforce", {}).get("steps", 0))


def load_policy(folder: Path, train: Train, recipe: Recipe, device: str) -> Policy:
    """Return the policy of a checkpoint for the same catalogue; `recipe` gives the settings of answering only.

    Settings of answering that decide how long it may think and write are told where they differ from the training's.
    Raises BenchError where the checkpoint was made by other prompts, for other items, or for another kind of system.
    """
    told = read_told(folder)
    if told["system"] not in {recipe.label, *recipe.accepts}:
        raise BenchError(f"{folder}: a checkpoint of {told['system']}, not of {recipe.label}")
    if told["system"] != recipe.label and is_reinforced(told):
        raise BenchError(
            f"{folder}: a reinforced checkpoint of {told['system']}, while {recipe.label} ends with fine-tuning; train "
            f"{told['system']} with {told['system']}.reinforce.steps=0, or load it as {told['system']}"
        )
    if told["items"] != Identified.of(train.items, None).digest():
        raise BenchError(f"{folder}: made for other items than this task's; train on this task (navibench train)")
    known = settings(type(recipe))
    kept = {name: value for name, value in told["recipe"].items() if name in known and name not in {*recipe.asked_anew}}
    answered = {name: told["recipe"][name] for name in LENGTHS if name in told["recipe"]}
    if others := [f"{name}={value}" for name, value in answered.items() if value != plain(recipe).get(name, value)]:
        log = logging.getLogger("navibench")
        log.warning("%s: trained to be asked with %s; say so if that is meant (--set)", folder, ", ".join(others))
    own: Recipe = build(type(recipe), {**plain(recipe), **kept}, str(folder))
    if told["prompts"] != own.renderer.digest():
        raise BenchError(
            f"{folder}: trained on prompts that neither this version nor {recipe.label}.prompts writes; train anew"
        )
    book = load_book(folder)
    if book is None and own.coded:
        raise BenchError(f"{folder}: {BOOK} is missing, without which its codes name no item; fetch or train it anew")
    model, tokenizer = load_base(folder)
    written = read_json(folder / "tokenizer_config.json")
    for mark in PLACED:
        if isinstance(written, dict) and mark not in written:
            tokenizer.init_kwargs.pop(mark, None)
    head = None
    if own.residual and book is not None:
        hidden = model.config.get_text_config().hidden_size
        head = load_residual(folder, book.codes, hidden, own.residual).to(device)
    identified = Identified.of(train.items, book)
    return Policy(model.to(device).eval(), tokenizer, identified, own, source=str(folder), residual=head)
