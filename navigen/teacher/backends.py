"""A language model as teacher, behind any text backend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bench.api import Failure
from bench.io import canonical, digest
from bench.lm import Completion, Prompt, Sampling, Spoilt, TextModel
from navigen.teacher.ledger import sampling_row
from navigen.teacher.protocol import Ask, Reply


@dataclass(frozen=True)
class ModelTeacher:
    """Asks a model; asks with equal sampling go together, and equal ones among them once.

    An answer that was cut off is a `Spoilt`, as are those that the backend tells to be of no use. Whoever wants several
    answers to one prompt asks with several seeds.
    """

    model: TextModel

    @cached_property
    def fingerprint(self) -> str:
        """Return the sha256 over what decides the answers."""
        return digest(["model", self.model.fingerprint])

    def answer(self, asks: Sequence[Ask]) -> list[Reply | Failure]:
        """Return a reply an ask, in order; tokens are as the backend counts them, and 0 for an equal ask's copies."""
        groups: dict[str, dict[Prompt, list[int]]] = defaultdict(lambda: defaultdict(list))
        samplings: dict[str, Sampling] = {}
        for place, ask in enumerate(asks):
            name = canonical(sampling_row(ask.sampling))
            samplings[name] = ask.sampling
            groups[name][ask.prompt].append(place)
        found: dict[int, Reply | Failure] = {}
        for name, prompts in groups.items():
            written = self.model.generate(list(prompts), samplings[name])
            for places, completion in zip(prompts.values(), written, strict=True):
                reply = read_completion(completion, samplings[name])
                found.update(dict.fromkeys(places, without_cost(reply)))
                found[places[0]] = reply
        return [found[place] for place in range(len(asks))]


def read_completion(completion: Completion | Failure, sampling: Sampling) -> Reply | Failure:
    """Return a whole completion as a reply; half a one is a `Spoilt`."""
    if isinstance(completion, Failure):
        return completion
    if not completion.finished:
        return Spoilt(f"the reply was cut off after {sampling.tokens} tokens", completion.read, completion.written)
    return Reply(completion.text, completion.read, completion.written)


def without_cost(reply: Reply | Failure) -> Reply | Failure:
    """Return a reply that was paid for elsewhere."""
    if isinstance(reply, Reply):
        return Reply(reply.text)
    return Spoilt(reply.reason, refused=reply.refused) if isinstance(reply, Spoilt) else reply
