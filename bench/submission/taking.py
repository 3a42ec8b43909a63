"""One run of a submission, judged again from its answers; what one fault leaves to check is checked all the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.api import Answer, Dataset, Example, Failure
from bench.plan import Job
from bench.pose import pose
from bench.submission.cards import Cards, data_faults
from bench.submission.checks import made_media, media_faults, read_rows, row_faults, take_answers
from bench.submission.faults import Faults
from bench.submission.form import Entered, Form
from bench.submission.opening import Opened
from bench.submission.rescoring import Claim, Judged, finite_faults, judge_again
from bench.submission.standing import Before
from bench.submission.suspicion import look, suspicions

OTHER_QUESTION = frozenset({"limited-run", "unknown-task", "card-version", "card-changed"})
"""Where a manifest has one of these faults, its answers are to another question than the verifier can ask."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One run that was judged again: what it earns, its place among known systems, what was looked at."""

    run: Entered
    seen: str
    primary: str
    changed: Mapping[str, Any]
    judged: Judged
    shares: Mapping[str, float]
    place: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Asked:
    """A run's whole manifest, and the job to judge it by; None where its answers are to another question."""

    told: Mapping[str, Any]
    job: Job | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent of a run; `unfit` are files below `runs/` that could not be decoded, and are not opened again."""

    opened: Opened
    form: Form
    run: Entered
    unfit: frozenset[str]

    def file(self, name: str) -> Path | None:
        """Return a table of the run if it is there and fit."""
        return None if f"{self.run.folder}/{name}" in self.unfit else self.opened.file(self.run, name)

    def holds(self, media: Path) -> bool:
        """Return whether a rendered file is there and fit."""
        inner = media.relative_to(self.opened.folder).as_posix()
        return inner in self.opened.names and inner.removeprefix("runs/") not in self.unfit


def take_run(sent: Sent, asked: Asked, cards: Cards, before: Before, faults: Faults) -> Accepted | None:
    """Return a run judged again, None where it cannot be; what does not depend on its question is checked always."""
    place, taken = sent.run.folder, None
    answers, scores = sent.file("answers.parquet"), sent.file("scores.parquet")
    data = None if asked.job is None else cards.data(asked.job)
    if asked.job is None or data is None or not faults.note(data_faults(asked.told, asked.job, data, place)):
        for row in [] if answers is None else read_rows(answers, 0):
            faults.note(row_faults(row, place))
    elif answers is not None:
        taken = judge_run(sent, asked.told, asked.job, data, answers, before, faults)
    if scores is not None:
        faults.note(finite_faults(scores, place))
    faults.note(before.copies(sent.run.files["answers.parquet"], place))
    return taken


def judge_run(
    sent: Sent,
    told: Mapping[str, Any],
    job: Job,
    data: Dataset,
    table: Path,
    before: Before,
    faults: Faults,
) -> Accepted:
    """Return a run judged again from the table of its answers."""
    run, primary = sent.run, job.task.primary
    examples = pose(job, data)
    answers, faulty = take_answers(read_rows(table, len(examples)), run.folder, job.task, data, examples, faults)
    media = take_media(sent, told, examples, answers, faulty, faults)
    claim = Claim(told, sent.file("scores.parquet"), run.folder)
    judged = judge_again(job, data, examples, answers, faulty, media, claim, faults)
    shares = look(data, examples, answers)
    faults.note(suspicions(shares, run.folder))
    value = None if primary in judged.unchecked else judged.figures[primary]["value"]
    if not faulty:
        faults.note(before.wonders(told, value, run.folder))
    looked = {name: share for name, (share, _) in shares.items()}
    return Accepted(run, told["seen"], primary, told["system"]["changed"], judged, looked, before.rank(told, value))


def take_media(
    sent: Sent,
    told: Mapping[str, Any],
    examples: Sequence[Example],
    answers: Mapping[str, Answer],
    faulty: Set[str],
    faults: Faults,
) -> dict[str, Path | Failure] | None:
    """Return a run's rendered files, none where none were sent; None where scorers must not look at them."""
    spoilt = "rendering-changed" in faults.counts
    if "media.parquet" not in sent.run.files:
        return None if spoilt else {}
    path = sent.file("media.parquet")
    if path is None:
        return None
    rows = read_rows(path, len(examples))
    if not faults.note(media_faults(rows, sent.run.folder, told, examples, answers, sent.form.media)) or spoilt:
        return None
    if not sent.form.media:
        return {}
    made = made_media([row for row in rows if row["case"] not in faulty], sent.opened.folder / "runs")
    return made if all(sent.holds(file) for file in made.values() if isinstance(file, Path)) else None
