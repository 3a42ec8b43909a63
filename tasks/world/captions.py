"""What is said of items: captions with synonyms, gaps, word order and chatter; instructions that say it all."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from bench.api import Instruction, Kind
from bench.rng import stream
from tasks.world.taxonomy import Domain

HEAD, ADJECTIVE, VERB, WITH, PLACE, TAIL = "head", "adjective", "verb", "with", "place", "tail"
ROLES: Mapping[str, Mapping[str, str]] = {
    "product": {
        "category": HEAD,
        "setting": PLACE,
        "colour": ADJECTIVE,
        "material": ADJECTIVE,
        "pattern": ADJECTIVE,
        "style": ADJECTIVE,
    },
    "game": {"genre": HEAD, "hero": WITH, "world": PLACE, "palette": TAIL, "view": TAIL, "mood": ADJECTIVE},
    "short-video": {
        "subject": HEAD,
        "action": VERB,
        "scene": PLACE,
        "palette": TAIL,
        "camera": TAIL,
        "mood": ADJECTIVE,
    },
}
"""How each attribute enters a sentence."""

CHATTER: Mapping[str, tuple[str, ...]] = {
    "product": (
        "free delivery this week",
        "a gift that keeps giving",
        "five stars from our customers",
        "back in stock",
        "now at half price",
        "ships within two days",
        "our bestseller",
        "you will not regret it",
    ),
    "game": (
        "a new level every day",
        "no ads, we promise",
        "from an award-winning team",
        "play with friends",
        "update 2.1 is out",
        "one more try and then to bed",
        "early access",
        "controller support",
    ),
    "short-video": (
        "wait for the end",
        "follow for more",
        "part two tomorrow",
        "my first upload",
        "tag somebody who needs this",
        "sound on",
        "I cannot stop watching",
        "filmed on my phone",
    ),
}
BEFORE_PLACE: Mapping[str, str] = {
    **dict.fromkeys(
        ("beach", "shore", "stage", "street", "avenue", "mountain", "peak", "summit", "volcano"), "on the "
    ),
    **dict.fromkeys(("seaside", "bedside", "office", "workplace", "roadside"), "at the "),
    **dict.fromkeys(("by the stove", "by the oven", "among flowers", "among stars", "among trees"), ""),
    **dict.fromkeys(("among skyscrapers", "underwater"), ""),
    "space": "in ",
    "plain backdrop": "before a ",
}
"""What stands before a place, where it is not "in the"."""
SYNONYM, OMISSION, NOISE = 0.45, 0.25, 0.5
"""Chances that a caption uses another wording than the value itself, leaves an attribute out, carries chatter."""

COMPOSITION: Mapping[str, str] = {
    "product": "centred close-up",
    "game": "wide shot of the play field",
    "short-video": "full shot, subject in the middle",
}
LIGHT: Mapping[str, str] = {
    "product": "soft diffuse light",
    "game": "clear even lighting",
    "short-video": "natural light",
}
MOTION: Mapping[str, str] = {
    "product": "slowly turning on the spot",
    "game": "the hero keeps moving",
    "short-video": "one continuous take",
}


def caption(domain: Domain, look: Mapping[str, str], name: str, seed: int, number: int = 0) -> str:
    """Return paraphrase `number` of an item's caption; the first attribute is always said."""
    rng = stream(seed, "caption", domain.name, name, number)
    said = {}
    for attribute in domain.attributes:
        left_out, other = rng.random(2).tolist()
        if left_out < OMISSION and attribute is not domain.attributes[0]:
            continue
        wordings = attribute.words[look[attribute.name]]
        said[attribute.name] = wordings[0] if other >= SYNONYM else _one(wordings[1:], rng)
    text = sentence(domain, said, rng)
    chatter = _one(CHATTER[domain.name], rng)
    lot = rng.random()
    if lot < NOISE / 2:
        text = f"{chatter}: {text}"
    elif lot < NOISE:
        text = f"{text}, {chatter}"
    return f"{text[0].upper()}{text[1:]}."


def sentence(domain: Domain, said: Mapping[str, str], rng: np.random.Generator) -> str:
    """Return what is said as one phrase; adjectives and the place stand where chance puts them."""
    parts = _parts(domain, said)
    adjectives = [parts[ADJECTIVE][place] for place in _order(len(parts[ADJECTIVE]), rng)]
    core = _article(" ".join([*adjectives, *parts[HEAD], *parts[VERB]]))
    core = " ".join([core, *(f"with {_article(word)}" for word in parts[WITH])])
    place = "".join(_placed(word) for word in parts[PLACE])
    tails = [parts[TAIL][number] for number in _order(len(parts[TAIL]), rng)]
    if place and rng.random() < 0.35:
        return ", ".join([place, core, *tails])
    return ", ".join([f"{core} {place}".strip(), *tails])


def instruct(domain: Domain, look: Mapping[str, str], kind: Kind) -> Instruction:
    """Return the instruction that says every visible value in its own word, and how to frame and light it."""
    parts = _parts(domain, look)
    core = _article(" ".join([*parts[ADJECTIVE], *parts[HEAD], *parts[VERB]]))
    core = " ".join([core, *(f"with {_article(word)}" for word in parts[WITH]), *map(_placed, parts[PLACE])])
    layers = [core, *parts[TAIL], COMPOSITION[domain.name], LIGHT[domain.name]]
    if kind is Kind.VIDEO:
        layers.append(MOTION[domain.name])
    return Instruction(", ".join(layers), tuple(look.values()))


def _parts(domain: Domain, said: Mapping[str, str]) -> dict[str, list[str]]:
    """Return the wordings by role, each in the domain's order."""
    parts: dict[str, list[str]] = {role: [] for role in (HEAD, ADJECTIVE, VERB, WITH, PLACE, TAIL)}
    for name, wording in said.items():
        parts[ROLES[domain.name][name]].append(wording)
    return parts


def _article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _placed(wording: str) -> str:
    return BEFORE_PLACE.get(wording, "in the ") + wording


def _order(number: int, rng: np.random.Generator) -> list[int]:
    return np.argsort(rng.random(number), kind="stable").tolist() if number > 1 else list(range(number))


def _one(choices: tuple[str, ...], rng: np.random.Generator) -> str:
    return choices[int(len(choices) * rng.random())]
