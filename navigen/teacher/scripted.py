"""A scripted teacher: no language model, but a grammar over items' attributes that answers every operation as JSON.

It exists so that everything a teacher does can be run, tested and measured on a small machine; what it writes is not
evidence of what a language model would write. Its drafts are imperfect on purpose: founders leave attributes and layers
out or take them from the history, children change what they are given by chance, and only the judge tells good from
bad, from the texts alone and with noise. So a search gains what choosing among drafts can gain. It reads `ask.facts`,
and draws by the sampling's seed, the sample, the operation and the facts: equal questions get equal answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from bench.api import Failure, Item
from bench.errors import BenchError, unknown
from bench.io import digest, file_sha256
from bench.rng import stream
from navigen.teacher.critic import assess
from navigen.teacher.fitness import CRITERIA, find_named
from navigen.teacher.grammar import LAYERS, Script, Words, family_of, layers_of, say
from navigen.teacher.protocol import Ask, Reply
from navigen.teacher.spoken import tell_reason, tell_terms, tell_thought, tell_thought_again

WRITERS = ("critic.py", "grammar.py", "scripted.py", "spoken.py")  # the code that decides what is written
# Direction -> chances that a draft leaves an attribute out, takes it from the history, has a layer (one that suits it),
# and says an attribute in another wording than the usual one.
DIRECTIONS: Mapping[str, tuple[float, float, float, float]] = {
    "conservative": (0.22, 0.05, 0.40, 0.05),
    "balanced": (0.25, 0.12, 0.55, 0.15),
    "exploratory": (0.28, 0.18, 0.75, 0.30),
}
SUITABLE = 0.6  # chance that a layer's phrase suits the kind of item
ONE_SIDED, ELITE = 0.7, 0.6  # chances that a child keeps what one parent has, and the better parent's of two
RIGHT = 0.55  # chance that a change is towards the target
MAKES = {
    "conservative": "it keeps to what the choice is",
    "balanced": "it weighs closeness against freshness",
    "exploratory": "it dares more in how it is shown",
    "crossover": "it joins what was better in two drafts",
    "mutation": "it changes one thing",
}


@dataclass(frozen=True, slots=True)
class Scripted:
    """A teacher without a language model; `noise`: standard deviation of each score its judge gives (points of 10)."""

    noise: float = 0.5

    @property
    def fingerprint(self) -> str:
        """Return the sha256 over what decides the answers: the code that writes them, and the noise."""
        return digest(["scripted", self.noise, source_digest()])

    def answer(self, asks: Sequence[Ask]) -> Sequence[Reply | Failure]:
        """Return a reply an ask, in order; an item without attributes is a BenchError."""
        return [Reply(json.dumps(self._answer(ask), ensure_ascii=False)) for ask in asks]

    def _answer(self, ask: Ask) -> Mapping[str, Any]:
        operations: Mapping[str, Callable[[Mapping[str, Any], np.random.Generator], Mapping[str, Any]]] = {
            "terms": lambda facts, _: {"terms": tell_terms(facts)},
            "reason": lambda facts, _: {"reason": tell_reason(facts)},
            "founders": found,
            "single": found,
            "children": breed,
            "judge": self._judge,
            "distil": lambda facts, _: {"thought": tell_thought(facts)},
            "rewrite": lambda facts, _: {"thought": tell_thought_again(facts)},
        }
        if ask.operation not in operations:
            raise unknown("operation of the scripted teacher", ask.operation, operations)
        item = ask.facts["item" if ask.operation == "terms" else "target"]
        if not item["attributes"]:
            raise BenchError(
                f"sample {ask.sample}: item {item['title']!r} has no attributes, and a scripted teacher reads nothing "
                "else; a language model is needed as teacher"
            )
        rng = stream(ask.sampling.seed, "scripted", ask.sample, ask.operation, digest(ask.facts))
        return operations[ask.operation](ask.facts, rng)

    def _judge(self, facts: Mapping[str, Any], rng: np.random.Generator) -> Mapping[str, Any]:
        words = Words.of(facts)
        told: dict[str, Any] = {}
        for place, text in enumerate(facts["candidates"]):
            scores, remark = assess(text, words, facts)
            noise = rng.normal(0.0, 1.0, len(CRITERIA)).tolist()
            noisy = {name: scores[name] + self.noise * lot for name, lot in zip(CRITERIA, noise, strict=True)}
            told[f"candidate_{place + 1}"] = {
                **{name: round(min(10.0, max(0.0, value)), 1) for name, value in noisy.items()},
                "comment": remark,
            }
        return told


@cache
def source_digest() -> str:
    """Return the sha256 over the code that writes."""
    return digest([file_sha256(Path(__file__).with_name(name)) for name in WRITERS])


def found(facts: Mapping[str, Any], rng: np.random.Generator) -> Mapping[str, Any]:
    """Return a draft for each direction that is asked for."""
    words = Words.of(facts)
    return {name: _written(name, _draft(name, words, facts, rng)) for name in facts["directions"]}


def breed(facts: Mapping[str, Any], rng: np.random.Generator) -> Mapping[str, Any]:
    """Return two children of two parents, the better one first; with one parent it is both."""
    words = Words.of(facts)
    scripts = [words.read(one["instruction"]) for one in facts["parents"]]
    return {
        "crossover": _written("crossover", cross(scripts[0], scripts[-1], words, facts, rng)),
        "mutation": _written("mutation", mutate(scripts[0], words, facts, rng)),
    }


def _written(direction: str, script: Script) -> Mapping[str, str]:
    return {"instruction": say(script), "why": MAKES[direction]}


def _draft(direction: str, words: Words, facts: Mapping[str, Any], rng: np.random.Generator) -> Script:
    leave, swap, layer, other = DIRECTIONS[direction]
    script: Script = {}
    for place, slot in enumerate(words.target):
        lots = rng.random(4).tolist()
        if lots[0] < leave * (0.3 if place == 0 else 1.0):  # the subject is seldom forgotten
            continue
        if lots[1] < swap and words.others[slot]:
            script[slot] = words.others[slot][int(lots[2] * len(words.others[slot]))]
        elif (wording := _wording(slot, words, facts, lots[3] < other, lots[2])) is not None:
            script[slot] = wording
    for name in layers_of(facts["kind"]):
        lots = rng.random(3).tolist()
        if lots[0] < layer:
            script[name] = _phrase(name, words, lots[1] < SUITABLE, lots[2])
    return script


def cross(first: Script, second: Script, words: Words, facts: Mapping[str, Any], rng: np.random.Generator) -> Script:
    """Return a child that takes every slot from one of two scripts; what only one of them has may be lost."""
    script: Script = {}
    for slot in _slots(words, facts):
        keep, better = rng.random(2).tolist()
        has = [one[slot] for one in (first, second) if slot in one]
        if len(has) == 2:
            script[slot] = has[0] if better < ELITE else has[1]
        elif has and keep < ONE_SIDED:
            script[slot] = has[0]
    return script


def mutate(script: Script, words: Words, facts: Mapping[str, Any], rng: np.random.Generator) -> Script:
    """Return the script with exactly one slot added, changed or left out."""
    slots = _slots(words, facts)
    for _ in range(100):
        slot = slots[int(rng.integers(len(slots)))]
        lots = rng.random(4).tolist()
        options: list[str | None] = [*words.others.get(slot, ())[:3], None]
        if slot in LAYERS:
            options = [_phrase(slot, words, False, lots[3]), None]
        value = options[int(lots[1] * len(options))]
        if lots[0] < RIGHT:
            right = _phrase(slot, words, True, lots[3]) if slot in LAYERS else None
            value = right or _wording(slot, words, facts, lots[2] < 0.3, lots[3])
        if value != script.get(slot):
            return _ordered({**script, slot: value}, slots)
    return dict(script)


def _slots(words: Words, facts: Mapping[str, Any]) -> list[str]:
    return [*words.target, *layers_of(facts["kind"])]


def _ordered(changed: Mapping[str, str | None], slots: Sequence[str]) -> Script:
    return {slot: value for slot in slots if (value := changed.get(slot)) is not None}


def _wording(slot: str, words: Words, facts: Mapping[str, Any], other: bool, lot: float) -> str | None:
    """Return a wording of the target's value that may be said, the usual one or another; None if none may."""
    target = facts["target"]
    item = Item("", target["title"], target["caption"], {name: tuple(said) for name, said in words.target.items()})
    own = [said for said in words.target[slot] if not find_named(said, item, target["terms"], facts["conceal"])]
    if not own:
        return None
    if other and len(own) > 1:
        return own[1:][int(lot * (len(own) - 1))]
    return own[0]


def _phrase(layer: str, words: Words, suitable: bool, lot: float) -> str:
    family = family_of(words.target)
    some = [phrase for name, own in LAYERS[layer].items() if (name == family) is suitable for phrase in own]
    return some[int(lot * len(some))]
