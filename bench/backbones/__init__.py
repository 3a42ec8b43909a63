"""Models that look at media and text for scorers, by role; nothing heavy is loaded until one is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import catalogue
from bench.api import Setting
from bench.backbones.settings import SETTINGS
from bench.config import build
from bench.errors import BenchError, unknown
from bench.listing import Entry

BACKBONES: dict[str, Entry] = {
    "clip": Entry(
        "bench.backbones.clip:Clip", "texts and pictures in one space: open_clip's models, world-clip", "see"
    ),
    "lpips": Entry(
        "bench.backbones.lpips:Lpips", "how different two pictures look: LPIPS on alex, vgg, squeeze", "see"
    ),
    "text": Entry("bench.backbones.text:Sentences", "what sentences mean: MiniLM, or any encoder in a folder", "text"),
}
"""Role -> the class that fills it, made from the role's settings (see bench/backbones/settings.py)."""


def make_backbone(role: str, values: Mapping[str, Setting]) -> Any:
    """Return the model in a role, made from plain settings, as a task card and --set scorer.ROLE.NAME=VALUE give them.

    `name` says which model; "module:Class" stands for a class of one's own, whose fields are the other settings.
    Raises BenchError for an unknown setting, a missing package or missing weights, with the next step.
    """
    name = str(values.get("name", ""))
    where = f"scorer.{role}"
    if ":" in name:
        return build(catalogue.resolve(name), {key: value for key, value in values.items() if key != "name"}, where)
    if role not in BACKBONES:
        raise unknown("role", role, BACKBONES)
    if not name:
        raise BenchError(f'no model in the role "{role}"; name one: --set {where}.name=NAME')
    line = BACKBONES[role]
    return catalogue.resolve(line.target, line.needs)(build(SETTINGS[role], values, where))
