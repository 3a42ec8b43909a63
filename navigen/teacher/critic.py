"""How the scripted teacher judges: what a text names of its target and of other things, its layers, its length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench.words import tokens
from navigen.teacher.fitness import CRITERIA
from navigen.teacher.grammar import HEAD, LAYERS, PLACE, ROLES, Words, family_of, layers_of

Floats = dict[str, float]
LENGTH = (8, 45)  # words of a text of good length


def assess(text: str, words: Words, facts: Mapping[str, Any]) -> tuple[Floats, str]:
    """Return the scores of a text before any noise, each in [0, 10], and a remark on its largest flaw.

    Naming the target is not its business: that is found by rule (`navigen.teacher.fitness`).
    """
    script, target = words.read(text), words.target
    right = {slot for slot, wording in script.items() if wording in target.get(slot, ())}
    wrong = [slot for slot in script if slot in target and slot not in right]
    share = len(right) / max(1, len(target))
    family = family_of(target)
    wanted = layers_of(facts["kind"])
    suits = {layer: script[layer] in LAYERS[layer][family] for layer in wanted if layer in script}
    layers = sum(1.0 if good else 0.5 for good in suits.values()) / len(wanted)
    fresh = sum(script[slot] != target[slot][0] for slot in right) / max(1, len(right))
    subject = any(ROLES.get(slot) == HEAD for slot in right)
    placed = any(ROLES.get(slot) == PLACE for slot in script)
    fits = LENGTH[0] <= len(tokens(text)) <= LENGTH[1]
    scores = {
        "consistency": 1 + 8 * share + subject - 2 * len(wrong),
        "novelty": 3 + 3 * layers + 2 * share + 4 * min(fresh, 0.5),
        "aesthetic": 1.5 + 4.5 * layers + 3 * share + placed,
        "executability": 3 + 3 * subject + 2 * share + fits + layers - 2 * len(wrong),
    }
    absent, unsuited = [slot for slot in target if slot not in script], [one for one in wanted if not suits.get(one)]
    remark = _remark(wrong, absent, unsuited)
    return {name: min(10.0, max(0.0, scores[name])) for name in CRITERIA}, remark


def _remark(wrong: list[str], absent: list[str], layers: list[str]) -> str:
    if wrong:
        return f"The {_plain(wrong[0])} is not right."
    if absent:
        return f"The {_plain(absent[0])} is not said."
    return f"The {layers[0]} could suit it better." if layers else "It is complete."


def _plain(slot: str) -> str:
    return slot.replace("_", " ")
