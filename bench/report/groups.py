"""Runs put together: by question, then by system with its settings, seeds of one system as one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError, unknown
from bench.io import canonical
from bench.store import Run, current, find_runs
from bench.tables import Scores


@dataclass(frozen=True, slots=True)
class Question:
    """What makes runs comparable: task version, data, candidates, limit, rendering; and how figures are shown."""

    task: str
    version: str
    fingerprint: str
    seen: str
    limit: int | None
    primary: str
    scorers: tuple[str, ...]
    level: float
    rendering: str = ""
    generator: str = ""

    @property
    def title(self) -> str:
        """The task with whatever changes its question."""
        asked = ", history items masked" if self.seen == "mask" else ""
        part = f", {self.limit} of its cases" if self.limit else ""
        made = f", {self.rendering}" if self.rendering else ""
        return f"{self.task} v{self.version}{asked}{part}{made}"


@dataclass(frozen=True)
class Group:
    """The runs of one system with one set of settings, a run a seed."""

    runs: tuple[Run, ...]

    @property
    def told(self) -> dict[str, Any]:
        """The manifest of the first seed."""
        return self.runs[0].manifest

    @property
    def system(self) -> str:
        """The system's name."""
        return self.runs[0].system

    @property
    def settings(self) -> dict[str, Any]:
        """Settings that are not the system's defaults; a device other than the CPU counts as one."""
        device = self.told["device"]
        usual = {"name": "cpu", "dtype": "float32"}
        placed = {f"device.{key}": value for key, value in device.items() if value != usual.get(key)}
        return {**self.told["system"]["changed"], **placed}

    @property
    def label(self) -> str:
        """The system's name with every setting that is not its default."""
        return label(self.system, self.settings)

    @cached_property
    def scores(self) -> Scores:
        """Per-case scores, averaged over the seeds."""
        return average([run.read_scores() for run in self.runs])


def label(system: str, settings: dict[str, Any]) -> str:
    """Return "system (a=1, b=2)"."""
    told = ", ".join(f"{name}={_short(value)}" for name, value in settings.items())
    return f"{system} ({told})" if told else system


def question(run: Run) -> Question:
    """Return the question a run answers."""
    told, card = run.manifest, run.manifest["task"]
    return Question(
        task=card["id"],
        version=card["version"],
        fingerprint=told["data"]["fingerprint"],
        seen=told["seen"],
        limit=told["limit"],
        primary=card["primary"],
        scorers=tuple(card["scorers"]),
        level=told["policies"]["level"],
        rendering=spelt(told.get("rendering", {}), card),
        generator=told.get("rendering", {}).get("fingerprint", ""),
    )


def spelt(told: Mapping[str, Any], card: Mapping[str, Any]) -> str:
    """Return what is not as the card says in how answers were rendered and looked at: "generator=wan, cases=64"."""
    if not told:
        return ""
    usual = {role: {"name": name} for role, name in card.get("backbones", {}).items()}
    found: dict[str, Any] = {} if told["generator"] == card.get("generator", "") else {"generator": told["generator"]}
    found |= {} if told["cases"] is None else {"rendered": told["cases"]}
    found |= {f"generator.{name}": value for name, value in told["changed"].items()}
    found |= {
        f"scorer.{role}": canonical(given) for role, given in told["backbones"].items() if given != usual.get(role)
    }
    return ", ".join(f"{name}={_short(value)}" for name, value in found.items())


def grouped(runs: Iterable[Run]) -> dict[Question, list[Group]]:
    """Return the groups of every question; of runs that differ only in their code the newest counts."""
    found: dict[Question, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in current(runs):
        told = run.manifest
        found[question(run)][canonical([run.system, told["system"]["changed"], told["device"]])].append(run)
    return {
        asked: [Group(tuple(sorted(members, key=lambda run: run.manifest["seed"]))) for members in systems.values()]
        for asked, systems in sorted(found.items(), key=lambda pair: (pair[0].title, pair[0].fingerprint))
    }


def find_group(name: str, out: Path) -> Group:
    """Return the runs a name means: a run's folder, or "system" or "task:system" among the runs under or in `out`.

    Seeds of one system are one group. Where a system was run with several settings, its defaults are meant. Several
    groups are an error that tells them apart; none is an error with the nearest names.
    """
    if (Path(name) / "run.json").exists():
        return Group((Run(Path(name)),))
    runs = find_runs([out]) if out.exists() else []
    if same := [run for run in runs if run.folder == Path(name)]:  # in a file of runs
        return Group(tuple(same))
    named = [run for run in runs if name in (run.system, f"{run.task}:{run.system}")]
    if not named:
        raise unknown("run", name, {word for run in runs for word in (run.system, f"{run.task}:{run.system}")})
    found = [(asked, group) for asked, groups in grouped(named).items() for group in groups]
    usual = [pair for pair in found if not pair[1].settings]
    chosen = usual or found
    if len(chosen) > 1:
        told = "; ".join(f"{asked.title}, {group.label}: {group.runs[0].folder}" for asked, group in chosen[:6])
        raise BenchError(f"{name!r} can mean {len(chosen)} things; name one by its folder: {told}")
    return chosen[0][1]


def average(parts: Sequence[Scores]) -> Scores:
    """Return the case-wise mean of several seeds' scores; a case one seed could not judge is judged by the others.

    Of seeds that were kept with other metrics (`bench.kept`) those that all of them have are averaged.
    """
    first = parts[0]
    if any(part.cases != first.cases for part in parts):
        raise BenchError("seeds of one system were asked different cases; run them with the same --limit")
    if len(parts) == 1:
        return first
    shared = [name for name in first.metrics if all(name in part.metrics for part in parts)]
    metrics = {name: _nanmean(np.stack([part.metrics[name] for part in parts])) for name in shared}
    return replace(first, failed=np.any([part.failed for part in parts], axis=0), metrics=metrics)


def _nanmean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    judged = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.where(judged > 0, total / np.maximum(judged, 1), np.nan)


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
