"""From stored answers to scores, figures and the manifest: the end of every run, and all of a re-scoring."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench.api import Dataset, Failure, Progress, Seen, Task, ignore_progress
from bench.backbones import identify
from bench.backbones.identity import Identity
from bench.cards import check_loader
from bench.config import build, plain
from bench.errors import BenchError
from bench.io import file_sha256, only_one
from bench.judge import judge, summarise
from bench.manifest import code_digest, described, figures_digest, host
from bench.media import rendered
from bench.plan import Device, Job, Policy
from bench.pose import load, pose
from bench.rendering import recalled
from bench.scorers.rubric import prompt_digest
from bench.store import SCHEMA, Run
from bench.tables import read_answers, write_scores


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asking stage leaves to the later ones: the run's key, the code that answered, when, and how long.

    `seconds` are of the last of `attempts`: only a run that was made in one go tells what it takes. `noted`: what the
    system counted while it answered.
    """

    key: str
    code: str
    at: str
    seconds: float
    attempts: int
    rendering: float = 0.0
    noted: Mapping[str, int] = field(default_factory=dict)


def settle(job: Job, dataset: Dataset, run: Run, asked: Asked, progress: Progress = ignore_progress) -> None:
    """Judge the stored answers, write `scores.parquet`, then `run.json` as the last act."""
    started = time.monotonic()
    answers = read_answers(run.answers)
    media = rendered(run, job.task.id)
    progress("judge", 0, 1)
    scores, statistics = judge(job.task, dataset, pose(job, dataset), answers, media, job.rendering.backbones)
    write_scores(run.scores, scores)
    figures = summarise(scores, statistics, job.policy)
    failed = {case: answer.reason for case, answer in answers.items() if isinstance(answer, Failure)}
    spoilt = [file.reason for case, file in media.items() if isinstance(file, Failure) and case not in failed]
    run.write_manifest(
        {
            "schema": SCHEMA,
            "key": asked.key,
            "asked": asked.at,
            **described(job),
            "data": {"fingerprint": dataset.fingerprint, **dataset.provenance},
            "code": {"asked": asked.code, "judged": code_digest(job.packages), "figures": figures_digest()},
            "policies": policies(job),
            "counts": {
                "cases": len(scores.cases),
                "users": len(set(scores.users)),
                "failed": len(failed),
                "reasons": counted(failed.values()),
                **({"noted": dict(asked.noted)} if asked.noted else {}),
                **({"rendered": len(media), "spoilt": len(spoilt), "spoilt_reasons": counted(spoilt)} if media else {}),
            },
            "figures": figures,
            "seconds": {
                "ask": asked.seconds,
                "attempts": asked.attempts,
                "render": asked.rendering,
                "judge": round(time.monotonic() - started, 2),
            },
            "host": host(),
            "files": {path.name: file_sha256(path) for path in (run.answers, run.media, run.scores) if path.exists()},
        }
    )


def counted(reasons: Iterable[str]) -> dict[str, int]:
    """Return how often each of the first 20 reasons, in order of their text, was given."""
    found = Counter(reasons)
    return {reason: found[reason] for reason in sorted(found)[:20]}


def policies(job: Job) -> dict[str, Any]:
    """Return how ties, candidates, failures and intervals are treated, in words and numbers, and who looks at media."""
    looking = {role: identify(role, given) for role, given in job.rendering.backbones.items()}
    if "judge" in looking:
        looking["rubric"] = prompt_digest()
    judged = {"rewarded_by": plain(job.judges), "same_judge": job.policy.same_judge} if job.judges else {}
    return {
        **({"looking": looking} if looking else {}),
        **judged,
        "ties": "expectation over random order",
        "candidates": "full catalogue" + (" without the history" if job.seen is Seen.MASK else ""),
        "failures": "score 0 and stay in the denominator",
        "interval": "BCa cluster bootstrap over users",
        "resamples": job.policy.resamples,
        "level": job.policy.level,
    }


def rescore(run: Run, root: Path | None) -> Run:
    """Judge a run's stored answers again with today's scorers; the data must be the very data it was asked on."""
    job = recall_job(run)
    check_loader(job.task.data)
    dataset = load(job, root)
    if dataset.fingerprint != run.manifest["data"]["fingerprint"]:
        raise BenchError(f"{run.folder}: was asked on other data than {job.task.id} now loads; run the task again")
    if file_sha256(run.answers) != run.manifest["files"]["answers.parquet"]:
        raise BenchError(f"{run.answers}: changed since the run was made; run the task again")
    with only_one(run.folder):
        settle(job, dataset, run, told_of(run))
    return run


def told_of(run: Run) -> Asked:
    """Return what a finished run says of its asking."""
    told, seconds = run.manifest, run.manifest["seconds"]
    took = seconds["ask"], seconds["attempts"], seconds.get("render", 0.0)
    return Asked(told["key"], told["code"]["asked"], told["asked"], *took, told["counts"].get("noted", {}))


def recall_job(run: Run) -> Job:
    """Return the job a run was made from, as its manifest tells it."""
    told = run.manifest
    return Job(
        task=build(Task, told["task"], f"{run.folder}/run.json: task"),
        system=told["system"]["name"],
        config=told["system"]["config"],
        seed=told["seed"],
        limit=told["limit"],
        policy=Policy(
            Seen(told["seen"]),
            told["policies"]["resamples"],
            told["policies"]["level"],
            told["policies"].get("same_judge", False),
        ),
        device=build(Device, told["device"], f"{run.folder}/run.json: device"),
        rendering=recalled(told.get("rendering", {})),
        judges=tuple(build(Identity, one, f"{run.folder}/run.json") for one in told["policies"].get("rewarded_by", ())),
    )
