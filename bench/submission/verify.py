"""From an archive to a verdict: safe, whole, of the data, what a system can say, and worth what it claims."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.api import Progress, ignore_progress
from bench.io import file_sha256
from bench.pose import pose
from bench.submission.archive import Member, read_members, unpack
from bench.submission.cards import Cards
from bench.submission.checks import take_answers, take_media
from bench.submission.confined import decode_apart
from bench.submission.form import Entered, Form, check_manifest, read_form
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import RefusalError
from bench.submission.rescoring import Judged, judge_again
from bench.submission.standing import Before, read_before
from bench.submission.strict import read_strict
from bench.submission.suspicion import look

Decode = Callable[[Path, Limits], None]


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
class Verdict:
    """`refused` is the first reason found, None if the submission is accepted; `runs` are those judged before it."""

    file: str
    sha256: str
    form: Form | None
    runs: tuple[Accepted, ...]
    refused: RefusalError | None


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
    form: Form | None = None
    runs: list[Accepted] = []
    refused: RefusalError | None = None
    with tempfile.TemporaryDirectory(prefix="navibench-submission-") as name:
        folder = Path(name)
        try:
            form = open_safely(path, folder, limits)
            manifests = [checked_manifest(folder, run, limits) for run in form.runs]
            jobs = [cards.job(told, run.folder) for told, run in zip(manifests, form.runs, strict=True)]
            progress("decode", 0, 1)
            decode(folder / "runs", limits)
            for number, (run, told, job) in enumerate(zip(form.runs, manifests, jobs, strict=True)):
                progress("judge", number, len(form.runs))
                runs.append(take_run(folder / "runs", run, told, job, cards, before, form.media))
        except RefusalError as refusal:
            refused = refusal
    return Verdict(path.name, file_sha256(path), form, tuple(runs), refused)


def open_safely(path: Path, folder: Path, limits: Limits) -> Form:
    """Unpack a checked archive and return its form once every file is listed and the one that was packed."""
    members = read_members(path, limits)
    names = {member.name for member in members}
    if "submission.json" not in names:
        raise RefusalError("submission-absent", f"{len(names):,} members, none of them submission.json")
    check_places(members)
    unpack(path, members, folder)
    form = read_form(read_strict(folder / "submission.json", "submission.json", limits), limits.runs)
    listed = form.listed()
    if more := sorted(names - listed.keys() - {"submission.json"}):
        raise RefusalError("file-unlisted", more[0])
    if absent := sorted(listed.keys() - names):
        raise RefusalError("file-absent", absent[0])
    for name, stated in listed.items():
        if file_sha256(folder / name) != stated:
            raise RefusalError("file-changed", name)
    return form


def check_places(members: list[Member]) -> None:
    """Refuse files where no run keeps any: tables and manifests lie in a run's folder, media below `runs/media`."""
    tables = {"run.json", "answers.parquet", "scores.parquet", "media.parquet"}
    for member in members:
        parts = member.name.split("/")
        if member.name == "submission.json":
            continue
        is_media = parts[:2] == ["runs", "media"]
        if parts[0] != "runs" or is_media == (Path(member.name).suffix in (".json", ".parquet")):
            raise RefusalError("member-place", member.name)
        if not is_media and parts[-1] not in tables:
            raise RefusalError("member-place", member.name)


def checked_manifest(folder: Path, run: Entered, limits: Limits) -> dict[str, Any]:
    """Return a run's manifest, keys and types checked."""
    told = read_strict(folder / "runs" / run.folder / "run.json", f"{run.folder}/run.json", limits)
    check_manifest(told, run)
    return told


def take_run(
    out: Path,
    run: Entered,
    told: Mapping[str, Any],
    job: Any,
    cards: Cards,
    before: Before,
    sent: Mapping[str, str],
) -> Accepted:
    """Return one run judged again from its answers, or refuse it."""
    data = cards.data(job, told, run.folder)
    examples = pose(job, data)
    folder = out / run.folder
    answers = take_answers(folder / "answers.parquet", run.folder, job.task, data, examples)
    media = take_media(folder / "media.parquet", run.folder, out, told, answers, sent)
    judged = judge_again(job, data, examples, answers, media, told, folder / "scores.parquet", run.folder)
    shares = look(data, examples, answers, run.folder)
    value = judged.figures[job.task.primary]["value"]
    before.check(told, value, run.files["answers.parquet"], run.folder)
    place = before.rank(told, value)
    return Accepted(run, told["seen"], job.task.primary, told["system"]["changed"], judged, shares, place)
