"""A judge that counts words: no model, the same everywhere, and blind to meaning.

`words` is ours, `released` the heuristic that the released code falls back on. That one's words of mood are not
published; those here are a guess. Neither can tell an instruction from a heap of fitting words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from bench.api import Kind
from bench.errors import unknown
from bench.terms import keys
from bench.words import STOP, stem, tokens
from navigen.rewards.consistency import Edges, Quality, Told, Verdict, agreement, named_share
from navigen.rewards.usual import Usual

RULES = ("words", "released")
RICH = 12  # different content words that make an instruction specific
MOOD = ("aesthetic", "atmosphere", "emotion", "feeling", "mood", "vibe")
MOTION = (
    *("animate", "bounce", "continuous", "cut", "dolly", "loop", "motion", "move", "pan", "rotate", "slowly", "spin"),
    *("sway", "swing", "take", "tilt", "transition", "turn", "zoom"),
)


@dataclass(frozen=True, slots=True)
class Lexical:
    """Judges by words alone, by the rule "words" or "released".

    `usual`: what is taken off the edges to the target, by the rule "words".
    """

    rule: str = "words"
    usual: Usual | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that does not exist."""
        if self.rule not in RULES:
            raise unknown("rule of the lexical judge", self.rule, RULES)

    def judge(self, told: Sequence[Told]) -> list[Verdict | None]:
        """Return a verdict an instruction; this judge always has one."""
        if self.rule == "released":
            return [by_release(one) for one in told]
        return [by_words(one, self.usual) for one in told]


def by_words(told: Told, usual: Usual | None = None) -> Verdict:
    """Return the verdict by whole words.

    Edges: the share of terms that are named, and the F1 of both lists. Specificity: different content words of 12.
    Creativity: twice the share of content words that are no word of a term, at most 1. Content: the share of content
    words that are no repetition. Visual: the share of content words that can be shown, which moods cannot; nor can
    motion in a picture, but for what the terms say.
    """
    words = tokens(told.instruction)
    text = tuple(map(stem, words))
    target, own = term_keys(told.target), None if told.own is None else term_keys(told.own)
    off = (usual.named_share(text), usual.agreement(own or frozenset())) if usual else (0.0, 0.0)
    edges = Edges(
        named_share(text, target) - off[0],
        None if own is None else named_share(text, own),
        None if own is None else agreement(own, target) - off[1],
    )
    said = [root for word, root in zip(words, text, strict=True) if word not in STOP]
    if not said:
        return Verdict(edges, Quality(0.0, 0.0, 0.0, 0.0))
    kinds = set(said)
    listed = {word for one in target | (own or frozenset()) for word in one.split()}
    barred = moods() if told.kind != Kind.IMAGE else moods() | (motions() - listed)
    quality = Quality(
        specificity=min(1.0, len(kinds) / RICH),
        creativity=min(1.0, 2 * len(kinds - listed) / len(kinds)),
        content=len(kinds) / len(said),
        visual=sum(root not in barred for root in said) / len(said),
    )
    return Verdict(edges, quality)


def by_release(told: Told) -> Verdict:
    """Return the verdict of the released heuristic: terms as substrings, length as quality."""
    text, own = told.instruction.lower(), told.own or ()
    words = text.split()
    target_share, own_share = substring_share(text, told.target), substring_share(text, own)
    quality = Quality(
        specificity=min(1.0, min(len(words) / 25, 1.0) + 0.15 * (not any(mood in text for mood in MOOD))),
        creativity=0.6 if len(set(words)) >= 8 else 0.4,
        content=min(max(len(told.instruction) / 160, 0.3), 0.9),
        visual=max(target_share, own_share),
    )
    ours, theirs = (frozenset(term.lower() for term in terms) for terms in (own, told.target))
    return Verdict(Edges(target_share, own_share, agreement(ours, theirs)), quality)


def substring_share(text: str, terms: Sequence[str]) -> float:
    """Return the share of terms that stand anywhere in a text, inside words too; 0 of no terms."""
    return sum(term.lower() in text for term in terms) / len(terms) if terms else 0.0


@lru_cache(maxsize=2**15)
def term_keys(terms: tuple[str, ...]) -> frozenset[str]:
    """Return terms as a set to compare, without those that hold no word."""
    return keys(terms) - {""}


@lru_cache(maxsize=1)
def motions() -> frozenset[str]:
    """Return the stems of words of motion."""
    return frozenset(map(stem, MOTION))


@lru_cache(maxsize=1)
def moods() -> frozenset[str]:
    """Return the stems of words of mood."""
    return frozenset(map(stem, MOOD))
