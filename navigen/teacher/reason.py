"""The thought before the next item, written by a teacher who knows what came, and checked.

Departure from the released code: it is held to its form (first person, one paragraph, a length, the target named at its
end), where any text was taken; what breaks it is asked for again.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.api import Failure
from navigen.teacher.asking import make_ask, sample_facts, sample_texts
from navigen.teacher.protocol import Ask, Desk
from navigen.teacher.reading import no_refusal, read_object, read_text
from navigen.teacher.rules import find_faults
from navigen.teacher.sample import Sample

LONGEST = 1200  # letters
WORDS = 120


def write_reasons(
    samples: Sequence[Sample], terms: Sequence[Sequence[str]], desk: Desk, seed: int = 0
) -> list[str | Failure]:
    """Return a reason a sample, in order; `terms` are those of the targets."""
    asks = []
    for sample, own in zip(samples, terms, strict=True):
        facts = sample_facts(sample, own)
        asks.append(make_ask("reason", sample.id, seed, facts, sample_texts(facts)))
    return desk.ask(asks, read_reason) if asks else []


def read_reason(ask: Ask, text: str) -> str:
    """Return the reason of a reply, or raise ValueError if it breaks a rule or is a refusal.

    That the target is named early is no fault here: what recurs in a history may well be what it is.
    """
    reason = read_text(read_object(text, ("reason",))["reason"], "reason", LONGEST, lines=True)
    no_refusal(reason, "reason")
    if faults := find_faults(reason, ask.facts["target"]["terms"], most=WORDS):
        raise ValueError("; ".join(faults))
    return reason
