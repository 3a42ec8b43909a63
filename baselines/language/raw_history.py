"""Raw-history prompting: a language model as it is reads titles and captions of the history; nothing is trained.

It ranks by the likelihood of titles, constrained to those of the catalogue, and writes the instruction freely. With
`shots` it first sees that many other users, never the one who is asked: their history, and what they took next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from bench.api import Context, Kind, Train
from bench.rng import hash_order
from navigen.corpus import OPENINGS
from navigen.identifiers.catalogue import Identified
from navigen.packages import base_folders, find_base
from navigen.pipeline import make_base
from navigen.policy import Policy
from navigen.prior.choice import guided
from navigen.recipe import Speaking
from navigen.shots import Shots, Turns
from navigen.system import Answering

PREFIX = '{"target_ins":"'  # a base that was never tuned is not asked to guess the form of its answer


@dataclass
class RawHistory(Speaking, Answering):
    """Asks a base for the next title, or for an instruction, after the titles and captions of the last items."""

    history: int = 10
    beams: int = 8
    shots: int = 0
    context: Context = field(default_factory=Context, kw_only=True)
    policy: Policy | None = field(default=None, init=False, repr=False, compare=False)

    label: ClassVar[str] = "raw-history"
    least: ClassVar[Mapping[str, int]] = {**Speaking.least, "shots": 0}

    def fit(self, train: Train) -> None:
        """Load the base and read the catalogue; few-shot examples are other training users, chosen by hash."""
        model, tokenizer, source = None, None, self.base
        if self.backend != "openai":
            model, tokenizer = make_base(self, train, self.context.seed)
            model.to(self.context.device).eval()
            source, _ = find_base(self.base, self.base_file)
        identified = Identified.of(train.items, None)
        shots = Shots({kind: self.examples(train, identified, kind) for kind in Kind}, self.shots)
        policy = Policy(model, tokenizer, identified, self, shots, PREFIX, source)
        self.policy = guided(policy, train, self.context)

    def examples(self, train: Train, identified: Identified, kind: Kind) -> dict[str, Turns]:
        """Return the turns of users, one more than shots: what they had, and what they took next or how to show it."""
        if not self.shots:
            return {}
        users = [user for user in sorted(train.sequences) if len(train.sequences[user]) > 1]
        found: dict[str, Turns] = {}
        for place in hash_order(users, f"shots {self.context.seed}")[: self.shots + 1]:
            *before, last = identified.known(train.sequences[users[place]], self.history + 1)
            if kind is Kind.NEXT_ITEM:
                asked, answer = self.renderer.ask_next(before), self.renderer.answer_next(last)
            else:
                asked = self.renderer.ask_instruction(before, kind)
                answer = self.renderer.answer_instruction(last, f"{OPENINGS[kind]} {last.text}")
            found[users[place]] = (*asked.messages[1:], ("assistant", answer))
        return found

    @classmethod
    def files(cls, config: Mapping[str, Any]) -> Iterable[Path]:
        """Return the folder of the base, where it is one."""
        return [] if config["backend"] == "openai" else base_folders(config["base"])
