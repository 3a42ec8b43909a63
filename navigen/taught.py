"""What a policy is taught: the teacher asked about every sample, and how that went."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from bench.api import Failure, Progress
from bench.config import build, plain
from bench.errors import BenchError
from bench.io import read_json, write_text
from bench.processes import is_main
from navigen.corpus import Lessons, Said
from navigen.teacher.asking import prompts_digest
from navigen.teacher.lessons import count_failures, plan_calls, teach
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.settings import TeacherSettings, open_desk

GIVEN = "given.json"  # what the first of several processes was taught, for the others
PAUSE = 0.5  # seconds between two looks for it
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
        "teacher": desk.teacher.fingerprint,
        "asked": prompts_digest(),
    }
    return Taught({name: say(one) for name, one in lessons.items()}, told)


def taught_together(folder: Path, teach_here: Callable[[], Taught], wait: Callable[[], None]) -> Taught:
    """Return what the first of the processes launched together is taught; it alone asks the teacher.

    `wait` returns when all have come there. The others look for a file meanwhile, since a teacher may take longer than
    processes wait for each other; where the first fails, their launcher ends them.
    """
    path = folder / GIVEN
    if is_main():
        path.unlink(missing_ok=True)
    wait()
    if is_main():
        taught = teach_here()
        lessons = {name: plain(said) for name, said in taught.lessons.items()}
        write_text(path, json.dumps({"lessons": lessons, "told": plain(taught.told)}))
    else:
        while not path.exists():
            time.sleep(PAUSE)
        given: Any = read_json(path)
        lessons_of = {name: build(Said, said, str(path)) for name, said in given["lessons"].items()}
        taught = Taught(lessons_of, given["told"])
    wait()
    return taught


def say(lesson: Lesson) -> Said:
    """Return what a step is supervised by."""
    return Said(lesson.sample.kind, lesson.instruction, lesson.reason, lesson.thought)
