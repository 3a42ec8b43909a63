"""A row's stored figures held against those made now: equal, within the stored interval, or by how much they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from bench import catalogue
from bench.plan import LEARNING
from bench.report.board import Figure, hosted
from bench.report.groups import Group
from bench.reproduce.tables import Line
from bench.stats.totals import mean_of_judged

EXACT = 1e-9  # what sums in another order may move


class Outcome(StrEnum):
    """What became of a figure or a row; the first four are of what was compared, from best to worst."""

    EQUAL = "equal"
    OPEN = "has no stored interval"
    INSIDE = "within the stored interval"
    DIFFERS = "differs"
    ABSENT = "not at hand"
    OTHER = "cannot be compared"
    BROKEN = "could not be made"


COMPARED = (Outcome.EQUAL, Outcome.OPEN, Outcome.INSIDE, Outcome.DIFFERS)


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why there is nothing to compare."""

    outcome: Outcome
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """`tolerance`: the absolute difference that is equal; `by_interval`: beyond it the stored interval decides."""

    tolerance: float = EXACT
    by_interval: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """One figure: as stored and as made now."""

    metric: str
    stored: Figure
    now: float | None
    outcome: Outcome

    @property
    def difference(self) -> float | None:
        """Now minus stored; None if either is missing."""
        return None if self.now is None or self.stored.value is None else self.now - self.stored.value

    @property
    def inside(self) -> bool | None:
        """Whether the new figure lies in the stored interval; None without an interval or a figure."""
        if self.now is None or self.stored.low is None or self.stored.high is None:
            return None
        return self.stored.low <= self.now <= self.stored.high


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one row. `figures` is empty, and `reason` says why, where nothing was compared."""

    line: Line
    outcome: Outcome
    reason: str = ""
    figures: tuple[Held, ...] = ()
    failed: int | None = None
    host: str = ""

    @property
    def compared(self) -> bool:
        """Whether any figure was compared."""
        return self.outcome in COMPARED


def rule_for(system: str, told: float | None) -> Rule:
    """Return how strictly a system's figures are held.

    A tolerance that was told decides alone. Otherwise systems that count must be equal, and of those that compute on a
    device, where threads and hardware move the figures, the stored interval decides.
    """
    if told is not None:
        return Rule(told)
    return Rule(by_interval=":" not in system and catalogue.entry("systems", system).needs in LEARNING)


def hold(line: Line, group: Group, rule: Rule) -> Verdict:
    """Return a row's verdict: the worst of its figures' outcomes."""
    now = measure(group)
    stored = line.row.figures
    order = [name for name in line.page.metrics if name in stored]
    order += [name for name in stored if name not in order]
    figures = tuple(_held(name, stored[name], now, rule) for name in order)
    failed = max(run.manifest["counts"]["failed"] for run in group.runs)
    compared = [figure.outcome for figure in figures if figure.outcome in COMPARED]
    if not compared:
        reason = f"today's card measures none of {', '.join(order) or 'its figures'}"
        return Verdict(line, Outcome.OTHER, reason, figures, failed, hosted(group.told))
    worst = max(compared, key=COMPARED.index)
    return Verdict(line, worst, "", figures, failed, hosted(group.told))


def measure(group: Group) -> dict[str, float | None]:
    """Return a group's figures as reports show them: means over cases, then over seeds for figures of whole runs."""
    metrics = group.scores.metrics
    means = mean_of_judged(np.stack(list(metrics.values()), axis=1))
    found: dict[str, float | None] = {
        name: None if np.isnan(value) else float(value) for name, value in zip(metrics, means, strict=True)
    }
    for name in group.told["figures"].keys() - found.keys():
        values = [run.manifest["figures"][name]["value"] for run in group.runs]
        found[name] = None if None in values else float(np.mean(values))
    return found


def _held(name: str, stored: Figure, now: dict[str, float | None], rule: Rule) -> Held:
    if name not in now:
        return Held(name, stored, None, Outcome.OTHER)
    bare = Held(name, stored, now[name], Outcome.EQUAL)
    if stored.value is None and now[name] is None:
        return bare
    if bare.difference is not None and abs(bare.difference) <= rule.tolerance:
        return bare
    outcome = Outcome.DIFFERS
    if rule.by_interval and bare.difference is not None:
        outcome = {None: Outcome.OPEN, True: Outcome.INSIDE, False: Outcome.DIFFERS}[bare.inside]
    return Held(name, stored, now[name], outcome)


def exit_code(verdicts: Sequence[Verdict]) -> int:
    """Return 2 if nothing was compared, 1 if a figure differs or a row could not be made, else 0."""
    if not any(verdict.compared for verdict in verdicts):
        return 2
    return int(any(verdict.outcome in (Outcome.DIFFERS, Outcome.BROKEN) for verdict in verdicts))
