"""Keeps what rewards a policy apart from what evaluates it; models are told by name and the bytes of their weights.

A policy learns what pleases the model that rewards it; the same model in the evaluation would measure just that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.api import Setting
from bench.backbones import files
from bench.backbones.settings import SETTINGS
from bench.config import build
from bench.io import digest, file_sha256
from navigen.rewards.settings import Rewarding


@dataclass(frozen=True, slots=True)
class Identity:
    """A model: its name, and the sha256 over its weights ("": they are not at hand, as a server's)."""

    name: str
    weights: str = ""

    @property
    def bare(self) -> str:
        """The name without the folders before it, in lower case."""
        return self.name.rstrip("/").rpartition("/")[2].lower()

    def same(self, other: Identity) -> bool:
        """Return whether two are one model: by their weights, or by their names where weights are not at hand."""
        if self.weights and other.weights:
            return self.weights == other.weights
        return self.bare == other.bare != ""


def clashes(reward: Identity | None, evaluation: Mapping[str, Identity]) -> list[str]:
    """Return a sentence for every model of the evaluation (by role) that is the reward's; none for no model."""
    if reward is None:
        return []
    return [
        f"the evaluation's {role} is {other.name}, the model that the reward asks ({reward.name}); take another there, "
        "or here by reward.judge_model"
        for role, other in sorted(evaluation.items())
        if reward.same(other)
    ]


def identify_reward(settings: Rewarding) -> Identity | None:
    """Return the model of a reward's judge, None for a judge without one; nothing is loaded."""
    if settings.judge == "lexical":
        return None
    if settings.judge == "llm":
        place = Path(settings.judge_model)
        local = not settings.judge_url and place.is_dir()
        return Identity(settings.judge_model, weigh(place.glob("*")) if local else "")
    from navigen.rewards.embedding import MODEL, role_of

    name = settings.judge_model or MODEL
    return identify_role(role_of(name), {"name": name})


def identify_role(role: str, values: Mapping[str, Setting]) -> Identity:
    """Return the model in a role of the evaluation ("clip", "text", "judge"), by its plain settings.

    Raises BenchError for settings that do not exist and for a model that is not at hand.
    """
    name = str(values.get("name", "") or values.get("model", ""))
    if role not in SETTINGS or ":" in name:
        place = Path(name)
        return Identity(name, weigh(place.glob("*")) if name and place.is_dir() else "")
    return Identity(name, weigh(files(build(SETTINGS[role], values, f"scorer.{role}"))))


def weigh(paths: Iterable[Path]) -> str:
    """Return the sha256 over the weights among some files, "" for none."""
    found = sorted(path for path in paths if path.suffix in (".safetensors", ".gguf"))
    return digest([file_sha256(path) for path in found]) if found else ""
