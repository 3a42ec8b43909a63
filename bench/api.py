"""The whole vocabulary on one page: tasks ask, systems answer, scorers judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, ClassVar, Protocol

Setting = str | int | float | bool


class Kind(StrEnum):
    """What a task asks for."""

    NEXT_ITEM = "next-item"
    IMAGE = "image"
    VIDEO = "video"


class Seen(StrEnum):
    """Whether items of the history stay candidates (`keep`) or may not be answered (`mask`)."""

    KEEP = "keep"
    MASK = "mask"


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a catalogue; text fields are empty and media None where the source has none.

    `attributes`: slot -> accepted wordings of its value, the usual first, or tags; "terms": see bench/terms.py.
    """

    id: str
    title: str = ""
    caption: str = ""
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    image: Path | None = None
    clip: Path | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """All that a system may see of a case: `history` oldest first; `exclude` may not be answered."""

    id: str
    user: str
    history: tuple[str, ...]
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Example:
    """A query with its truth; never crosses to a system outside validation. More than one target = next basket."""

    query: Query
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Train:
    """What a system learns from: full catalogue, training events a user (oldest first), validation; sorted by id."""

    items: Mapping[str, Item]
    sequences: Mapping[str, tuple[str, ...]]
    validation: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A loaded task: training part, test examples, sha256 over both, and where every byte came from."""

    train: Train
    examples: tuple[Example, ...]
    fingerprint: str
    provenance: Mapping[str, Setting]


@dataclass(frozen=True, slots=True)
class Ranking:
    """Items best first, as a sequence of tied groups.

    `ties` gives the group sizes in order and sums to `len(items)`; empty means a strict order. `rest` is how many
    unlisted candidates all tie behind the listed items (0: unlisted items are not ranked at all). Rank credit
    under ties is the expectation over random order, so a system never has to break a tie by luck.
    """

    items: tuple[str, ...]
    ties: tuple[int, ...] = ()
    rest: int = 0


@dataclass(frozen=True, slots=True)
class Instruction:
    """Text that a generator can execute, and the ordered terms it stands on."""

    text: str
    terms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Media:
    """A file made by a system that creates media itself."""

    path: Path


@dataclass(frozen=True, slots=True)
class Failure:
    """No answer, as a value: it stays in the denominator, is counted and shown."""

    reason: str


Answer = Ranking | Instruction | Media | Failure
Progress = Callable[[str, int, int], None]


def ignore_progress(stage: str, done: int, total: int) -> None:
    """Report progress to nobody."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a run gives a system with a field `context`: `work` for checkpoints, `shared` for stages that other systems
    of the same code may take up, `replies` for what other programs said, which holds for any code."""

    seed: int = 0
    work: Path | None = None
    shared: Path | None = field(default=None, kw_only=True)
    replies: Path | None = field(default=None, kw_only=True)
    device: str = "cpu"
    dtype: str = "float32"
    progress: Progress = ignore_progress


class Learner(Protocol):
    """What every system does first."""

    def fit(self, train: Train) -> None:
        """Learn from the training part only."""


class Ranker(Learner, Protocol):
    """Answers next-item tasks."""

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return one answer a query, at least `k` deep where the catalogue allows, in the order of `queries`."""


class Instructor(Learner, Protocol):
    """Writes instructions for image and video tasks."""

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return one answer a query, in the order of `queries`."""


class Generator(Protocol):
    """Executes instructions. A dataclass whose fields are its settings; `suffix` is that of its files (".png")."""

    kind: ClassVar[Kind]
    suffix: ClassVar[str]

    @property
    def fingerprint(self) -> str:
        """The sha256 over everything that decides the pixels: settings, weights, versions."""

    def render(self, prompts: Sequence[str], seeds: Sequence[int]) -> Sequence[Any]:
        """Return bytes [frames, height, width, 3], or a Failure, a prompt; neighbours change nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """An example with the answer a system gave, and what was rendered of it (None: nothing was to be)."""

    example: Example
    answer: Answer
    media: Path | Failure | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """All cases of a run, the training part they are judged against, models that look (settings by role), the kind."""

    rows: tuple[Case, ...]
    train: Train
    backbones: Mapping[str, Mapping[str, Setting]] = field(default_factory=dict)
    kind: Kind = Kind.IMAGE


class Judge(Protocol):
    """What judges, of cases or of a run."""

    @property
    def higher_is_better(self) -> bool | None:
        """Whether more is better; None: neither, the figure describes."""


class Scorer(Judge, Protocol):
    """Judges every case by itself; None = could not judge (never a stand-in for bad). Failures score 0.

    One that looks at media has a true attribute `of_media`: what was not to be rendered is not judged.
    """

    def __call__(self, cases: Cases) -> Sequence[float | None]:
        """Return one score a case, in the order of `cases.rows`."""


class Statistic(Judge, Protocol):
    """A figure only the whole run has (catalogue coverage): no case owns a share of it."""

    def measure(self, cases: Cases) -> float | None:
        """Return the figure; None if too few cases can be judged for it to mean something."""


@dataclass(frozen=True, slots=True)
class Data:
    """Where a task's data come from: a loader "module:function" and its keyword options, all part of a run's key.

    The loader is called as `loader(root, **options) -> Dataset`, and with `progress` if it has such a parameter.
    """

    loader: str
    options: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Task:
    """A pure data card: what is asked, of which data, judged how, under which licence.

    `depth`: items a ranking is asked for, at least the scorers' largest k. `fingerprint`: its data's, others are asked
    with a warning ("": any). `generator` executes instructions ("": none are). `backbones`: role -> model that looks.
    """

    id: str
    kind: Kind
    data: Data
    scorers: tuple[str, ...]
    primary: str
    version: str
    licence: str
    source: str
    notes: str = ""
    seen: Seen = Seen.KEEP
    depth: int = 50
    fingerprint: str = ""
    generator: str = ""
    backbones: Mapping[str, str] = field(default_factory=dict)
