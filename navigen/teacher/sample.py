"""What a teacher teaches: a history with what followed it, how it is to be taught, and the lesson that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bench.api import Item, Kind
from bench.errors import BenchError, unknown

CONCEAL = ("title", "terms", "released", "off")
SEARCH = ("evolve", "single")
KEEP = ("best", "mean", "released")


@dataclass(frozen=True, slots=True)
class Sample:
    """A history, oldest first, the item that followed it, and what is to be made of it; `id` is unique."""

    id: str
    history: tuple[Item, ...]
    target: Item
    kind: Kind


@dataclass(frozen=True, slots=True)
class Lesson:
    """What a student learns of a sample; texts are empty where its kind or the settings ask for none.

    `terms`: of the target. `reason`: the thought before the next item. `instruction` and `thought`: for pictures and
    clips, with the fitness of the instruction (None: there is none). `trace`: how it was found, as JSON values:
    drafts with scores and what was kept ("rounds"), in plain words ("summary"), and the calls it took ("calls").
    """

    sample: Sample
    terms: tuple[str, ...]
    reason: str = ""
    instruction: str = ""
    thought: str = ""
    fitness: float | None = None
    trace: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Teaching:
    """How is taught. `rounds` of crossover and mutation; `search`: evolve, or single (one draft, judged once).

    `conceal`: what an instruction may not name (`navigen.teacher.fitness`). `keep`: best (the best draft so far, with
    its first score), mean (it is judged anew each round, and the mean of its scores counts, against every draft so far)
    or released (it is judged anew, the last score counts, and it may be lost). `shuffle`: candidates stand before the
    judge in an order drawn for each sample. `thoughts`: reasons and thoughts are written too. Released settings are
    Teaching(conceal="released", keep="released", shuffle=False).
    """

    rounds: int = 1
    search: str = "evolve"
    conceal: str = "title"
    keep: str = "best"
    shuffle: bool = True
    thoughts: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value, choices in (
            ("search", self.search, SEARCH),
            ("conceal", self.conceal, CONCEAL),
            ("keep", self.keep, KEEP),
        ):
            if value not in choices:
                raise unknown(f"teaching.{name}", value, choices)
        if self.rounds < 0:
            raise BenchError(f"teaching.rounds: expected 0 or more, got {self.rounds}")
