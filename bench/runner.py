"""Ask, judge, summarise: a job becomes a finished run, resumable after a kill at any moment."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import rmtree
from typing import Any

from bench import catalogue
from bench.api import Answer, Context, Dataset, Example, Failure, Kind, Query, Seen, Task, ignore_progress
from bench.config import build
from bench.errors import BenchError
from bench.io import file_sha256, write_text
from bench.judge import checked, judge, summarise
from bench.manifest import code_digest, described, fit_key, host, run_key
from bench.plan import Device, Job, Policy, make_system
from bench.rng import hash_order
from bench.store import SCHEMA, Run, checkpoints_for, folder_for
from bench.tables import read_answers, write_answers, write_scores

BLOCK = 1024  # queries asked between two writes: a kill costs at most this much work

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asking stage leaves to the later ones: the run's key, the code that answered, how long it took."""

    key: str
    code: str
    seconds: float


def load(job: Job, root: Path | None) -> Dataset:
    """Return the task's data, read below `root` unless the task's card file brings its own folder."""
    loader = catalogue.resolve(job.task.data.loader)
    dataset: Dataset = loader(job.root or root, **job.task.data.options)
    return dataset


def pose(job: Job, dataset: Dataset) -> tuple[Example, ...]:
    """Return the examples to ask, sorted by query id: the limit picks by hash, so a small run is inside a large one.

    Under `seen = mask` every distinct item of the history becomes an excluded candidate.
    """
    examples = dataset.examples
    if job.limit is not None and job.limit < len(examples):
        order = hash_order([example.query.id for example in examples], "limit")
        examples = tuple(examples[index] for index in order[: job.limit])
    if job.seen is Seen.MASK:
        examples = tuple(replace(example, query=_masked(example.query)) for example in examples)
    return tuple(sorted(examples, key=lambda example: example.query.id))


def _masked(query: Query) -> Query:
    return replace(query, exclude=tuple(sorted({*query.exclude, *query.history})))


def run_job(job: Job, dataset: Dataset, out: Path, progress: Progress = ignore_progress) -> tuple[Run, bool]:
    """Return the finished run of a job and whether it was there already.

    Whatever an earlier, killed attempt has finished is kept; the scores are the same bytes either way.
    """
    key = run_key(job, dataset.fingerprint)
    run = Run(folder_for(out, job.task.id, job.system, job.seed, key))
    there = run.finished(key)
    if not there:
        started = time.monotonic()
        ask(job, dataset, pose(job, dataset), run, progress)
        code = code_digest(job.packages)
        settle(job, dataset, run, Asked(key, code, round(time.monotonic() - started, 2)))
    rmtree(run.parts, ignore_errors=True)
    for remains in run.folder.glob(".*.part"):  # what a killed attempt was writing
        remains.unlink(missing_ok=True)
    return run, there


def ask(job: Job, dataset: Dataset, examples: Sequence[Example], run: Run, progress: Progress) -> None:
    """Write `answers.parquet`: fit the system unless every block is already there, then ask block by block."""
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
                write_answers(run.parts / f"{start:08d}.parquet", [query.id for query in blocks[start]], answers)
    progress("ask", len(queries), len(queries))
    merged: dict[str, Answer] = {}
    for start in starts:
        merged |= read_answers(run.parts / f"{start:08d}.parquet")
    write_answers(run.answers, list(merged), list(merged.values()))


def put(system: Any, job: Job, queries: Sequence[Query], dataset: Dataset) -> list[Answer]:
    """Return one checked answer a query; a wrong number of answers is the system's error."""
    kind = job.task.kind
    answers = system.rank(queries, job.task.depth) if kind is Kind.NEXT_ITEM else system.instruct(queries, kind)
    if len(answers) != len(queries):
        raise BenchError(f"{job.system} gave {len(answers)} answers to {len(queries)} queries")
    items = dataset.train.items
    return [checked(answer, query, kind, items) for answer, query in zip(answers, queries, strict=True)]


def settle(job: Job, dataset: Dataset, run: Run, asked: Asked) -> None:
    """Judge the stored answers, write `scores.parquet`, then `run.json` as the last act."""
    started = time.monotonic()
    answers = read_answers(run.answers)
    scores, statistics = judge(job.task, dataset, pose(job, dataset), answers)
    write_scores(run.scores, scores)
    figures = summarise(scores, statistics, job.policy)
    reasons = [answer.reason for answer in answers.values() if isinstance(answer, Failure)]
    run.write_manifest(
        {
            "schema": SCHEMA,
            "key": asked.key,
            **described(job),
            "data": {"fingerprint": dataset.fingerprint, **dataset.provenance},
            "code": {"asked": asked.code, "judged": code_digest(job.packages)},
            "policies": {
                "ties": "expectation over random order",
                "candidates": "full catalogue" + (" without the history" if job.seen is Seen.MASK else ""),
                "failures": "score 0 and stay in the denominator",
                "interval": f"BCa cluster bootstrap over users, {job.policy.resamples} resamples",
                "resamples": job.policy.resamples,
                "level": job.policy.level,
            },
            "counts": {
                "cases": len(scores.cases),
                "users": len(set(scores.users)),
                "failed": len(reasons),
                "reasons": {reason: reasons.count(reason) for reason in sorted(set(reasons))[:20]},
            },
            "figures": figures,
            "seconds": {"ask": asked.seconds, "judge": round(time.monotonic() - started, 2)},
            "host": host(),
            "files": {path.name: file_sha256(path) for path in (run.answers, run.scores)},
        }
    )


def rescore(run: Run, root: Path | None, policy: Policy | None = None) -> Run:
    """Judge a run's stored answers again with today's scorers; the data must be the very data it was asked on."""
    job = recall_job(run, policy)
    dataset = load(job, root)
    if dataset.fingerprint != run.manifest["data"]["fingerprint"]:
        raise BenchError(f"{run.folder}: was asked on other data than {job.task.id} now loads; run the task again")
    if file_sha256(run.answers) != run.manifest["files"]["answers.parquet"]:
        raise BenchError(f"{run.answers}: changed since the run was made; run the task again")
    told = run.manifest
    settle(job, dataset, run, Asked(told["key"], told["code"]["asked"], told["seconds"]["ask"]))
    return run


def recall_job(run: Run, policy: Policy | None = None) -> Job:
    """Return the job a run was made from, as its manifest tells it."""
    told = run.manifest
    rule = policy or Policy(resamples=told["policies"]["resamples"], level=told["policies"]["level"])
    return Job(
        task=build(Task, told["task"], f"{run.folder}/run.json: task"),
        system=told["system"]["name"],
        config=told["system"]["config"],
        seed=told["seed"],
        limit=told["limit"],
        policy=replace(rule, seen=Seen(told["seen"])),
        device=build(Device, told["device"], f"{run.folder}/run.json: device"),
    )


def _context(job: Job, run: Run, dataset: Dataset, progress: Progress) -> Context:
    work = checkpoints_for(run.folder, job.seed, fit_key(job, dataset.fingerprint))
    return Context(job.seed, work, job.device.name, job.device.dtype, progress)


def _whole(path: Path, queries: Sequence[Query]) -> bool:
    """Return whether a block was written whole for just these queries; a damaged one is asked again."""
    if not path.exists():
        return False
    try:
        return list(read_answers(path)) == [query.id for query in queries]
    except BenchError:
        return False


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
        raise BenchError(f"{job.label}: {type(error).__name__}: {error} (traceback in {log})") from error
