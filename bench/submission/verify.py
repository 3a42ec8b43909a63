"""From an archive to a verdict: safe, whole, of the data, what a system can say, and worth what it claims."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.api import Progress, ignore_progress
from bench.io import file_sha256
from bench.submission.cards import Cards
from bench.submission.confined import decode_apart
from bench.submission.decoding import Unfit
from bench.submission.faults import Faults
from bench.submission.form import (
    Entered,
    Form,
    agreement_faults,
    form_faults,
    make_form,
    manifest_faults,
    sender_faults,
)
from bench.submission.limits import LIMITS, Limits
from bench.submission.opening import Opened, file_faults, open_archive
from bench.submission.reasons import RefusalError
from bench.submission.standing import Before, read_before
from bench.submission.strict import read_strict
from bench.submission.taking import OTHER_QUESTION, Accepted, Asked, Sent, take_run

Decode = Callable[[Path, Limits], Iterable[Unfit]]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`faults` are the parts something is wrong with, the archive first; `runs` are those nothing is wrong with.

    `stopped`: the archive was found hostile or unreadable, so that nothing more was read of it.
    """

    file: str
    sha256: str
    form: Form | None
    runs: tuple[Accepted, ...]
    faults: tuple[Faults, ...]
    stopped: bool

    @property
    def refused(self) -> RefusalError | None:
        """Return the first reason found, None if the submission is accepted."""
        return next((part.kept[0] for part in self.faults), None)


def verify(
    path: Path,
    cards: Cards,
    against: Path | None = None,
    limits: Limits = LIMITS,
    progress: Progress = ignore_progress,
    decode: Decode = decode_apart,
) -> Verdict:
    """Return the verdict on an archive; nothing is written but a temporary folder that goes again.

    `decode` is what meets tables and media first. BenchError: the verifier's own data or folders are not as needed.
    """
    before = read_before(against, path, limits)
    whole, form, stopped = Faults(), None, True
    parts: dict[str, Faults] = {}
    runs: list[Accepted] = []
    with tempfile.TemporaryDirectory(prefix="navibench-submission-") as name, whole.ending():
        opened = open_archive(path, Path(name), limits)
        if whole.note(form_faults(opened.told, limits.runs)):
            form = make_form(opened.told)
            parts = {run.folder: Faults(run.folder) for run in form.runs}
            stopped, runs = take_runs(opened, form, cards, before, limits, progress, decode, (whole, parts))
    assert whole.counts or any(part.counts for part in parts.values()) or (form and len(runs) == len(form.runs))
    found = tuple(part for part in (whole, *parts.values()) if part.counts)
    return Verdict(path.name, file_sha256(path), form, tuple(runs), found, stopped)


def take_runs(
    opened: Opened,
    form: Form,
    cards: Cards,
    before: Before,
    limits: Limits,
    progress: Progress,
    decode: Decode,
    faults: tuple[Faults, Mapping[str, Faults]],
) -> tuple[bool, list[Accepted]]:
    """Return whether a file stopped the reading, and the runs nothing is wrong with.

    `faults`: those of what the runs share, and each run's by its folder.
    """
    whole, parts = faults
    whole.note(sender_faults(form.name, form.contact, form.licence))
    whole.note(file_faults(opened, form))
    asked = {run.folder: read_asked(opened, run, cards, limits, parts[run.folder]) for run in form.runs}
    progress("decode", 0, 1)
    unfit: set[str] = set()
    for one in decode(opened.folder / "runs", limits):
        parts.get(one.file.rpartition("/")[0], whole).add(one.reason)
        unfit.add(one.file)
        if one.stops:
            return True, []
    runs: list[Accepted] = []
    for number, run in enumerate(form.runs):
        progress("judge", number, len(form.runs))
        taken = None
        if (question := asked[run.folder]) is not None:
            taken = take_run(Sent(opened, form, run, frozenset(unfit)), question, cards, before, parts[run.folder])
        if taken is not None and not parts[run.folder].counts:
            runs.append(taken)
    return False, runs


def read_asked(opened: Opened, run: Entered, cards: Cards, limits: Limits, faults: Faults) -> Asked | None:
    """Return what a run was asked, None if its manifest cannot be read."""
    path, told = opened.file(run, "run.json"), None
    if path is not None:
        with faults.ending():
            told = read_strict(path, f"{run.folder}/run.json", limits)
    if told is None or not faults.note(manifest_faults(told, run)):
        return None
    faults.note(agreement_faults(told, run))
    if "unknown-task" not in faults.counts:
        faults.note(cards.faults(told, run.folder))
    return Asked(told, None if faults.counts.keys() & OTHER_QUESTION else cards.job(told))
