"""From what a user names to a list of jobs, with every name, setting and capability checked before work starts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.api import Context, Kind, Seen, Task
from bench.asked import check_asked, merged, nest
from bench.backbones.identity import Identity, find_clashes, judges_of
from bench.cards import check_card, with_options
from bench.config import build, flat, parse_assignments, parts, plain, settings
from bench.errors import BenchError, unknown
from bench.io import canonical
from bench.listing import Suite
from bench.rendering import Rendering, arrange, is_rendering
from bench.stats.resampling import FEWEST_DRAWS

ANSWERS = {Kind.NEXT_ITEM: "rank", Kind.IMAGE: "instruct", Kind.VIDEO: "instruct"}
DEVICES = ("auto", "cpu", "cuda")
SHARED = ("policy", "device", "data", "system")  # sections of settings that are no system's name
LEARNING = ("torch", "lm")  # extras whose systems compute on a device


@dataclass(frozen=True, slots=True)
class Policy:
    """How figures are made: `seen` overrides the card's rule; resamples and level are the interval's (BCa).

    `same_judge`: a system may be evaluated by the model that rewarded it; the run says so.
    """

    seen: Seen | None = None
    resamples: int = 10_000
    level: float = 0.95
    same_judge: bool = False


@dataclass(frozen=True, slots=True)
class Device:
    """Where systems compute: "auto" takes a CUDA device if there is one and says in the run which it was."""

    name: str = "auto"
    dtype: str = "float32"


@dataclass(frozen=True)
class Job:
    """One run to make: a task, a system with its settings, a seed.

    `root` is where a card file lies, and its data with it; a registered task's data lie under the user's data root.
    `judges`: the models that reward the system, none for most.
    """

    task: Task
    system: str
    config: Any
    seed: int
    limit: int | None
    policy: Policy
    device: Device
    root: Path | None = None
    rendering: Rendering = field(default_factory=Rendering)
    judges: tuple[Identity, ...] = ()

    @cached_property
    def target(self) -> str:
        """Where the system's class is."""
        return catalogue.entry("systems", self.system).target

    @property
    def seen(self) -> Seen:
        """Whether history items stay candidates."""
        return self.policy.seen or self.task.seen

    @property
    def packages(self) -> tuple[str, ...]:
        """Top-level packages of the loader, the system, the generator and the scorers."""
        targets = [catalogue.scorer_entry(name).target for name in self.task.scorers]
        if self.rendering.generator:
            targets.append(catalogue.entry("generators", self.rendering.generator).target)
        targets += [self.target, self.task.data.loader]
        return tuple(sorted({target.partition(":")[0].split(".")[0] for target in targets}))

    @property
    def changed(self) -> dict[str, Any]:
        """Settings that are not the system's defaults; those of a part as `part.name`."""
        usual = flat(plain(configure(self.system, {})))
        told = flat(plain(self.config))  # of a part whose names are free, a default may hold none
        return {name: value for name, value in told.items() if name not in usual or value != usual[name]}

    @property
    def label(self) -> str:
        """Return a short name for progress and messages."""
        return f"{self.task.id} · {self.system}" + (f" · seed {self.seed}" if self.seed else "")


def plan(
    suite: Suite, limit: int | None = None, assignments: Iterable[str] = (), config: Mapping[str, object] | None = None
) -> tuple[list[Job], list[str]]:
    """Return the jobs of a suite and a line a kind of task for who cannot answer it ("markov cannot ...").

    `config`: settings for every system that has them; `assignments` win over them, and it over the suite's own.
    Raises BenchError for unknown names, unknown sections or settings, a bad limit, or when no job is left.
    """
    if limit is not None and limit < 1:
        raise BenchError(f"--limit {limit}: expected at least 1 case")
    if not suite.tasks or not suite.systems:
        raise BenchError("nothing to run: name at least one task and one system, or a suite (see navibench ls)")
    grids = (suite, *suite.parts)
    check_asked(grids, told := parse_assignments(assignments))
    config = nest(config or {})
    systems = list(dict.fromkeys(name for grid in grids for name in grid.systems))
    for section in told:
        if section not in {*SHARED, *systems, *sections_of(systems)} and not is_rendering(section):
            raise unknown("section of --set", section, [*SHARED, "generator", *systems, *sections_of(systems)])
    for name in config:
        if not any(name in settings(catalogue.system(one)) for one in systems):
            raise unknown("setting of the configuration", name, settings(catalogue.system(systems[0])))
    jobs: list[Job] = []
    unable: dict[Kind, dict[str, None]] = {}
    for grid in grids:
        own = parse_assignments(grid.settings)
        for section in own:  # those of systems that were left out of the grid stay without effect
            known = {*SHARED, *grid.systems, *catalogue.table("systems"), *sections_of(grid.systems)}
            if section not in known and not is_rendering(section):
                raise unknown(f"section of the settings of suite {grid.id}", section, [*SHARED, *grid.systems])
        sections = {name: {**own.get(name, {}), **told.get(name, {})} for name in {**own, **told}}
        named = merged(catalogue.config(grid.config) if grid.config else {}, config)
        jobs += lay_out(grid, sections, grid.limit if limit is None else limit, named, unable)
    skipped = [f"{', '.join(names)} cannot answer {kind} tasks" for kind, names in unable.items()]
    if not jobs:
        raise BenchError("; ".join(skipped))
    order = {job.task.id: place for place, job in reversed(list(enumerate(jobs)))}
    return sorted(jobs, key=lambda job: order[job.task.id]), skipped


