"""Prompts of a teacher: templates in files, rendered strictly, and the parts of a sample that they show."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from bench.api import Item, Kind
from bench.errors import BenchError, unknown
from bench.io import digest
from bench.lm import Prompt, Sampling
from bench.terms import SLOT, item_terms
from navigen.prompt import compact, tame
from navigen.teacher.protocol import Ask
from navigen.teacher.sample import Sample

FOLDER = Path(__file__).parent / "prompts"
OPERATIONS = ("terms", "reason", "founders", "single", "judge", "children", "distil", "rewrite")
BREAK = "\n---\n"  # between what the system says and what the user says
MARK = re.compile(r"\{\{(\w+)\}\}")
SHOWN = 20  # items of a history, the latest
LONGEST = 600  # letters of a title or caption

CONCEALED: Mapping[str, str] = {
    "title": "Never name or quote the target's title. What is to be seen may be said in any words.",
    "terms": "Never name the target: neither its title nor any of its terms, in any form. Describe it by other words.",
    "released": "Never name the target: neither its title nor any of its terms, in any form. Describe it by other "
    "words.",
    "off": "The target may be named.",
}
"""What a prompt says of concealment."""
MAKE: Mapping[Kind, str] = {
    Kind.IMAGE: "a picture",
    Kind.VIDEO: "a short clip, so say as well what moves and how",
}
HOW: Mapping[str, tuple[int, float]] = {  # operation -> tokens, temperature
    "terms": (256, 0.0),
    "reason": (512, 0.7),
    "founders": (1536, 0.9),
    "single": (768, 0.9),
    "judge": (1024, 0.0),
    "children": (1024, 0.9),
    "distil": (768, 0.7),
    "rewrite": (768, 0.7),
}


def make_ask(operation: str, sample: str, seed: int, facts: Mapping[str, Any], texts: Mapping[str, str]) -> Ask:
    """Return the question of an operation; `texts` are its template's marks.

    All questions of one operation are sampled alike, so that a backend can answer them together: a backend draws by
    seed and prompt, and no two prompts of a run are equal.
    """
    tokens, temperature = HOW[operation]
    return Ask(operation, sample, facts, render(operation, texts), Sampling(tokens, temperature, seed=seed))


def render(operation: str, texts: Mapping[str, str]) -> Prompt:
    """Return a template with its marks replaced; a mark that is missing or not in the template is an error.

    No text that is put in can forge a mark of the chat format.
    """
    system, user = template(operation)
    marks = set(MARK.findall(system + user))
    if wrong := sorted(marks ^ set(texts)):
        raise BenchError(f"prompt {operation}: {', '.join(wrong)}: expected exactly the marks {sorted(marks)}")
    said = [MARK.sub(lambda found: tame(texts[found[1]]), part) for part in (system, user)]
    return Prompt((("system", said[0]), ("user", said[1])))


@cache
def template(operation: str) -> tuple[str, str]:
    """Return the two texts of an operation's template."""
    if operation not in OPERATIONS:
        raise unknown("operation of a teacher", operation, OPERATIONS)
    text = (FOLDER / f"{operation}.md").read_text(encoding="utf-8").strip()
    system, found, user = text.partition(BREAK)
    if not found:
        raise BenchError(f"prompt {operation}: expected a line --- between the system's text and the user's")
    return system.strip(), user.strip()


def prompts_digest() -> str:
    """Return the sha256 over everything a teacher is told: lessons of different prompts are not alike."""
    told = {name: template(name) for name in OPERATIONS}
    return digest([told, dict(CONCEALED), {kind.value: text for kind, text in MAKE.items()}, dict(HOW), SHOWN, LONGEST])


def face(item: Item, terms: Sequence[str] | None = None) -> dict[str, Any]:
    """Return an item as facts: title, caption, terms and attributes (slot -> wordings)."""
    own = item_terms(item) if terms is None else terms
    wordings = {slot: list(values) for slot, values in item.attributes.items() if slot != SLOT}
    return {
        "title": item.title[:LONGEST],
        "caption": item.caption[:LONGEST],
        "terms": list(own),
        "attributes": wordings,
    }


def sample_facts(sample: Sample, terms: Sequence[str]) -> dict[str, Any]:
    """Return what every operation on a sample knows: kind, the latest items of the history, the target."""
    history = [face(item) for item in sample.history[-SHOWN:]]
    return {"kind": sample.kind.value, "history": history, "target": face(sample.target, terms)}


def sample_texts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return history and target as a prompt shows them: JSON, in which no text can forge a mark of the chat."""
    return {
        "history": "\n".join(compact(seen(one)) for one in facts["history"]) or "(nothing)",
        "target": compact(seen(facts["target"])),
    }


def seen(one: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a prompt shows of an item: what it has of title, caption and terms."""
    return {name: one[name] for name in ("title", "caption", "terms") if one[name]}
