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
from bench.io import digest, read_json, write_text
from bench.processes import is_main
from navigen.corpus import Lessons, Said
from navigen.teacher.asking import prompts_digest
from navigen.teacher.lessons import count_failures, plan_calls, teach
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.settings import TeacherSettings, open_desk

LESSONS = "lessons.json"  # what a training was taught, kept for when it goes on, and for its other processes
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


def taught_once(folder: Path, made: str, teach_here: Callable[[], Taught]) -> Taught:
    """Return what the training in `folder` is taught, the same whenever it goes on; `made` tells which training it is.

    What the teacher failed at may be answered by the next run, but a training half done can't learn from other lessons
    than those it began with. Of processes launched together the first asks the teacher. The others look for the file
    meanwhile, since a teacher may take longer than processes wait for each other; where the first fails, their launcher
    ends them.
    """
    path = folder / LESSONS
    found = read_lessons(path, made)
    if found is None and is_main():
        taught = teach_here()
        if failed := sum(taught.told["failed"].values()):
            log = logging.getLogger("navibench")
            log.info("teach: %s samples failed; to ask them anew, delete %s", f"{failed:,}", folder)
        lessons = {name: plain(said) for name, said in taught.lessons.items()}
        write_text(path, json.dumps({"made": made, "lessons": lessons, "told": plain(taught.told)}))
    while found is None and (found := read_lessons(path, made)) is None:
        time.sleep(PAUSE)
    return found


def read_lessons(path: Path, made: str) -> Taught | None:
    """Return the lessons of this very training, or None if there are none yet."""
    if not path.exists():
        return None
    kept: Any = read_json(path)
    if not isinstance(kept, dict) or kept.get("made") != made:
        return None
    return Taught({name: build(Said, said, str(path)) for name, said in kept["lessons"].items()}, kept["told"])


def lessons_key(samples: Sequence[Sample], teacher: TeacherSettings, how: Teaching) -> str:
    """Return the sha256 over what lessons are made of: samples with all that is known of items, teacher and rules."""
    items = {item.id: item for one in samples for item in (*one.history, one.target)}
    known = [[name, one.title, one.caption, plain(one.attributes)] for name, one in sorted(items.items())]
    asked = [[one.id, [item.id for item in one.history], one.target.id, one.kind.value] for one in samples]
    return digest([prompts_digest(), teacher.identity(), plain(how), known, asked])


def say(lesson: Lesson) -> Said:
    """Return what a step is supervised by."""
    return Said(lesson.sample.kind, lesson.instruction, lesson.reason, lesson.thought)
