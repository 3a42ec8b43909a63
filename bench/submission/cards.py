"""The verifier's own card for a submitted run: nothing that a submission names is ever imported or opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.api import Dataset, Progress, Seen, Task, ignore_progress
from bench.config import plain
from bench.errors import unknown
from bench.io import canonical, digest
from bench.plan import Device, Job, Policy
from bench.pose import load
from bench.rendering import Rendering, arrange
from bench.submission.reasons import RefusalError


@dataclass
class Cards:
    """Cards a verifier trusts: the registered ones and those of card files; loads each one's data once."""

    root: Path | None = None
    files: tuple[Path, ...] = ()
    loaded: dict[str, Dataset] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.own = {card.id: (card, path.parent) for path in self.files if (card := catalogue.task(str(path)))}

    def find(self, name: str) -> tuple[Task, Path | None]:
        """Return the card of an id and the folder its data lie in."""
        if name in self.own:
            return self.own[name]
        registered = catalogue.table("tasks")
        if name not in registered:
            raise RefusalError("unknown-task", str(unknown("task", name, [*self.own, *registered])).rstrip("?"))
        return catalogue.task(name), self.root

    def job(self, told: Mapping[str, Any], place: str) -> Job:
        """Return the job to judge a checked manifest by: the trusted card, and of the run its seed and candidates."""
        card, root = self.find(told["task"]["id"])
        if told["task"]["version"] != card.version:
            found = told["task"]["version"]
            raise RefusalError("card-version", f"{place}: {card.id} version {found}; the card's is {card.version}")
        ours = plain(card)
        if canonical(told["task"]) != canonical(ours):
            keys = sorted(key for key in {*told["task"], *ours} if told["task"].get(key) != ours.get(key))
            raise RefusalError("card-changed", f"{place}: {card.id}: {', '.join(keys)}")
        if (told["policies"]["resamples"], told["policies"]["level"]) != (Policy().resamples, Policy().level):
            raise RefusalError(
                "policy", f"{place}: {told['policies']['resamples']} resamples, {told['policies']['level']}"
            )
        usual = arrange(card, {}, lambda: ("cpu", "float32"))
        check_rendering(told.get("rendering"), usual, place)
        policy = Policy(Seen(told["seen"]))
        job = Job(card, told["system"]["name"], {}, told["seed"], None, policy, Device("cpu"), root, usual)
        check_key(told, place)
        return job

    def data(self, job: Job, told: Mapping[str, Any], place: str, progress: Progress = ignore_progress) -> Dataset:
        """Return the card's data, which must be those the run was asked on."""
        if job.task.id not in self.loaded:
            self.loaded[job.task.id] = load(job, self.root, progress)
        data = self.loaded[job.task.id]
        if told["data"]["fingerprint"] != data.fingerprint:
            found = told["data"]["fingerprint"][:12]
            raise RefusalError("data-fingerprint", f"{place}: {found}; {job.task.id} loads {data.fingerprint[:12]}")
        return data


def check_rendering(told: Mapping[str, Any] | None, usual: Rendering, place: str) -> None:
    """Refuse media made or looked at otherwise than the card says; how many, where and on what is the run's business.

    A run that renders nothing is taken as well: its figures of media are then not judged.
    """
    if told is None:
        if usual.backbones:
            raise RefusalError("rendering-changed", f"{place}: the card's backbones are not named")
        return
    ours = {"generator": usual.generator, "config": plain(usual.config), "backbones": plain(usual.backbones)}
    for name, value in ours.items():
        idle = name in ("generator", "config") and not told.get("generator")
        if canonical(told.get(name)) != canonical(value) and not idle:
            raise RefusalError("rendering-changed", f"{place}: {name} is not the card's")


def check_key(told: Mapping[str, Any], place: str) -> None:
    """Refuse a key that is not the digest of what the manifest tells, where that is all that enters it.

    A system that reads files (checkpoints, base models) has these in its key as well, so it cannot be made again here;
    which systems do is known of registered ones only.
    """
    parts = ("task", "system", "seed", "limit", "seen", "device", "rendering")
    asked = {name: told[name] for name in parts if name in told}
    key = digest({**asked, "data": told["data"]["fingerprint"], "code": told["code"]["asked"]})
    name = told["system"]["name"]
    known = name in catalogue.table("systems") and not hasattr(catalogue.system(name), "files")
    if known and key != told["key"]:
        raise RefusalError("manifest-key", f"{place}: {told['key'][:12]} where the manifest tells {key[:12]}")
