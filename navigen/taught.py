"""What a policy is taught: the teacher asked about every sample, and how that went."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.api import Failure, Progress
from bench.config import plain
from bench.errors import BenchError
from navigen.corpus import Lessons, Said
from navigen.teacher.lessons import count_failures, plan_calls, teach
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.settings import TeacherSettings, open_desk

COSTS = ("calls", "read", "written", "money")


@dataclass(frozen=True, slots=True)
class Taught:
    """The lessons by sample, and what a checkpoint tells of them: who taught, how often it failed and at what."""

    lessons: Lessons
    told: Mapping[str, Any]


def be_taught(
    samples: Sequence[Sample], teacher: TeacherSettings, how: Teaching, folder: Path | None, progress: Progress
) -> Taught:
    """Return the lessons of a teacher about samples; with a folder, replies that are there are not asked again.

    What is told is the same after a kill: of the asks only what they cost. Raises BenchError if every sample failed.
    """
    log, calls = logging.getLogger("navibench"), plan_calls(samples, how)
    log.info("teach: about %s calls for %s samples", f"{calls.total:,}", f"{len(samples):,}")
    with TemporaryDirectory() as passing:
        desk = open_desk(teacher, folder or Path(passing), progress)
        found = teach(samples, desk, how, progress)
    spent = desk.summary()
    failed = count_failures(found)
    if failed:
        log.warning("teach: %s samples failed (%s)", f"{sum(failed.values()):,}", failed)
    lessons = {name: one for name, one in found.items() if isinstance(one, Lesson)}
    if not lessons:
        first = next((one.reason for one in found.values() if isinstance(one, Failure)), "there are no samples")
        raise BenchError(f"teach: no sample was taught: {first}")
    fitness = [one.fitness for one in lessons.values() if one.fitness is not None]
    told = {
        "samples": len(found),
        "failed": failed,
        "fitness": round(float(np.mean(fitness)), 4) if fitness else None,
        "spent": {name: plain(spent)[name] for name in COSTS},
    }
    return Taught({name: say(one) for name, one in lessons.items()}, told)


def say(lesson: Lesson) -> Said:
    """Return what a step is supervised by."""
    return Said(lesson.sample.kind, lesson.instruction, lesson.reason, lesson.thought)
