"""The checks behind `navibench doctor`: each returns findings, none changes anything."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError, metadata, version
from pathlib import Path

from bench import catalogue
from bench.errors import BenchError
from bench.pose import load_data
from bench.rendering import Rendering, make_generator


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is usable, and what was found or what to do."""

    area: str
    name: str
    good: bool
    told: str


def checks(root: Path | None) -> list[Callable[[], list[Finding]]]:
    """Return every check to make, as calls, so that a progress bar can count them."""
    tasks = [partial(check_task, name, root) for name in catalogue.table("tasks")]
    return [check_machine, check_device, check_extras, check_systems, check_generators, *tasks]


def check_machine() -> list[Finding]:
    """Return interpreter, cores and memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    told = f"Python {platform.python_version()}, {os.cpu_count()} cores, {memory:.0f} GiB memory"
    return [Finding("machine", "host", True, told)]


def check_device() -> list[Finding]:
    """Return whether torch sees a GPU and in which precision it can train."""
    try:
        import torch
    except ModuleNotFoundError:
        return [Finding("machine", "device", False, 'torch is not installed: pip install "navibench[torch]"')]
    if not torch.cuda.is_available():
        told = f"torch {torch.__version__}: no CUDA device; systems that train use the CPU (device.name=cpu)"
        return [Finding("machine", "device", True, told)]
    names = ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
    return [
        Finding("machine", "device", True, f"torch {torch.__version__}: {names}; bf16 {torch.cuda.is_bf16_supported()}")
    ]


def check_extras() -> list[Finding]:
    """Return each optional group of packages: installed, or the command that installs it."""
    found: list[Finding] = []
    for extra, names in sorted(extras().items()):
        absent = [name for name in names if not installed(name)]
        told = f'missing {", ".join(absent)}: pip install "navibench[{extra}]"'
        have = ", ".join(f"{name} {installed(name)}" for name in names)
        found.append(Finding("extras", extra, not absent, told if absent else have))
    return found


def extras() -> dict[str, list[str]]:
    """Return {extra: its packages} as the installed distribution declares them."""
    declared: dict[str, list[str]] = {}
    for line in metadata("navibench").get_all("Requires-Dist") or []:
        requirement, _, condition = line.partition(";")
        if "extra ==" in condition:
            name = requirement.split("=")[0].split(">")[0].split("<")[0].split("[")[0].strip()
            declared.setdefault(condition.split("==")[1].strip(" \"'"), []).append(name)
    return declared


def check_systems() -> list[Finding]:
    """Return which systems load and which answers they can give."""
    broken = [
        line for group in ("tasks", "suites", "systems", "generators", "scorers") for line in catalogue.tables(group)[1]
    ]
    found = [Finding("plug-ins", "broken", False, line) for line in broken]
    for name in catalogue.table("systems"):
        try:
            kind = catalogue.system(name)
        except BenchError as error:
            found.append(Finding("systems", name, False, str(error)))
            continue
        verbs = [verb for verb in ("rank", "instruct", "create") if hasattr(kind, verb)]
        found.append(Finding("systems", name, True, "can " + " and ".join(verbs)))
    return found


def check_generators() -> list[Finding]:
    """Return which generators have their packages and their weights here."""
    found: list[Finding] = []
    for name in catalogue.table("generators"):
        try:
            made = make_generator(Rendering(name))
            told = f"can render {made.kind}s ({made.fingerprint[:12]})"
        except BenchError as error:
            found.append(Finding("generators", name, False, str(error)))
            continue
        absent = getattr(made, "absent", "")
        found.append(Finding("generators", name, not absent, f"weights are not here: {absent}" if absent else told))
    return found


def check_task(name: str, root: Path | None) -> list[Finding]:
    """Return whether a task's data load, how many cases they give and how long that takes."""
    card = catalogue.task(name)
    started = time.monotonic()
    try:
        dataset = load_data(card.data, root)
    except BenchError as error:
        return [Finding("tasks", name, False, str(error))]
    seconds = time.monotonic() - started
    if card.fingerprint and card.fingerprint != dataset.fingerprint:
        return [Finding("tasks", name, False, "loads, but these are not the data the card was made with")]
    told = f"{len(dataset.examples):,} cases, {len(dataset.train.items):,} items, loads in {seconds:.1f} s"
    return [Finding("tasks", name, True, told)]


def missing(findings: Sequence[Finding]) -> int:
    """Return how many findings are not usable."""
    return sum(not finding.good for finding in findings)


def installed(name: str) -> str:
    """Return the version of an installed package, "" of another."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
