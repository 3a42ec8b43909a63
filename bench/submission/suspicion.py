"""What no honest system does: know the target beforehand, or repeat its words to a user who never met it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from bench.api import Answer, Dataset, Example, Instruction, Item, Ranking
from bench.submission.reasons import RefusalError
from bench.terms import item_terms, keys
from bench.words import tokens

FEWEST = 20  # cases below which a share says nothing
HITS = 0.9
"""Share of cases whose first item is a target; the best possible systems of the planted worlds stay below 0.3."""
CAPTIONS = 0.3
TERMS = 0.9
LONG = 4  # words of a caption below which anybody may say it
SUSPICIOUS = {
    "rank-1 hits": (HITS, "suspicious-hits", " cases"),
    "captions": (CAPTIONS, "suspicious-captions", ""),
    "terms": (TERMS, "suspicious-terms", ""),
}


def look(data: Dataset, examples: Sequence[Example], answers: Mapping[str, Answer]) -> dict[str, tuple[float, int]]:
    """Return the shares that were looked at, each with the cases it is of.

    Captions and terms count only where no target is in the user's history: a system that repeats what the user liked is
    not suspected.
    """
    ranked = [(example, answer) for example in examples if isinstance(answer := answers.get(example.query.id), Ranking)]
    said = [
        (example, answer) for example in examples if isinstance(answer := answers.get(example.query.id), Instruction)
    ]
    found: dict[str, tuple[float, int]] = {}
    if len(ranked) >= FEWEST:
        hits = sum(is_hit(answer, example.targets) for example, answer in ranked)
        found["rank-1 hits"] = hits / len(ranked), len(ranked)
    items = data.train.items
    unmet = [(example, answer) for example, answer in said if not set(example.targets) & set(example.query.history)]
    if len(unmet) >= FEWEST:
        bags = {name: bag(item.caption) for name, item in items.items()}
        copied = sum(
            _copies(bag(answer.text), (bags[name] for name in example.targets if name in bags))
            for example, answer in unmet
        )
        found["captions"] = copied / len(unmet), len(unmet)
        same = sum(_same_terms(answer, example, items) for example, answer in unmet)
        found["terms"] = same / len(unmet), len(unmet)
    return found


def suspicions(shares: Mapping[str, tuple[float, int]], place: str) -> Iterator[RefusalError]:
    """Yield shares above their limits."""
    for name, (limit, code, of) in SUSPICIOUS.items():
        share, count = shares.get(name, (0.0, 0))
        if share > limit:
            yield RefusalError(code, f"{place}: {share:.0%} of {count:,}{of}; the limit is {limit:.0%}")


def is_hit(answer: Ranking, targets: Sequence[str]) -> bool:
    """Return whether a target stands first, alone."""
    return bool(answer.items) and (not answer.ties or answer.ties[0] == 1) and answer.items[0] in targets


def bag(text: str) -> frozenset[str]:
    """Return the words of a text, whatever their order, case and punctuation."""
    return frozenset(tokens(text))


def _copies(said: frozenset[str], captions: Iterable[frozenset[str]]) -> bool:
    """Return whether a text holds every word of a caption that is long enough to be one, and not much else."""
    return any(len(caption) >= LONG and caption <= said and len(said) <= 3 * len(caption) for caption in captions)


def _same_terms(answer: Instruction, example: Example, items: Mapping[str, Item]) -> bool:
    given = keys(answer.terms)
    return bool(given) and any(given == keys(item_terms(items[name])) for name in example.targets if name in items)
