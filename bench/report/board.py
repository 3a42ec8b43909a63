"""Runs gathered into pages: one page a question, one row a system, one contrast a pair of systems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.errors import BenchError
from bench.judge import user_codes
from bench.report.groups import Group, Question, grouped, label
from bench.report.paired import correct
from bench.stats import Comparison, cluster_intervals, compare_paired
from bench.store import Run


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over `cases` judged with its interval; all but the mean are None for figures that no case has alone."""

    value: float | None
    low: float | None
    high: float | None
    cases: int | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A system on a page: its figures are means over seeds, its interval is over users.

    `seed_spread` is the standard deviation of the primary metric between training seeds (None below 3 seeds).
    `settings` are those that differ from the system's defaults, `keys` the heads of the runs' keys, `host` what they
    ran on. `seconds` is None where a run was interrupted, since then nothing tells what it takes.
    """

    system: str
    settings: dict[str, Any]
    seeds: tuple[int, ...]
    failed: int
    seconds: float | None
    figures: dict[str, Figure]
    keys: tuple[str, ...]
    host: str
    seed_spread: float | None = None

    @property
    def label(self) -> str:
        """The system's name with every setting that is not its default."""
        return label(self.system, self.settings)


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
    """One question with its rows, best first in the primary metric's own direction."""

    question: Question
    cases: int
    users: int
    rows: tuple[Row, ...]
    contrasts: tuple[Contrast, ...]

    @property
    def title(self) -> str:
        """The task with whatever changes its question."""
        return self.question.title

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every figure of the page, the primary one first, the others in the card's order."""
        primary = self.question.primary
        return (primary, *[name for name in self.question.scorers if name != primary])


def gather(runs: Iterable[Run]) -> list[Page]:
    """Return the pages of all runs, sorted by title; of runs that differ only in their code the newest counts."""
    return [_page(asked, groups) for asked, groups in grouped(runs).items()]


def _page(asked: Question, groups: Sequence[Group]) -> Page:
    # The direction is the run's own record: a page needs no plug-in that the runs needed.
    sign = -1 if groups[0].told["figures"][asked.primary]["higher_is_better"] else 1
    rows = [(_row(group, asked), group) for group in groups]
    rows.sort(key=lambda pair: (sign * (pair[0].figures[asked.primary].value or 0.0), pair[0].label))
    if len({row.label for row, _ in rows}) < len(rows):
        raise BenchError(f"{asked.title}: two systems share a name and settings; report their folders apart")
    counts = groups[0].told["counts"]
    contrasts = _contrasts([group for _, group in rows], asked)
    return Page(asked, counts["cases"], counts["users"], tuple(row for row, _ in rows), tuple(contrasts))


def _row(group: Group, asked: Question) -> Row:
    """Return a system's row: figures of cases from the scores, figures of whole runs as means over the seeds."""
    told, scores = group.told, group.scores
    table = np.stack(list(scores.metrics.values()), axis=1)
    resamples = told["policies"]["resamples"]
    made = cluster_intervals(table, user_codes(scores), seed=0, resamples=resamples, level=asked.level)
    judged = [int(count) for count in (~np.isnan(table)).sum(axis=0)]
    lines = zip(scores.metrics, made, judged, strict=True)
    figures = {name: Figure(line.value, line.low, line.high, cases) for name, line, cases in lines}
    manifests = [run.manifest for run in group.runs]
    for name in told["figures"].keys() - figures.keys():
        found = [line["figures"][name]["value"] for line in manifests]
        figures[name] = Figure(None if None in found else float(np.mean(found)), None, None)
    values = [float(np.nanmean(run.read_scores().metrics[asked.primary])) for run in group.runs]
    whole = all(line["seconds"]["attempts"] == 1 for line in manifests)
    return Row(
        system=group.system,
        settings=group.settings,
        seeds=tuple(line["seed"] for line in manifests),
        failed=max(line["counts"]["failed"] for line in manifests),
        seconds=round(float(np.mean([line["seconds"]["ask"] for line in manifests])), 1) if whole else None,
        figures=figures,
        keys=tuple(line["key"][:12] for line in manifests),
        host=hosted(told),
        seed_spread=float(np.std(values, ddof=1)) if len(values) >= 3 else None,
    )


def hosted(told: dict[str, Any]) -> str:
    """Return in a line what a run was made on."""
    host, packages = told["host"], told["host"]["packages"]
    versions = ", ".join(f"{name} {packages[name]}" for name in ("navibench", "numpy", "torch") if name in packages)
    device = f"{told['device']['name']} {told['device']['dtype']}"
    return f"Python {host['python']}, {versions}; {host['platform']}, {host['cores']} cores; {device}"


def _contrasts(groups: Sequence[Group], asked: Question) -> list[Contrast]:
    pairs = list(combinations(groups, 2))
    if not pairs:
        return []
    users = user_codes(groups[0].scores)
    columns = {group.label: group.scores.metrics[asked.primary] for group in groups}
    found = [compared(columns[a.label], columns[b.label], users, asked) for a, b in pairs]
    return contrasts([(a.label, b.label) for a, b in pairs], found)


def compared(a: NDArray[np.float64], b: NDArray[np.float64], users: NDArray[np.int64], asked: Question) -> Comparison:
    """Return how two systems' scores of the primary metric [cases] differ; `users` [cases] are whole numbers.

    A pair is compared alone: what comes out does not depend on which others a page, or a leaderboard, compares.
    """
    return compare_paired(a[:, None], b[:, None], users, seed=0, level=asked.level)[0]


def contrasts(names: Sequence[tuple[str, str]], found: Sequence[Comparison]) -> list[Contrast]:
    """Return the comparisons of pairs of labels with Holm's correction over all of them."""
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
        for (a, b), line, p in zip(names, found, adjusted, strict=True)
    ]
