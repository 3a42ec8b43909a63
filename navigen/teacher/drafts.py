"""Drafts of an instruction as the search holds them, and how a finished search is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from navigen.teacher.fitness import Marks, Scores

FOUNDERS = ("conservative", "balanced", "exploratory")
CHILDREN = ("crossover", "mutation")
PLAIN: Mapping[str, str] = {
    "conservative": "cautious",
    "balanced": "balanced",
    "exploratory": "bold",
    "crossover": "blended",
    "mutation": "refined",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft: the direction it was written in, its round (0: a founder), its text, and why it is so."""

    direction: str
    round: int
    instruction: str
    why: str

    @property
    def name(self) -> str:
        """Return what the draft is called in plain words ("blended 2")."""
        return f"{PLAIN[self.direction]} {self.round}" if self.round > 1 else PLAIN[self.direction]


@dataclass(frozen=True, slots=True)
class Judged:
    """A draft with its marks, what the judge remarked, and the scores of every time that it was judged."""

    draft: Draft
    marks: Marks
    comment: str
    scores: tuple[Scores, ...]

    def tell(self) -> dict[str, Any]:
        """Return the draft as JSON values; scores are after penalties."""
        draft, marks = self.draft, self.marks
        return {
            "name": draft.name,
            "direction": draft.direction,
            "instruction": draft.instruction,
            "why": draft.why,
            "comment": self.comment,
            "scores": asdict(marks.scores),
            "named": list(marks.named),
            "fitness": marks.fitness,
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found: the best draft, and its rounds as JSON values ("drafts" judged in it, "kept" after it)."""

    best: Judged
    rounds: tuple[Mapping[str, Any], ...]
    calls: int

    @property
    def trace(self) -> dict[str, Any]:
        """Return how it was found, as JSON values."""
        return {"rounds": list(self.rounds), "summary": summarise(self.rounds), "calls": self.calls}


def summarise(rounds: Sequence[Mapping[str, Any]]) -> str:
    """Return a search in plain words: drafts, why they were written, how they were judged, what was kept."""
    lines = []
    for number, one in enumerate(rounds):
        new = [draft for draft in one["drafts"] if draft["name"] not in one["old"]]
        lines.append("At first there were:" if number == 0 else "Then were written:")
        lines += [f"a {draft['name']} draft ({draft['why']}): {draft['instruction']!r}." for draft in new]
        lines += [_verdict(draft) for draft in one["drafts"]]
        lines.append(f"The {one['kept']} draft was the best so far.")
    return "\n".join(lines)


def _verdict(draft: Mapping[str, Any]) -> str:
    scores = ", ".join(f"{name} {value:.1f}" for name, value in draft["scores"].items())
    named = f" It named {', '.join(draft['named'])}, which costs." if draft["named"] else ""
    remark = f" {draft['comment']}" if draft["comment"] else ""
    return f"The {draft['name']} draft got {draft['fitness']:.2f} ({scores}).{remark}{named}"
