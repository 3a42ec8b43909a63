"""The one thought that leads to an instruction, written after the search, held to its rules, and corrected once.

Departure from the released code: all rules are checked (`navigen.teacher.rules`); a correction that breaks one is asked
for again, and in the end is a failure. Released: any word with a capital "I" passes for the first person, other rules
are only told.
"""

from __future__ import annotations

from collections.abc import Sequence

from bench.api import Failure
from navigen.teacher.asking import make_ask, sample_facts, sample_texts
from navigen.teacher.drafts import Found
from navigen.teacher.protocol import Ask, Desk
from navigen.teacher.reading import no_refusal, read_object, read_text
from navigen.teacher.rules import find_faults, find_secrets
from navigen.teacher.sample import Sample

LONGEST = 2000  # letters that are read at all
WORDS = 160


def write_thoughts(
    samples: Sequence[Sample],
    terms: Sequence[Sequence[str]],
    reasons: Sequence[str],
    found: Sequence[Found],
    desk: Desk,
    seed: int = 0,
) -> list[str | Failure]:
    """Return a thought a sample, in order, each with 1 call, or 2 where a rule was broken at first.

    A correction that breaks a rule is a reply of no use to the desk: it is not kept, and asked for again.
    """
    asks = [
        _ask(sample, own, reason, one, seed)
        for sample, own, reason, one in zip(samples, terms, reasons, found, strict=True)
    ]
    thoughts: list[str | Failure] = desk.ask(asks, read_thought) if asks else []
    broken: dict[int, list[str]] = {}
    for place, thought in enumerate(thoughts):
        if isinstance(thought, str) and (faults := check(thought, samples[place], terms[place])):
            broken[place] = faults
    again = [_ask_again(asks[place], str(thoughts[place]), faults, seed) for place, faults in broken.items()]
    about = {samples[place].id: (samples[place], terms[place]) for place in broken}

    def read_corrected(ask: Ask, text: str) -> str:
        thought = read_thought(ask, text)
        if faults := check(thought, *about[ask.sample]):
            raise ValueError(f"the corrected thought breaks rules: {'; '.join(faults)}")
        return thought

    corrected = desk.ask(again, read_corrected) if again else []
    for place, text in zip(broken, corrected, strict=True):
        thoughts[place] = text
    return thoughts


def check(thought: str, sample: Sample, terms: Sequence[str]) -> list[str]:
    """Return which rules a thought breaks, in words; [] if none."""
    texts = [f"{item.title} {item.caption}" for item in (*sample.history, sample.target)]
    return [*find_faults(thought, terms, WORDS), *find_secrets(thought, sample.target, terms, [*texts, *terms])]


def read_thought(_: Ask, text: str) -> str:
    """Return the thought of a reply; its lines are kept, because a list is a broken rule and not a broken reply."""
    return no_refusal(read_text(read_object(text, ("thought",))["thought"], "thought", LONGEST, lines=True), "thought")


def _ask(sample: Sample, terms: Sequence[str], reason: str, found: Found, seed: int) -> Ask:
    summary = found.trace["summary"]
    facts = {**sample_facts(sample, terms), "reason": reason, "summary": summary, "rounds": list(found.rounds)}
    texts = {**sample_texts(facts), "reason": reason, "summary": summary, "terms": ", ".join(terms)}
    return make_ask("distil", sample.id, seed, facts, texts)


def _ask_again(first: Ask, thought: str, faults: Sequence[str], seed: int) -> Ask:
    facts = {**first.facts, "thought": thought, "faults": list(faults)}
    texts = {
        "thought": thought,
        "faults": "\n".join(f"- {fault}" for fault in faults),
        "terms": ", ".join(facts["target"]["terms"]),
    }
    return make_ask("rewrite", first.sample, seed, facts, texts)
