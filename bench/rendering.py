"""How instructions are executed and looked at: the generator with its settings, how many cases, the backbones."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any

from bench import catalogue
from bench.api import Context, Generator, Kind, Progress, Setting, Task, ignore_progress
from bench.backbones.settings import SETTINGS
from bench.config import build, plain, settings
from bench.errors import BenchError
from bench.io import canonical
from bench.scorers.judge_ask import configured

OWN = ("name", "cases")  # settings of the section "generator" that are the harness's, not the generator's
ROLE = "scorer."  # sections of backbones begin so


@dataclass(frozen=True, slots=True)
class Rendering:
    """`generator` "" renders nothing; `cases` None renders all, else so many, chosen by hash of the query's id.

    `backbones`: role -> settings of the model that scorers look with ("clip" -> name, weights, ...).
    """

    generator: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    cases: int | None = None
    backbones: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    device: str = "cpu"
    dtype: str = "float32"

    def described(self) -> dict[str, Any]:
        """Return what decides media and how they are looked at, for a run's key and manifest; nothing if nothing."""
        if not self.generator and not self.backbones:
            return {}
        config = plain(self.config)
        usual = plain(make_generator(Rendering(self.generator))) if self.generator else {}
        changed = {name: value for name, value in config.items() if value != usual[name]}
        told = {"generator": self.generator, "config": config, "changed": changed, "cases": self.cases}
        placed = {"device": self.device, "dtype": self.dtype, "fingerprint": fingerprint(self)}
        return {"rendering": {**told, **placed, "backbones": plain(self.backbones)}}


def arrange(card: Task, sections: Mapping[str, Mapping[str, str]], place: Callable[[], tuple[str, str]]) -> Rendering:
    """Return how a card's answers are rendered: as it says, but for what sections of --set say.

    Sections: `generator.name`, `generator.cases`, `generator.SETTING` of whichever is used, `NAME.SETTING` of one
    generator, and `scorer.ROLE.SETTING` of the model in a role. A ranking is not rendered. `place` gives device and
    dtype, and is asked only if there is something to compute.
    """
    if card.kind is Kind.NEXT_ITEM:
        return Rendering()
    told = dict(sections.get("generator", {}))
    cases = build(_Cases, {key: value for key, value in told.items() if key == "cases"}, "generator").cases
    if cases is not None and cases < 1:
        raise BenchError(f"generator.cases={cases}: expected at least 1; generator.name=none renders nothing")
    name = told.get("name", card.generator)
    rendered = name not in ("", "none")
    if not rendered and not card.backbones and not any(section.startswith(ROLE) for section in sections):
        return Rendering()
    device, dtype = place()
    backbones = looking(card, sections, device)
    if not rendered:
        return Rendering(backbones=backbones, device=device, dtype=dtype)
    kind = catalogue.generator(name)
    if kind.kind is not card.kind:
        raise BenchError(f"{card.id} asks for {card.kind} instructions; {name} makes {kind.kind}s")
    own = {key: value for key, value in told.items() if key not in OWN}
    made = build(kind, {**own, **sections.get(name, {})}, name)
    config = {key: getattr(made, key) for key in settings(kind)}
    return Rendering(name, config, cases, backbones, device, dtype)


def recalled(told: Mapping[str, Any]) -> Rendering:
    """Return the rendering that a manifest tells of."""
    return Rendering(**{name: value for name, value in told.items() if name not in ("changed", "fingerprint")})


def is_rendering(section: str) -> bool:
    """Return whether a section of --set is read here: "generator", a generator's name, or "scorer.ROLE"."""
    return section == "generator" or section.startswith(ROLE) or section in catalogue.table("generators")


def looking(card: Task, sections: Mapping[str, Mapping[str, str]], device: str) -> dict[str, Mapping[str, Setting]]:
    """Return the settings of each role: the card's model but for what `scorer.ROLE.*` says, typed and checked.

    Models of the harness's own roles look on the run's device.
    """
    told: dict[str, dict[str, str]] = {role: {"name": model} for role, model in card.backbones.items()}
    for section, values in sections.items():
        if section.startswith(ROLE):
            role = section.removeprefix(ROLE)
            told[role] = {**told.get(role, {}), **values}
    found: dict[str, Mapping[str, Setting]] = {}
    for role, given in told.items():
        if role not in SETTINGS or ":" in given.get("name", ""):
            found[role] = dict(given)
            if role == "judge":
                configured(found[role])
            continue
        placed = given if device == "cpu" else {"device": device, **given}
        made = build(SETTINGS[role], placed, f"{ROLE}{role}")
        found[role] = {name: getattr(made, name) for name in placed}
    return found


@dataclass(frozen=True, slots=True)
class _Cases:
    cases: int | None = None


def make_generator(rendering: Rendering, progress: Progress = ignore_progress) -> Generator:
    """Return the generator, given device, dtype and progress if it has a field `context`."""
    kind = catalogue.generator(rendering.generator)
    context = Context(device=rendering.device, dtype=rendering.dtype, progress=progress)
    given = {"context": context} if any(line.name == "context" for line in fields(kind)) else {}
    made: Generator = build(kind, plain(rendering.config), rendering.generator, **given)
    return made


def fingerprint(rendering: Rendering) -> str:
    """Return what tells the generator's media from another's: its own fingerprint, or "" where nothing is rendered."""
    if not rendering.generator:
        return ""
    return _fingerprint(rendering.generator, canonical(plain(rendering.config)), rendering.device, rendering.dtype)


@lru_cache
def _fingerprint(generator: str, config: str, device: str, dtype: str) -> str:
    return make_generator(Rendering(generator, json.loads(config), device=device, dtype=dtype)).fingerprint
