"""How long jobs will take, from earlier runs of the same systems."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bench.config import plain
from bench.errors import BenchError
from bench.plan import Job
from bench.store import Run, find_runs


def estimate(jobs: Sequence[Job], out: Path) -> str:
    """Return a line for people: how many runs, and how long by what the same systems took in this folder before.

    A run of the same task with the same settings counts first, then the slowest of the same task, then of the same
    system; systems never run here are named. Stages that runs share are counted with each of them.
    """
    found = find_runs([out]) if out.is_dir() and next(out.rglob("run.json"), None) else []
    earlier = [run for run in found if readable(run)]
    known = [(job, _seconds(job, earlier)) for job in jobs]
    total = sum(seconds for _, seconds in known if seconds is not None)
    fresh = sorted({job.system for job, seconds in known if seconds is None})
    text = f"{len(jobs)} runs of {len({job.task.id for job in jobs})} tasks"
    if len(fresh) < len({job.system for job in jobs}):
        text += f"; about {total / 60:.1f} min by earlier runs"
    if fresh:
        text += f"; never timed here: {', '.join(fresh)} (the bar shows the time left)"
    return text + drawn(jobs)


def drawn(jobs: Sequence[Job]) -> str:
    """Return how many pictures and clips will be made by which generator, as far as the jobs say."""
    counts: Counter[str] = Counter()
    for job in jobs:
        told = job.rendering
        most = [number for number in (told.cases, job.limit) if number is not None]
        if told.generator and most:
            counts[told.generator] += min(most)
    shown = ", ".join(f"{count:,} by {name}" for name, count in sorted(counts.items()))
    return f"; to render: {shown}" if shown else ""


def _seconds(job: Job, earlier: Sequence[Run]) -> float | None:
    same = [run for run in earlier if run.system == job.system]
    near = [run for run in same if run.task == job.task.id]
    exact = [run for run in near if run.manifest["system"]["changed"] == plain(job.changed)]
    times = [run.manifest["seconds"] for run in (exact or near or same)]
    return max((float(took["ask"]) + float(took.get("render", 0)) for took in times), default=None)


def readable(run: Run) -> bool:
    """Return whether a folder holds a run this program can read; others are no ground for an estimate."""
    try:
        return bool(run.manifest)
    except BenchError:
        return False
