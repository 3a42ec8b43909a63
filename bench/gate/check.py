"""Candidates set against pins: which belongs to which, whether it is the same question, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bench.errors import BenchError, unknown
from bench.gate.pins import FAILED, Pin, Pins
from bench.gate.verdict import USUAL, Effort, Outcome, Verdict, judge_metrics
from bench.judge import user_codes
from bench.report.groups import Group, question
from bench.tables import Scores


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate held against one pin; every metric must pass."""

    name: str
    pin: Pin
    label: str
    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> Outcome:
        """The worst of its metrics."""
        found = {verdict.outcome for verdict in self.verdicts}
        worst = [Outcome.REGRESSION, Outcome.UNCLEAR, Outcome.PASS]
        return next(outcome for outcome in worst if outcome in found)


def match(groups: Sequence[Group], pins: Pins, patterns: Sequence[str] = ()) -> list[tuple[str, Group]]:
    """Return which pin each candidate is held against.

    A pin takes the candidate of its task. Without patterns, pins of the candidate's own system; patterns choose pins
    of other systems. A candidate without a pin, or two for one pin, are errors.
    """
    chosen = pins.choose(patterns)
    found: dict[str, Group] = {}
    for group in groups:
        task = question(group.runs[0]).task
        same_task = {name: pin for name, pin in chosen.items() if pin.task == task}
        if not same_task:
            raise unknown(f"task of the chosen entries of {pins.path}", task, {pin.task for pin in chosen.values()})
        own = {name: pin for name, pin in same_task.items() if pin.system == group.system}
        if not own and not patterns:
            others = ", ".join(sorted({pin.system for pin in same_task.values()}))
            raise BenchError(
                f"{pins.path}: no entry of {task} is of {group.system}, only of {others}; --only NAME chooses one"
            )
        for name in own or same_task:
            if name in found:
                two = f"{found[name].runs[0].folder} and {group.runs[0].folder}"
                raise BenchError(f"{name}: two candidates for one entry, {two}; name the one that is meant")
            found[name] = group
    return [(name, found[name]) for name in chosen if name in found]


def check(name: str, pins: Pins, group: Group, effort: Effort = USUAL) -> Checked:
    """Return the verdicts on a candidate; another question, missing cases or metrics are errors that say which."""
    pin, asked = pins.table[name], question(group.runs[0])
    told = {"version": pin.version, "fingerprint": pin.fingerprint, "limit": pin.limit, "seen": pin.seen}
    differs = [
        f"{what} is {_short(getattr(asked, what))}, pinned {_short(value)}"
        for what, value in told.items()
        if getattr(asked, what) != value
    ]
    if differs:
        raise BenchError(f"{name}: {group.runs[0].folder} answers another question: {'; '.join(differs)}")
    reference, candidate = pins.read_scores(name), group.scores
    rows = aligned(name, reference, candidate)
    figures = {**group.told["figures"], FAILED: {"higher_is_better": False}}
    ours, theirs = columns(candidate, rows), columns(reference, range(len(reference.cases)))
    better = {}
    for metric in pin.margins:
        for side, table in (("the candidate", ours), ("the pinned scores", theirs)):
            if metric not in table:
                raise unknown(f"{name}: metric of {side}", metric, table)
        direction = figures[metric]["higher_is_better"]
        if direction is None:
            raise BenchError(f"{name}: {metric} only describes: neither more nor less of it is better")
        better[metric] = bool(direction)
    try:
        verdicts = judge_metrics(ours, theirs, user_codes(reference), pin.margins, better, pin.alpha, effort)
    except BenchError as error:
        raise BenchError(f"{name}: {error}") from None
    return Checked(name, pin, group.label, tuple(verdicts))


def columns(scores: Scores, rows: Sequence[int]) -> Mapping[str, np.ndarray[tuple[int, ...], np.dtype[np.float64]]]:
    """Return every metric and the failures as columns, in the order of `rows`."""
    table = {**scores.metrics, FAILED: scores.failed.astype(np.float64)}
    return {name: values[list(rows)] for name, values in table.items()}


def aligned(name: str, reference: Scores, candidate: Scores) -> list[int]:
    """Return the candidate's row of each pinned case; both must hold the same cases of the same users."""
    place = {case: row for row, case in enumerate(candidate.cases)}
    absent = [case for case in reference.cases if case not in place]
    extra = set(candidate.cases) - set(reference.cases)
    for what, cases in (("the candidate lacks", absent), ("the reference lacks", sorted(extra))):
        if cases:
            raise BenchError(f"{name}: {what} {len(cases)} of the cases, the first is {cases[0]!r}; run the task again")
    rows = [place[case] for case in reference.cases]
    for user, row in zip(reference.users, rows, strict=True):
        if candidate.users[row] != user:
            raise BenchError(f"{name}: case {candidate.cases[row]!r} is of {candidate.users[row]!r}, pinned {user!r}")
    return rows


def _short(value: object) -> str:
    return "all cases" if value is None else str(value)[:12]
