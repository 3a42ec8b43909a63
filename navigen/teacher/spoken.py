"""What the scripted teacher says in sentences: terms, reasons and thoughts, from counts of what a history holds.

Sentences are short and of few kinds, because small models learn to write them; nothing in them is drawn by chance. The
first words say what the thought is for: a small model that has lost sight of the question still ends where it should.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bench.api import Kind
from navigen.teacher.grammar import HEAD, ROLES, count_values

FREQUENT = 2  # so many items make a value recur
DIRECTION = {"conservative": "a cautious", "balanced": "a balanced", "exploratory": "a bold"}


def tell_terms(facts: Mapping[str, Any]) -> list[str]:
    """Return the usual wording of every attribute of an item."""
    return [words[0] for words in facts["item"]["attributes"].values() if words]


def tell_reason(facts: Mapping[str, Any]) -> str:
    """Return the thought before the next item: what recurs in the history, what came last, what comes next."""
    return f"For what comes next {_evidence(facts['history'], 3)} I expect {_listed(facts)} next."


def tell_thought(facts: Mapping[str, Any]) -> str:
    """Return the thought that leads to the instruction: evidence, how drafts were weighed, what the target is."""
    seen = _evidence(facts["history"], 2)
    return f"For a {_made(facts)} {seen} {_weighed(facts['rounds'])} So I write of {_listed(facts)}."


def tell_thought_again(facts: Mapping[str, Any]) -> str:
    """Return the thought without evidence that could tell the target early."""
    weighed = _weighed(facts["rounds"])
    return f"For a {_made(facts)} I look at what was chosen. {weighed} So I write of {_listed(facts)}."


def _made(facts: Mapping[str, Any]) -> str:
    return "clip" if facts["kind"] == Kind.VIDEO.value else "picture"


def _listed(facts: Mapping[str, Any]) -> str:
    return ", ".join(facts["target"]["terms"])


def _evidence(history: Sequence[Mapping[str, Any]], most: int) -> str:
    """Return "I see 9 things: 5 ceramic, 4 striped. The last: vase." without the last where nothing tells it."""
    if not history:
        return "I see nothing yet."
    counts = [(word, count) for (_, word), count in count_values(history).items() if count >= FREQUENT]
    recurring = ", ".join(f"{count} {word}" for word, count in counts[:most])
    seen = f"I see {len(history)} {'thing' if len(history) == 1 else 'things'}"
    seen += f": {recurring}." if recurring else ", all different."
    heads = [words[0] for slot, words in history[-1]["attributes"].items() if words and ROLES.get(slot) == HEAD]
    return f"{seen} The last: {heads[0]}." if heads else seen


def _weighed(rounds: Sequence[Mapping[str, Any]]) -> str:
    """Return how drafts were weighed, in a sentence or two."""
    first = rounds[0]["drafts"]
    best = max(first, key=lambda one: one["fitness"])
    if len(first) == 1:
        return "I made one draft and took it."
    text = f"Of three drafts {DIRECTION[best['direction']]} one was best"
    kept = rounds[-1]["kept"].split(maxsplit=1)[0]
    if rounds[-1]["kept"] == rounds[0]["kept"]:
        return f"{text}, and I kept it."
    return f"{text}. {best['comment']} A {kept} one was better."
