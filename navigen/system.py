"""NaviGen as a system of the benchmark: a policy, trained here or loaded, that ranks items and writes instructions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from bench.api import Answer, Context, Kind, Query, Train
from bench.config import plain
from bench.errors import BenchError
from bench.hub import locate
from bench.io import digest, file_sha256
from bench.needs import Need
from bench.processes import is_main, number, only_training
from navigen.needs import needs_of
from navigen.packages import base_folders
from navigen.recipe import Recipe
from navigen.shipped import SHIPPED, all_shipped, find_shipped

if TYPE_CHECKING:  # a system is planned and looked at by many who never compute with it
    from navigen.policy import Policy


class Answering:
    """What a system does once it has a policy."""

    label: ClassVar[str]
    context: Context
    policy: Any

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return a ranking a query; whatever no beam reached ties behind the rest."""
        answers: Sequence[Answer] = self._fitted("rank").answer(queries, k, self.context.progress)
        return answers

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return an instruction a query, or the failure to write one."""
        answers: Sequence[Answer] = self._fitted("instruct").instruct(queries, kind, self.context.progress)
        return answers

    def noted(self) -> Mapping[str, int]:
        """Return what was counted while answering since the last time; nothing where there is nothing to count."""
        if self.policy is None or not self.policy.legality.prompts:
            return {}
        from navigen.decode.free import Legality

        counts: Mapping[str, int] = self.policy.legality.counts()
        self.policy.legality = Legality()
        return counts

    def _fitted(self, verb: str) -> Policy:
        if self.policy is None:
            raise BenchError(f"{self.label}: {verb} was called before fit; call fit(train) first")
        policy: Policy = self.policy
        return policy


@dataclass
class Tuned(Recipe, Answering):
    """A policy with its training: what NaviGen and the baselines that share base, budget and prompts have in common.

    `checkpoint`: a folder that `navibench train` wrote, or one in the released format (`navigen.released`), or
    hub:OWNER/NAME@COMMIT for either, fetched before (`bench.hub`);
    "shipped": the one that comes with the source tree for this task's items; "": train here, resuming what was begun.
    """

    checkpoint: str = ""
    context: Context = field(default_factory=Context, kw_only=True)
    policy: Any = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse to rank as nothing trains it to."""
        super().__post_init__()
        if self.ranker == "residual" and not self.residual and not self.loaded:
            raise BenchError(
                f"{self.label}.ranker=residual: there is no residual head; train with {self.label}.residual=1"
            )
        if self.ranks_directly and self.think and not self.embed_epochs and not self.loaded:
            raise BenchError(
                f"{self.label}.ranks_directly: the first stage teaches it; set {self.label}.embed_epochs above 0"
            )

    @property
    def loaded(self) -> bool:
        """Whether a finished policy is loaded, whose training is as it was."""
        return bool(self.checkpoint)

    def fit(self, train: Train) -> None:
        """Load the checkpoint, or train and keep it in the work folder; then count the prior, if there is one."""
        from navigen.prior.choice import guided

        self.learn(train)
        policy = self._fitted("fit")
        if policy.by_head:
            policy.head()
        self.policy = guided(policy, train, self.context)

    def learn(self, train: Train) -> None:
        """Load the checkpoint, or train and keep it in the work folder."""
        from navigen.checkpoint import load_policy
        from navigen.released import is_released, load_released

        if self.checkpoint:
            known = (self.label, *self.accepts)
            folder = find_shipped(known, train) if self.checkpoint == SHIPPED else locate(self.checkpoint)
            load = load_released if is_released(folder) else load_policy
            self.policy = load(folder, train, self, self.context.device)
            return
        if self.backend == "openai":
            raise BenchError(f"{self.label}.backend=openai: a server has a model of its own; only raw-history asks one")
        with only_training(self.context.work, self.context.progress):
            self.make(train)

    def make(self, train: Train) -> None:
        """Train, or take up what another run has trained, and keep the policy in the work folder.

        Processes that were launched together train as one and end with the same policy; the first writes it.
        """
        from navigen.checkpoint import FILE, load_policy, read_told, save_policy
        from navigen.train.device import wait_for_all

        work = self.context.work
        made = "" if work is None else self.made_of(train)
        if work is not None and (work / "policy" / FILE).exists() and read_told(work / "policy").get("made") == made:
            self.policy = load_policy(work / "policy", train, self, self.context.device)
            return
        self.policy, done = self.trained(train)
        if work is not None:
            told: dict[str, Any] = {"made": made, "seed": self.context.seed, "dtype": self.context.dtype, **done}
            told["by"] = {"processes": number(), "device": self.context.device, "packages": versions()}
            if is_main():
                save_policy(self.policy, self, work / "policy", told)
            wait_for_all()
            self.policy.source = str(work / "policy")

    def trained(self, train: Train) -> tuple[Policy, dict[str, Any]]:
        """Return a new policy and what its stages did."""
        from navigen.pipeline import Making

        return Making(self, train, self.context).run()

    def foresee(self, train: Train) -> list[str]:
        """Return a line a stage of training: what it will ask of others, and what it will compute."""
        from navigen.estimate import foresee

        return list(foresee(self, train))

    def made_of(self, train: Train, leave: Iterable[str] = ()) -> str:
        """Return the sha256 over all that a policy is made of: settings but those to `leave`, data, base and seed."""
        from navigen.identifiers.catalogue import Identified

        leave = {*self.answering, "checkpoint", *leave}
        values = {name: value for name, value in self.decisive().items() if name not in leave}
        files = [
            [path.name, file_sha256(path)] for place in self.files(plain(self)) for path in sorted(files_in(place))
        ]
        asked = [[example.query.history, example.targets] for example in train.validation]
        items: list[Any] = [Identified.of(train.items, None).digest()]
        # Teachers, sentence encoders, given codes and a catalogue's own tokenizer read more than terms and titles.
        items += [[name, one.caption, plain(one.attributes)] for name, one in sorted(train.items.items())]
        context = [self.context.seed, self.context.dtype]
        return digest([self.label, values, files, context, items, sorted(train.sequences.items()), asked])

    def decisive(self) -> dict[str, Any]:
        """Return the settings without those of how a server is reached and what it may cost."""
        return {**plain(self), "teacher": self.teacher.identity()}

    @classmethod
    def needs(cls, config: Mapping[str, Any]) -> Iterable[Need]:
        """Return what must be there before it can be trained and asked: models, servers, packages, memory."""
        return needs_of(cls.label, config)

    @classmethod
    def files(cls, config: Mapping[str, Any]) -> Iterable[Path]:
        """Return the folders and files outside the source code that decide what the system answers."""
        if config["checkpoint"] == SHIPPED:
            return all_shipped()
        if config["checkpoint"]:
            folders = [locate(config["checkpoint"])]
        else:
            reader, vectors = config["sentences"], config.get("vectors")
            folders = [*base_folders(config["base"]), *([locate(reader)] if reader else [])]
            folders += [Path(vectors)] if vectors else []
        return [*folders, Path(config["prompts"])] if config["prompts"] else folders


def versions() -> dict[str, str]:
    """Return the packages that a training's last bits depend on, with their versions."""
    return {name: version(name) for name in ("accelerate", "peft", "torch", "transformers")}


def files_in(place: Path) -> list[Path]:
    """Return a file itself, or the files of a folder."""
    return [path for path in place.iterdir() if path.is_file()] if place.is_dir() else [place]
