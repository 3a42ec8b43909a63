"""NaviGen as a system of the benchmark: a policy, trained here or loaded, that ranks items and writes instructions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

from bench.api import Answer, Context, Kind, Query, Train
from bench.config import plain
from bench.errors import BenchError
from bench.hub import locate
from bench.io import digest, file_sha256
from bench.processes import is_main, only_training
from navigen.checkpoint import FILE, load_policy, read_told, save_policy
from navigen.decode.free import Legality
from navigen.identifiers.catalogue import Identified
from navigen.packages import base_folders
from navigen.pipeline import Making
from navigen.policy import Policy
from navigen.prior.choice import guided
from navigen.recipe import Recipe
from navigen.released import is_released, load_released
from navigen.shipped import SHIPPED, all_shipped, find_shipped
from navigen.teacher.settings import NOBODY
from navigen.train.device import wait_for_all


class Answering:
    """What a system does once it has a policy."""

    label: ClassVar[str]
    context: Context
    policy: Policy | None

    def rank(self, queries: Sequence[Query], k: int) -> Sequence[Answer]:
        """Return a ranking a query; whatever no beam reached ties behind the rest."""
        return self._fitted("rank").answer(queries, k, self.context.progress)

    def instruct(self, queries: Sequence[Query], kind: Kind) -> Sequence[Answer]:
        """Return an instruction a query, or the failure to write one."""
        return self._fitted("instruct").instruct(queries, kind, self.context.progress)

    def noted(self) -> Mapping[str, int]:
        """Return what was counted while answering since the last time; nothing where there is nothing to count."""
        if self.policy is None or not self.policy.legality.prompts:
            return {}
        counts, self.policy.legality = self.policy.legality.counts(), Legality()
        return counts

    def _fitted(self, verb: str) -> Policy:
        if self.policy is None:
            raise BenchError(f"{self.label}: {verb} was called before fit; call fit(train) first")
        return self.policy


@dataclass
class Tuned(Recipe, Answering):
    """A policy with its training: what NaviGen and the baselines that share base, budget and prompts have in common.

    `checkpoint`: a folder that `navibench train` wrote, or one in the released format (`navigen.released`), or
    hub:OWNER/NAME@COMMIT for either, fetched before (`bench.hub`);
    "shipped": the one that comes with the source tree for this task's items; "": train here, resuming what was begun.
    """

    checkpoint: str = ""
    context: Context = field(default_factory=Context, kw_only=True)
    policy: Policy | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse to rank by a head that nothing trains."""
        super().__post_init__()
        if self.ranker == "residual" and not self.residual and not self.checkpoint:
            raise BenchError(
                f"{self.label}.ranker=residual: there is no residual head; train with {self.label}.residual=1"
            )

    def fit(self, train: Train) -> None:
        """Load the checkpoint, or train and keep it in the work folder; then count the prior, if there is one."""
        self.learn(train)
        if self._fitted("fit").by_head:
            self._fitted("fit").head()
        self.policy = guided(self._fitted("fit"), train, self.context)

    def learn(self, train: Train) -> None:
        """Load the checkpoint, or train and keep it in the work folder."""
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
        work = self.context.work
        made = "" if work is None else self.made_of(train)
        if work is not None and (work / "policy" / FILE).exists() and read_told(work / "policy").get("made") == made:
            self.policy = load_policy(work / "policy", train, self, self.context.device)
            return
        self.policy, done = self.trained(train)
        if work is not None:
            told: dict[str, Any] = {"made": made, "seed": self.context.seed, "dtype": self.context.dtype, **done}
            if is_main():
                save_policy(self.policy, self, work / "policy", told)
            wait_for_all()
            self.policy.source = str(work / "policy")

    def trained(self, train: Train) -> tuple[Policy, dict[str, Any]]:
        """Return a new policy and what its stages did."""
        return Making(self, train, self.context).run()

    def made_of(self, train: Train, leave: Iterable[str] = ()) -> str:
        """Return the sha256 over all that a policy is made of: settings but those to `leave`, data, base and seed."""
        leave = {*self.answering, "checkpoint", *leave}
        values = {name: value for name, value in plain(self).items() if name not in leave}
        files = [
            [path.name, file_sha256(path)] for place in self.files(plain(self)) for path in sorted(files_in(place))
        ]
        asked = [[example.query.history, example.targets] for example in train.validation]
        items: list[Any] = [Identified.of(train.items, None).digest()]
        if self.teacher.name != NOBODY:  # who reads more of an item than its terms and title
            items += [[name, one.caption, plain(one.attributes)] for name, one in sorted(train.items.items())]
        context = [self.context.seed, self.context.dtype]
        return digest([self.label, values, files, context, items, sorted(train.sequences.items()), asked])

    @classmethod
    def files(cls, config: Mapping[str, Any]) -> Iterable[Path]:
        """Return the folders and files outside the source code that decide what the system answers."""
        if config["checkpoint"] == SHIPPED:
            return all_shipped()
        if config["checkpoint"]:
            folders = [locate(config["checkpoint"])]
        else:
            folders = [*base_folders(config["base"]), *([Path(config["sentences"])] if config["sentences"] else [])]
        return [*folders, Path(config["prompts"])] if config["prompts"] else folders


def files_in(place: Path) -> list[Path]:
    """Return a file itself, or the files of a folder."""
    return [path for path in place.iterdir() if path.is_file()] if place.is_dir() else [place]
