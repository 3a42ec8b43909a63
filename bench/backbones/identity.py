"""Which model looks, told by its name and the bytes of its weights: whether two are one, whatever they are called.

A system learns what pleases the model that rewards it; the same model in the evaluation would measure just that. A
system that was rewarded says by whom with a class method `judges(config) -> Iterable[Identity]`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.api import Setting
from bench.backbones import files
from bench.backbones.settings import SETTINGS
from bench.config import build
from bench.io import digest, file_sha256


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
        f"the evaluation's {role} is {other.name}, the model that the reward asks ({reward.name}); take another there "
        f"(scorer.{role}), or here by reward.judge_model"
        for role, other in sorted(evaluation.items())
        if reward.same(other)
    ]


def judges_of(kind: Any, config: Mapping[str, Any]) -> tuple[Identity, ...]:
    """Return the models that reward a system of a class with these settings; a class without `judges` has none."""
    return tuple(kind.judges(config)) if hasattr(kind, "judges") else ()


def find_clashes(judges: Sequence[Identity], backbones: Mapping[str, Mapping[str, Setting]]) -> list[str]:
    """Return a sentence for every model that looks at a run's answers (settings by role) and is one of `judges`."""
    if not judges:
        return []
    looking = {role: identify_role(role, values) for role, values in backbones.items()}
    return [line for one in judges for line in clashes(one, looking)]


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
