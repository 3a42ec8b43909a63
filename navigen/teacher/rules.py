"""What a written thought must keep: the first person, plain words, one paragraph, and the target named at its end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bench.api import Item
from bench.words import tokens
from navigen.teacher.fitness import find_named, find_terms

SELF = re.compile(r"\bI\b")
JARGON = frozenset(
    tokens(
        "crossover elite elites evolution evolutionary evolve evolved evolving fitness founder founders gene genes "
        "genome genomes mutant mutate mutated mutation mutations offspring population populations"
    )
)
FORM = re.compile(r"[<>]|^\s*(?:[-*#\u2022]|\d+[.)])\s|\n|\*\*|```", re.MULTILINE)
SENTENCE = re.compile(r"(?<=[.!?])\s+")


def find_faults(text: str, terms: Sequence[str], most: int) -> list[str]:
    """Return which rules any thought breaks, in words that a writer can act on; [] if none.

    `most`: words. The end of a thought is its last third or its last sentence, whichever is longer; it must name at
    least half of the terms.
    """
    faults = []
    if not SELF.search(text):
        faults.append('it is not in the first person: the word "I" is missing')
    if FORM.search(text):
        faults.append("it holds tags, lists, headings or several paragraphs")
    if (count := len(tokens(text))) > most:
        faults.append(f"it has {count} words, more than {most}")
    if 2 * len(find_terms(split_end(text)[1], terms)) < len(terms):
        faults.append(f"it does not end by naming the choice: {', '.join(terms)}")
    return faults


def find_secrets(text: str, target: Item, terms: Sequence[str], allowed: Sequence[str]) -> list[str]:
    """Return which rules of a thought that leads to an instruction are broken beside those of `find_faults`.

    The target is named early if its title is, or more than half of its terms, before the end. Words of evolution are
    no fault where the items' own texts (`allowed`) use them: a fitness tracker is one.
    """
    early = split_end(text)[0]
    faults = []
    if jargon := sorted(JARGON & set(tokens(text)) - {word for one in allowed for word in tokens(one)}):
        faults.append(f"it speaks of evolution: {', '.join(jargon)}")
    if find_named(early, target, terms, "title") or 2 * len(find_terms(early, terms)) > len(terms):
        faults.append("it names the choice before its end")
    return faults


def split_end(text: str) -> tuple[str, str]:
    """Return what comes before a thought's end, and the end: its last third or last sentence, the longer of them."""
    breaks = [found.end() for found in SENTENCE.finditer(text.rstrip())]
    words = [found.start() for found in re.finditer(r"\S+", text)]
    if not words:
        return "", ""
    third = words[min(len(words) - 1, -(-2 * len(words) // 3))]
    start = min(breaks[-1] if breaks else third, third)
    return text[:start], text[start:]
