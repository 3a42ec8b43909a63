"""The checks behind `navibench doctor --suite`: what a suite's jobs need, and the command that gets what is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.asked import missing_of
from bench.config import parse_assignments, plain
from bench.errors import BenchError
from bench.hub import Reference, is_reference, locate, reference
from bench.io import read_json
from bench.listing import Suite
from bench.needs import Memory, Model, Need, Package, Server
from bench.plan import Job, plan
from bench.rendering import make_generator
from bench.report.health import Finding, extras, installed
from bench.report.machine import check_disk, check_gpus, check_key, check_launcher, check_server

STAND_IN = "unknown"  # what stands in the plan for a setting that only the user knows
NOWHERE = "http://127.0.0.1:9/v1"


def check_suite(
    suite: Suite, assignments: Sequence[str], config: Mapping[str, object], root: Path | None
) -> Iterator[Finding]:
    """Yield a finding a thing that the suite's jobs need; nothing is loaded, downloaded or asked of a model."""
    grids = (suite, *suite.parts)
    asked = missing_of(grids, parse_assignments(assignments))
    for name, what in asked.items():
        yield Finding("settings", name, False, f"--set {name}=...  {what}")
    fill = [f"{name}={_stand_in(name)}" for name in asked]
    jobs, _ = plan(suite, assignments=[*fill, *assignments, "device.name=cpu"], config=config)
    needs = list(dict.fromkeys(need for job in jobs for need in needs_of(job)))
    yield from check_packages(jobs, [need for need in needs if isinstance(need, Package)])
    yield from check_data(jobs, root)
    for need in needs:
        if isinstance(need, Model) and need.name != STAND_IN:
            yield check_model(need)
    yield from check_rendering(jobs, asked)
    for need in needs:
        if isinstance(need, Server):  # without an address and a model it cannot be asked, but its key can be looked for
            told = STAND_IN not in need.model and need.url != NOWHERE
            yield from check_server(need) if told else check_key(need)
    trains = [need for need in needs if isinstance(need, Memory)]
    yield from check_gpus(trains)
    yield check_disk(jobs, needs)
    yield check_launcher(bool(trains))


def needs_of(job: Job) -> Iterable[Need]:
    """Return what a job's system says it needs."""
    told = getattr(catalogue.system(job.system), "needs", None)
    return [] if told is None else list(told(plain(job.config)))


def check_packages(jobs: Sequence[Job], wanted: Sequence[Package]) -> Iterator[Finding]:
    """Yield a finding an extra that a task, system, generator or scorer of the jobs names, and a package needed."""
    named: dict[str, set[str]] = {}
    for job in jobs:
        rendering = job.rendering
        lines = [("system", job.system, catalogue.entry("systems", job.system).needs)]
        if rendering.generator:
            lines.append(("generator", rendering.generator, catalogue.entry("generators", rendering.generator).needs))
            lines += [("scorer", name, catalogue.scorer_entry(name).needs) for name in job.task.scorers]
        for kind, name, extra in lines:
            for one in filter(None, extra.split(",")):
                named.setdefault(one, set()).add(f"{kind} {name}")
    declared = extras()
    for extra in sorted(named):
        absent = [name for name in declared.get(extra, []) if not installed(name)]
        told = f'pip install "navibench[{extra}]"  (missing {", ".join(absent)})' if absent else "installed"
        yield Finding("packages", extra, not absent, told)
    for package in wanted:
        there = installed(package.name)
        yield Finding("packages", package.name, bool(there), there or package.command)


def check_data(jobs: Sequence[Job], root: Path | None) -> Iterator[Finding]:
    """Yield a finding a task: whether the folder that its card names is there; nothing is read."""
    for job in {job.task.id: job for job in jobs}.values():
        options = job.task.data.options
        folder = str(options.get("folder", ""))
        if not folder:
            yield Finding("data", job.task.id, True, "made, or comes with a package")
            continue
        place = (job.root or root or Path()) / folder
        if job.root is None and root is None and not Path(folder).is_absolute():
            yield Finding("data", job.task.id, False, "no data folder: export NAVIBENCH_DATA=FOLDER  (or --data-root)")
        elif not place.is_dir():
            yield Finding("data", job.task.id, False, f"{place}: no such folder; docs/data.md says where it comes from")
        else:
            yield Finding("data", job.task.id, True, str(place))


def check_model(need: Model) -> Finding:
    """Return whether a model's files are in their folder or in the hub's cache."""
    try:
        wanted = reference(need.name) if is_reference(need.name) else None
    except BenchError as error:
        return Finding("models", need.role, False, f"--set {need.change}=...  ({error})")
    try:
        place = locate(need.name)
        there = has_weights(place)
    except BenchError as error:  # which says how to get it
        return Finding("models", need.role, False, str(error))
    if not place.is_dir():
        told = f"--set {need.change}=FOLDER or hub:OWNER/NAME@COMMIT  ({need.name} is neither)"
        return Finding("models", need.role, False, told)
    way = f"{place}: its weights are not whole" if wanted is None else wanted.fetching
    return Finding("models", need.role, there, str(place) if there else way)


def has_weights(folder: Path) -> bool:
    """Return whether a folder holds its safetensors whole: one file, or all that its index names."""
    if (folder / "model.safetensors").is_file():
        return True
    index = folder / "model.safetensors.index.json"
    told = read_json(index) if index.is_file() else {}
    names = told.get("weight_map", {}) if isinstance(told, dict) else {}
    return bool(names) and all((folder / name).is_file() for name in set(names.values()))


def check_rendering(jobs: Sequence[Job], asked: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a finding a generator, by the weights it needs, and one a model that looks at media."""
    seen: dict[str, Finding] = {}
    for job in jobs:
        name = job.rendering.generator
        if name and f"generator {name}" not in seen:
            seen[f"generator {name}"] = _made("generators", name, partial(make_generator, job.rendering))
        for role, values in job.rendering.backbones.items():
            if f"scorer.{role}.name" not in asked and f"role {role}" not in seen:
                seen[f"role {role}"] = _made("models", f"scorer.{role}", partial(_look, role, values))
    yield from seen.values()


def _made(area: str, name: str, make: Any) -> Finding:
    try:
        made = make()
        absent = getattr(made, "absent", "")
    except BenchError as error:
        return Finding(area, name, False, str(error))
    if absent and getattr(made, "revision", ""):  # the hub's cache will do, and needs no setting
        absent = Reference(made.pipeline, made.revision).fetching
    return Finding(area, name, not absent, absent or "weights are here")


def _look(role: str, values: Mapping[str, Any]) -> Any:
    from bench.backbones.settings import SETTINGS, ClipSettings
    from bench.config import build

    if role not in SETTINGS or ":" in str(values.get("name", "")):
        return None
    made = build(SETTINGS[role], values, f"scorer.{role}")
    return made.folder() if isinstance(made, ClipSettings) else None


def _stand_in(name: str) -> str:
    if name.startswith("scorer."):
        return "world-clip"
    return NOWHERE if name.endswith("url") else STAND_IN
