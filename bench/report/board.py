"""Runs gathered into pages: one page a question, one row a system, one contrast a pair of systems."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.io import canonical
from bench.judge import user_codes
from bench.report.paired import correct
from bench.stats import cluster_intervals, compare_paired
from bench.store import Run, current
from bench.tables import Scores


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean with its interval; `low` and `high` are None for figures that no case has alone."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Row:
    """A system on a page: its figures are means over seeds, its interval is over users.

    `seed_spread` is the standard deviation of the primary metric between training seeds (None below 3 seeds).
    `settings` are those that differ from the system's defaults, `keys` the heads of the runs' keys, `host` what they
    ran on.
    """

    system: str
    settings: dict[str, Any]
    seeds: tuple[int, ...]
    failed: int
    seconds: float
    figures: dict[str, Figure]
    keys: tuple[str, ...]
    host: str
    seed_spread: float | None = None

    @property
    def label(self) -> str:
        """The system's name with every setting that is not its default."""
        told = ", ".join(f"{name}={_short(value)}" for name, value in self.settings.items())
        return f"{self.system} ({told})" if told else self.system


@dataclass(frozen=True, slots=True)
class Contrast:
    """A paired comparison on the primary metric: a minus b, p by sign flips over users, Holm over the page's pairs."""

    a: str
    b: str
    difference: float | None
    low: float | None
    high: float | None
    p: float | None
    p_holm: float | None
    wins: int
    losses: int
    ties: int
    detectable: float | None


@dataclass(frozen=True, slots=True)
class Page:
    """One question: a task version on the same data, candidates and limit. Rows best first."""

    task: str
    version: str
    fingerprint: str
    seen: str
    limit: int | None
    primary: str
    scorers: tuple[str, ...]
    cases: int
    users: int
    rows: tuple[Row, ...]
    contrasts: tuple[Contrast, ...]

    @property
    def title(self) -> str:
        """The task with whatever changes its question."""
        asked = ", history items masked" if self.seen == "mask" else ""
        part = f", {self.limit} of its cases" if self.limit else ""
        return f"{self.task} v{self.version}{asked}{part}"

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every figure of the page, the primary one first, the others in the card's order."""
        return (self.primary, *[name for name in self.scorers if name != self.primary])


Question = tuple[str, str, str, str, int | None, str, tuple[str, ...]]  # the first fields of a page


def gather(runs: Iterable[Run]) -> list[Page]:
    """Return the pages of all runs, sorted by title; of runs that differ only in their code the newest counts."""
    groups: dict[Question, list[Run]] = defaultdict(list)
    for run in current(runs):
        told = run.manifest
        card = told["task"]
        asked = (run.task, card["version"], told["data"]["fingerprint"], told["seen"], told["limit"])
        groups[*asked, card["primary"], tuple(card["scorers"])].append(run)
    return sorted((_page(key, runs) for key, runs in groups.items()), key=lambda page: page.title)


def _page(key: Question, runs: Sequence[Run]) -> Page:
    primary = key[5]
    together: dict[str, list[Run]] = defaultdict(list)
    for run in runs:
        together[canonical([run.system, run.manifest["system"]["changed"], run.manifest["device"]])].append(run)
    ranked = sorted((_entry(found, primary) for found in together.values()), key=lambda pair: _rank(pair[0], primary))
    rows = [row for row, _ in ranked]
    if twice := {row.label for row in rows if [other.label for other in rows].count(row.label) > 1}:
        raise BenchError(f"{key[0]}: {', '.join(twice)} was run on several devices; name the runs to report")
    counts = runs[0].manifest["counts"]
    contrasts = tuple(_contrasts([(row.label, scores) for row, scores in ranked], primary))
    return Page(*key, counts["cases"], counts["users"], tuple(rows), contrasts)


def _rank(row: Row, primary: str) -> tuple[float, str]:
    value = row.figures[primary].value
    return (-value if value is not None else float("inf"), row.label)


def _entry(runs: Sequence[Run], primary: str) -> tuple[Row, Scores]:
    """Return the row of one system, over all its seeds, and its scores averaged over them."""
    runs = sorted(runs, key=lambda run: run.manifest["seed"])
    scores = average([run.read_scores() for run in runs])
    told = runs[0].manifest
    single = [run.manifest["figures"] for run in runs]
    if len(runs) == 1:
        figures = {name: Figure(line["value"], line["low"], line["high"]) for name, line in single[0].items()}
    else:
        policy = told["policies"]
        table = np.stack(list(scores.metrics.values()), axis=1)
        made = cluster_intervals(
            table, user_codes(scores), seed=0, resamples=policy["resamples"], level=policy["level"]
        )
        figures = {
            name: Figure(line.value, line.low, line.high) for name, line in zip(scores.metrics, made, strict=True)
        }
        for name in single[0].keys() - figures.keys():
            figures[name] = Figure(float(np.mean([line[name]["value"] for line in single])), None, None)
    spread = float(np.std([line[primary]["value"] for line in single], ddof=1)) if len(runs) >= 3 else None
    row = Row(
        system=runs[0].system,
        settings=told["system"]["changed"],
        seeds=tuple(run.manifest["seed"] for run in runs),
        failed=max(run.manifest["counts"]["failed"] for run in runs),
        seconds=round(float(np.mean([run.manifest["seconds"]["ask"] for run in runs])), 1),
        figures=figures,
        keys=tuple(run.manifest["key"][:12] for run in runs),
        host=hosted(told),
        seed_spread=spread,
    )
    return row, scores


def hosted(told: dict[str, Any]) -> str:
    """Return in a line what a run was made on."""
    host, packages = told["host"], told["host"]["packages"]
    versions = ", ".join(f"{name} {packages[name]}" for name in ("navibench", "numpy", "torch") if name in packages)
    device = f"{told['device']['name']} {told['device']['dtype']}"
    return f"Python {host['python']}, {versions}; {host['platform']}, {host['cores']} cores; {device}"


def average(parts: Sequence[Scores]) -> Scores:
    """Return the case-wise mean of several seeds' scores; a case one seed could not judge is judged by the others."""
    first = parts[0]
    if any(part.cases != first.cases for part in parts):
        raise BenchError("seeds of one system were asked different cases; run them with the same --limit")
    if len(parts) == 1:
        return first
    metrics = {name: _nanmean(np.stack([part.metrics[name] for part in parts])) for name in first.metrics}
    failed = np.any([part.failed for part in parts], axis=0)
    return replace(first, failed=failed, metrics=metrics)


def _nanmean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    judged = (~np.isnan(values)).sum(axis=0)
    total = np.nansum(values, axis=0)
    return np.where(judged > 0, total / np.maximum(judged, 1), np.nan)


def _contrasts(rows: Sequence[tuple[str, Scores]], primary: str) -> list[Contrast]:
    pairs = list(combinations(rows, 2))
    if not pairs:
        return []
    users = user_codes(rows[0][1])
    found = [
        compare_paired(a.metrics[primary][:, None], b.metrics[primary][:, None], users, seed=0)[0]
        for (_, a), (_, b) in pairs
    ]
    adjusted = correct([line.p for line in found])
    return [
        Contrast(
            a=a,
            b=b,
            difference=line.difference,
            low=line.interval.low,
            high=line.interval.high,
            p=line.p,
            p_holm=p,
            wins=line.wins,
            losses=line.losses,
            ties=line.ties,
            detectable=line.detectable,
        )
        for ((a, _), (b, _)), line, p in zip(pairs, found, adjusted, strict=True)
    ]


def _short(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
