"""The verifier's own card for a submitted run: nothing that a submission names is ever imported or opened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
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

    def find(self, name: str) -> tuple[Task, Path | None] | None:
        """Return the card of an id and the folder its data lie in, None if no card is of this id."""
        if name in self.own:
            return self.own[name]
        return (catalogue.task(name), self.root) if name in catalogue.table("tasks") else None

    def faults(self, told: Mapping[str, Any], place: str) -> Iterator[RefusalError]:
        """Yield why a whole manifest is not of a trusted card, its policy and rendering, or of its own key."""
        found = self.find(told["task"]["id"])
        if found is None:
            names = [*self.own, *catalogue.table("tasks")]
            yield RefusalError("unknown-task", str(unknown("task", told["task"]["id"], names)).rstrip("?"))
        elif (stated := told["task"]["version"]) != found[0].version:
            card = found[0]
            yield RefusalError("card-version", f"{place}: {card.id} version {stated}; the card's is {card.version}")
        elif canonical(told["task"]) != canonical(ours := plain(found[0])):
            keys = sorted(key for key in {*told["task"], *ours} if told["task"].get(key) != ours.get(key))
            yield RefusalError("card-changed", f"{place}: {found[0].id}: {', '.join(keys)}")
        else:
            yield from rendering_faults(told.get("rendering"), usual_rendering(found[0]), place)
        if (told["policies"]["resamples"], told["policies"]["level"]) != (Policy().resamples, Policy().level):
            yield RefusalError(
                "policy", f"{place}: {told['policies']['resamples']} resamples, {told['policies']['level']}"
            )
        yield from key_faults(told, place)

    def job(self, told: Mapping[str, Any]) -> Job:
        """Return the job to judge a manifest of a known card by: the card's own, but for seed and candidates."""
        found = self.find(told["task"]["id"])
        assert found is not None
        card, root = found
        policy = Policy(Seen(told["seen"]))
        rendering = usual_rendering(card)
        return Job(card, told["system"]["name"], {}, told["seed"], None, policy, Device("cpu"), root, rendering)

    def data(self, job: Job, progress: Progress = ignore_progress) -> Dataset:
        """Return the card's data."""
        if job.task.id not in self.loaded:
            self.loaded[job.task.id] = load(job, self.root, progress)
        return self.loaded[job.task.id]


def usual_rendering(card: Task) -> Rendering:
    """Return how a card's media are made and looked at."""
    return arrange(card, {}, lambda: ("cpu", "float32"))


def data_faults(told: Mapping[str, Any], job: Job, data: Dataset, place: str) -> Iterator[RefusalError]:
    """Yield a fingerprint that is not that of the card's data."""
    if (found := told["data"]["fingerprint"]) != data.fingerprint:
        loaded = f"{job.task.id} loads {data.fingerprint[:12]}"
        yield RefusalError("data-fingerprint", f"{place}: {found[:12]}; {loaded}")


def rendering_faults(told: Mapping[str, Any] | None, usual: Rendering, place: str) -> Iterator[RefusalError]:
    """Yield what media were made or looked at otherwise than the card says.

    How many, where and on what is the run's business. A run that renders nothing is taken as well: its figures of media
    are then not judged.
    """
    if told is None:
        if usual.backbones:
            yield RefusalError("rendering-changed", f"{place}: the card's backbones are not named")
        return
    ours = {"generator": usual.generator, "config": plain(usual.config), "backbones": plain(usual.backbones)}
    for name, value in ours.items():
        idle = name in ("generator", "config") and not told.get("generator")
        if canonical(told.get(name)) != canonical(value) and not idle:
            yield RefusalError("rendering-changed", f"{place}: {name} is not the card's")


def key_faults(told: Mapping[str, Any], place: str) -> Iterator[RefusalError]:
    """Yield a key that is not the digest of what the manifest tells, where that is all that enters it.

    A system that reads files (checkpoints, base models) has these in its key as well, so it cannot be made again here;
    which systems do is known of registered ones only.
    """
    parts = ("task", "system", "seed", "limit", "seen", "device", "rendering")
    asked = {name: told[name] for name in parts if name in told}
    key = digest({**asked, "data": told["data"]["fingerprint"], "code": told["code"]["asked"]})
    name = told["system"]["name"]
    known = name in catalogue.table("systems") and not hasattr(catalogue.system(name), "files")
    if known and key != told["key"]:
        yield RefusalError("manifest-key", f"{place}: {told['key'][:12]} where the manifest tells {key[:12]}")
