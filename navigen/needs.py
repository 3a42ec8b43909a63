"""What a system that speaks needs on a machine, told from its settings alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from bench.needs import Memory, Model, Need, Package, Server

OWN = ("world", "catalogue", "smollm2")  # bases that come with the source tree or in a package, or are made
SERVED = "openai"
BILLIONS = re.compile(r"(\d+(?:\.\d+)?)[Bb](?![a-zA-Z])")
WEIGHT = 16.0  # bytes a trained weight takes: itself, its gradient and Adam's two moments, in float32
ROOM = 8.0  # GiB for activations and logits
VLLM = Package("vllm", 'pip install "navibench[vllm]"')


def needs_of(label: str, config: Mapping[str, Any]) -> Iterator[Need]:
    """Yield what a system of these settings needs; plain values, tables as mappings."""
    checkpoint = config.get("checkpoint", "")
    if checkpoint:
        if checkpoint != "shipped":
            yield Model("checkpoint", checkpoint, f"{label}.checkpoint")
        return
    base = config["base"]
    if base not in OWN:
        yield Model("base", base, f"{label}.base")
        if (found := BILLIONS.search(base)) is not None:
            yield Memory(float(found[1]) * 1e9 * WEIGHT / 2**30 + ROOM, f"training all weights of {base.split('@')[0]}")
    if config.get("sentences"):
        yield Model("sentence encoder", config["sentences"], f"{label}.sentences")
    teacher = config.get("teacher", {})
    if teacher.get("name") == SERVED:
        yield Server("teacher", teacher["url"], teacher["model"], teacher["key"])
    elif teacher.get("name") in ("hf", "vllm"):
        yield Model("teacher", teacher["model"], f"{label}.teacher.model")
    yield from _reward(label, config)
    rollouts = config.get("reinforce", {}).get("rollouts")
    if "vllm" in (config.get("backend"), teacher.get("name"), rollouts):
        yield VLLM


def _reward(label: str, config: Mapping[str, Any]) -> Iterator[Need]:
    reward = config.get("reward", {})
    if not config.get("reinforce", {}).get("steps") or reward.get("judge") != "llm":
        return
    if reward["judge_backend"] == SERVED:
        told = dict(line.partition("=")[::2] for line in reward["judge_set"])
        yield Server("judge of the reward", reward["judge_url"], reward["judge_model"], told.get("key", ""))
    else:
        yield Model("judge of the reward", reward["judge_model"], f"{label}.reward.judge_model")
