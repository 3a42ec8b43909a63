"""The words of the scripted teacher: an instruction from slots and their wordings, and slots read back from a text.

A script maps slots to wordings: an item's attributes, and three slots that no item has: composition, light, motion.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bench.words import Phrases, Stems, stems

HEAD, ADJECTIVE, VERB, WITH, PLACE, TAIL = "head", "adjective", "verb", "with", "place", "tail"
ROLES: Mapping[str, str] = {
    **dict.fromkeys(("category", "subject", "object", "product", "genre", "articleType"), HEAD),
    **dict.fromkeys(("action",), VERB),
    **dict.fromkeys(("hero", "character"), WITH),
    **dict.fromkeys(("setting", "scene", "world", "place", "location", "background"), PLACE),
    **dict.fromkeys(("palette", "view", "camera", "angle", "framing", "movement"), TAIL),
}
"""How the attributes enter a sentence; others are adjectives."""
FIRST = ("mood", "style")  # adjectives that stand before others
HEADLESS = "thing"

FAMILIES: Mapping[str, str] = {"genre": "game", "subject": "clip", "action": "clip"}
"""What a slot tells of the kind of item; without any it is a thing."""
LAYERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "composition": {
        "thing": ("centred close-up", "eye-level close-up"),
        "game": ("wide shot of the whole level", "level seen from afar"),
        "clip": ("full shot, subject in the middle", "medium shot at eye level"),
    },
    "light": {
        "thing": ("soft diffuse light", "gentle side light"),
        "game": ("clear even lighting", "bright even light"),
        "clip": ("natural light", "open daylight"),
    },
    "motion": {
        "thing": ("slowly turning on the spot", "turning once around itself"),
        "game": ("the hero keeps moving", "one long stretch without a cut"),
        "clip": ("one continuous take", "one smooth take without a cut"),
    },
}
"""Layer -> kind of item -> phrases that suit it. None of them is a value of an attribute."""
BARE = ("by", "among", "at", "on", "in", "under", "underwater", "before")  # places that bring their own word
BEFORE: Mapping[str, str] = {
    **dict.fromkeys(("beach", "shore", "stage", "street", "avenue", "mountain", "peak", "summit", "volcano"), "on the"),
    **dict.fromkeys(("seaside", "bedside", "office", "workplace", "roadside"), "at the"),
    "space": "in",
    "plain backdrop": "before a",
}

Script = dict[str, str]


def layers_of(kind: str) -> tuple[str, ...]:
    """Return the layers that an instruction for a picture or a clip has."""
    return ("composition", "light", "motion") if kind == "video" else ("composition", "light")


def family_of(attributes: Mapping[str, Any]) -> str:
    """Return what kind of item has these attributes: thing, game or clip."""
    return next((FAMILIES[slot] for slot in attributes if slot in FAMILIES), "thing")


def say(script: Mapping[str, str]) -> str:
    """Return the instruction of a script: "a red ceramic mug in the kitchen, centred close-up, soft diffuse light"."""
    parts: dict[str, list[str]] = {role: [] for role in (HEAD, ADJECTIVE, VERB, WITH, PLACE, TAIL)}
    slots = [slot for slot in script if slot not in LAYERS]
    for slot in sorted(slots, key=lambda slot: FIRST.index(slot) if slot in FIRST else len(FIRST)):
        parts[ROLES.get(slot, ADJECTIVE)].append(script[slot])
    core = " ".join([*parts[ADJECTIVE], *(parts[HEAD] or [HEADLESS]), *parts[VERB]])
    core = " ".join([_article(core), *(f"with {_article(word)}" for word in parts[WITH]), *map(_placed, parts[PLACE])])
    return ", ".join([core, *parts[TAIL], *(script[layer] for layer in LAYERS if layer in script)])


def _article(phrase: str) -> str:
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def _placed(wording: str) -> str:
    if wording.split(maxsplit=1)[0] in BARE:
        return wording
    return f"{BEFORE.get(wording, 'in the')} {wording}"


@lru_cache(maxsize=2**14)
def _stems(wording: str) -> Stems:
    return stems(wording)


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """What can be read in texts about a target: its values, those of the history's items, and the layers' phrases.

    `target`: slot -> wordings. `others`: slot -> usual wordings of other values, the most frequent first.
    """

    target: Mapping[str, tuple[str, ...]]
    others: Mapping[str, tuple[str, ...]]
    readings: Mapping[Stems, tuple[str, str]]
    phrases: Phrases

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Words:
        """Return the words of a question's facts."""
        target = {slot: tuple(words) for slot, words in facts["target"]["attributes"].items() if words}
        readings: dict[Stems, tuple[str, str]] = {}
        for slot, words in target.items():
            for word in words:
                readings.setdefault(_stems(word), (slot, word))
        counts: dict[str, dict[str, int]] = {slot: {} for slot in target}
        for item in facts["history"]:
            for slot, words in item["attributes"].items():
                if slot in target and words and words[0] not in target[slot]:
                    counts[slot][words[0]] = counts[slot].get(words[0], 0) + 1
                    for word in words:
                        readings.setdefault(_stems(word), (slot, word))
        for layer, families in LAYERS.items():
            readings |= {_stems(phrase): (layer, phrase) for some in families.values() for phrase in some}
        readings.pop((), None)
        others = {slot: tuple(sorted(found, key=lambda word: (-found[word], word))) for slot, found in counts.items()}
        return cls(target, others, readings, Phrases(readings))

    def read(self, text: str) -> Script:
        """Return the script of a text: every slot that it names, with the first wording that it uses."""
        found: Script = {}
        for phrase in self.phrases.find(stems(text)):
            slot, word = self.readings[phrase]
            found.setdefault(slot, word)
        return found


def count_values(items: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], int]:
    """Return (slot, usual wording) -> in how many items, the most frequent first, then in order of first sight."""
    counts: dict[tuple[str, str], int] = {}
    for item in items:
        for slot, words in item["attributes"].items():
            if words:
                counts[slot, words[0]] = counts.get((slot, words[0]), 0) + 1
    return dict(sorted(counts.items(), key=lambda one: -one[1]))