def lay_out(
    grid: Suite,
    sections: Mapping[str, Mapping[str, str]],
    limit: int | None,
    config: Mapping[str, object],
    unable: dict[Kind, dict[str, None]],
) -> list[Job]:
    """Return the jobs of one grid, and note in `unable` which systems cannot answer a kind of task."""
    policy = build(Policy, sections.get("policy", {}), "policy")
    if policy.resamples < FEWEST_DRAWS or not 0 < policy.level < 1:
        raise BenchError(f"policy: expected resamples >= {FEWEST_DRAWS:,} and a level between 0 and 1")
    place = build(Device, sections.get("device", {}), "device")
    jobs: list[Job] = []
    for asked in grid.tasks:
        card = with_options(catalogue.task(asked), sections.get("data", {}))
        check_card(card)
        root = Path(asked).parent if asked.endswith(".toml") else None
        rendering = arrange(card, sections, lambda: (found_device(place).name, place.dtype))
        for name in grid.systems:
            kind = catalogue.system(name)
            if not hasattr(kind, ANSWERS[card.kind]):
                unable.setdefault(card.kind, {})[name] = None
                continue
            made = configure(name, sections, config)
            device, judges = _device(name, place), judges_of(kind, made)
            refuse_same_judge(f"{card.id}: {name}", judges, rendering, policy)
            jobs.extend(
                Job(card, name, made, seed, limit, policy, device, root, rendering, judges) for seed in grid.seeds
            )
    return jobs


def refuse_same_judge(label: str, judges: Sequence[Identity], rendering: Rendering, policy: Policy) -> None:
    """Raise BenchError if a model that rewards a system also evaluates it, unless the policy allows it."""
    found = [] if policy.same_judge else find_clashes(judges, rendering.backbones)
    if found:
        raise BenchError(f"{label}: {'; '.join(found)}; policy.same_judge=true runs it all the same")


def configure(
    name: str, sections: Mapping[str, Mapping[str, str]], config: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Return a system's full configuration: defaults, then what it has of `config`, then `system.*`, then `NAME.*`.

    A setting that is a table of settings is a section of its own, `NAME.PART.*`.
    """
    kind = catalogue.system(name)
    told: dict[str, Any] = {key: value for key, value in (config or {}).items() if key in settings(kind)}
    for part, usual in parts(kind).items():  # what is not said of a part stays as the system has it
        told[part] = merged(merged(usual, told.get(part, {})), gather(sections, f"{name}.{part}"))
    made = build(kind, {**told, **sections.get("system", {}), **sections.get(name, {})}, name)
    found = {key: getattr(made, key) for key in settings(kind)}
    try:
        canonical(plain(found))
    except (TypeError, ValueError) as error:
        raise BenchError(f"{name}: a setting cannot be written down ({error}); use text, numbers or tuples") from None
    return found


def sections_of(systems: Iterable[str]) -> list[str]:
    """Return the sections of the systems' settings that are tables of settings."""
    return [
        ".".join((name, part, *inner))
        for name in systems
        for part, usual in parts(catalogue.system(name)).items()
        for inner in ((), *((key,) for key, value in usual.items() if isinstance(value, Mapping)))
    ]


def gather(sections: Mapping[str, Mapping[str, str]], name: str) -> dict[str, Any]:
    """Return what a section says, and each section directly below it as a table of its own."""
    below = {key.removeprefix(f"{name}."): dict(value) for key, value in sections.items() if key.startswith(f"{name}.")}
    return {**sections.get(name, {}), **below}


def make_system(job: Job, context: Context) -> Any:
    """Return the job's system, given the run's context if it has a field for one."""
    kind = catalogue.system(job.system)
    given = {"context": context} if any(line.name == "context" for line in fields(kind)) else {}
    return build(kind, job.config, job.system, **given)


def _device(system: str, device: Device) -> Device:
    """Return the device a system computes on; one that is known to need no torch computes on the CPU."""
    if device.name not in DEVICES:
        raise unknown("device.name", device.name, DEVICES)
    if catalogue.entry("systems", system).needs not in LEARNING and ":" not in system:
        return Device("cpu")
    return found_device(device)


def found_device(device: Device) -> Device:
    """Return the device with "auto" replaced by what this machine has."""
    if device.name not in DEVICES:
        raise unknown("device.name", device.name, DEVICES)
    if device.name != "auto":
        return device
    try:
        import torch
    except ModuleNotFoundError:
        return replace(device, name="cpu")

    return replace(device, name="cuda" if torch.cuda.is_available() else "cpu")
