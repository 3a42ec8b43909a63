"""Ask, judge, summarise: a job becomes a finished run, resumable after a kill at any moment."""

from __future__ import annotations

import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

from bench.api import Answer, Context, Dataset, Example, Kind, Progress, Query, ignore_progress
from bench.config import build
from bench.errors import BenchError
from bench.io import canonical, only_one, read_json, write_text
from bench.judge import checked
from bench.manifest import code_digest, figures_digest, fit_key, run_key, train_digest
from bench.media import render
from bench.plan import Job, make_system
from bench.pose import pose
from bench.settle import Asked, policies, settle, told_of
from bench.store import Run, checkpoints_for, folder_for, folder_of_runs, replies_for, shared_for
from bench.tables import read_answers, write_answers

BLOCK = 1024  # queries asked between two writes: a kill costs at most this much work


def run_job(job: Job, dataset: Dataset, out: Path, progress: Progress = ignore_progress) -> tuple[Run, bool]:
    """Return the finished run of a job and whether its answers were there already.

    Whatever an earlier, killed attempt has finished is kept; the scores are the same bytes either way. A second
    process that makes the same run waits for the first. Figures made by other rules than today's are made anew.
    """
    if job.limit is not None and job.limit >= len(dataset.examples):
        job = replace(job, limit=None)
    key = run_key(job, dataset.fingerprint)
    run = Run(folder_for(out, job.task.id, job.system, job.seed, key))
    with only_one(run.folder, lambda: progress("wait for another process", 0, 1)):
        there = run.finished(key)
        if not there:
            make(job, dataset, run, key, progress)
        elif run.manifest["policies"] != policies(job) or run.manifest["code"]["figures"] != figures_digest():
            settle(job, dataset, run, told_of(run), progress)
        rmtree(run.parts, ignore_errors=True)
        for remains in run.folder.glob(".*.part"):  # what a killed attempt was writing
            remains.unlink(missing_ok=True)
    return run, there


def make(job: Job, dataset: Dataset, run: Run, key: str, progress: Progress) -> None:
    """Ask, judge and summarise."""
    started = time.monotonic()
    attempts = count_attempt(run.parts / "attempts")
    examples = pose(job, dataset)
    noted = ask(job, dataset, examples, run, progress)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    seconds = round(time.monotonic() - started, 2)
    render(job, run, examples, read_answers(run.answers), progress)
    drawn = round(time.monotonic() - started - seconds, 2)
    settle(job, dataset, run, Asked(key, code_digest(job.packages), now, seconds, attempts, drawn, noted), progress)


def count_attempt(path: Path) -> int:
    """Return how often this run was begun, this time included."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as stream:
        stream.write(b".")
    return path.stat().st_size


def ask(job: Job, dataset: Dataset, examples: Sequence[Example], run: Run, progress: Progress) -> dict[str, int]:
    """Write `answers.parquet`: fit the system unless every block is already there, then ask block by block.

    Return what the system counted while it answered (its method `noted`, asked after every block), summed.
    """
    queries = [example.query for example in examples]
    starts = range(0, len(queries), BLOCK)
    blocks = {start: queries[start : start + BLOCK] for start in starts}
    todo = [start for start in starts if not _whole(run.parts / f"{start:08d}.parquet", blocks[start])]
    if todo:
        with _reporting(job, run):
            system = make_system(job, _context(job, run, dataset, progress))
            progress("fit", 0, 1)
            system.fit(dataset.train)
            progress("fit", 1, 1)
            for start in todo:
                progress("ask", start, len(queries))
                answers = put(system, job, blocks[start], dataset)
                noted = system.noted() if hasattr(system, "noted") else {}
                write_text(run.parts / f"{start:08d}.json", canonical(noted))
                write_answers(run.parts / f"{start:08d}.parquet", [query.id for query in blocks[start]], answers)
    progress("ask", len(queries), len(queries))
    merged: dict[str, Answer] = {}
    total: Counter[str] = Counter()
    for start in starts:
        merged |= read_answers(run.parts / f"{start:08d}.parquet")
        total.update(_noted(run.parts / f"{start:08d}.json"))
    write_answers(run.answers, list(merged), list(merged.values()))
    return dict(sorted(total.items()))


def put(system: Any, job: Job, queries: Sequence[Query], dataset: Dataset) -> list[Answer]:
    """Return one checked answer a query; a wrong number of answers is the system's error."""
    kind = job.task.kind
    answers = system.rank(queries, job.task.depth) if kind is Kind.NEXT_ITEM else system.instruct(queries, kind)
    if len(answers) != len(queries):
        raise BenchError(f"{job.system} gave {len(answers)} answers to {len(queries)} queries")
    items = dataset.train.items
    return [checked(answer, query, kind, items) for answer, query in zip(answers, queries, strict=True)]


def _context(job: Job, run: Run, dataset: Dataset, progress: Progress) -> Context:
    out = folder_of_runs(run, job.task.id)
    work = checkpoints_for(out, job.system, job.seed, fit_key(job, train_digest(dataset.train)))
    shared = shared_for(out, code_digest(job.packages))
    replies = replies_for(out)
    return Context(job.seed, work, job.device.name, job.device.dtype, progress, shared=shared, replies=replies)


def _whole(path: Path, queries: Sequence[Query]) -> bool:
    """Return whether a block was written whole for just these queries; a damaged one is asked again."""
    if not path.exists() or not path.with_suffix(".json").exists():
        return False
    try:
        return list(read_answers(path)) == [query.id for query in queries]
    except BenchError:
        return False


def _noted(path: Path) -> dict[str, int]:
    """Return what a system counted while it answered a block."""
    return build(_Noted, {"counts": read_json(path)}, str(path)).counts


@dataclass(frozen=True, slots=True)
class _Noted:
    counts: dict[str, int]


@contextmanager
def _reporting(job: Job, run: Run) -> Iterator[None]:
    """Turn a system's crash into one line for the user and a full traceback in the run's folder."""
    try:
        yield
    except BenchError:
        raise
    except Exception as error:
        log = run.folder / "error.log"
        write_text(log, traceback.format_exc())
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise BenchError(f"{job.label}: {reason} (traceback in {log})") from error
