"""From a job to its questions: the data, which cases are asked, what may not be answered."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from pathlib import Path

from bench import catalogue
from bench.api import Data, Dataset, Example, Progress, Query, Seen, ignore_progress
from bench.plan import Job
from bench.rng import hash_order


def load(job: Job, root: Path | None, progress: Progress = ignore_progress) -> Dataset:
    """Return the task's data, read below `root` unless the task's card file brings its own folder."""
    return load_data(job.task.data, job.root or root, progress)


def load_data(data: Data, root: Path | None, progress: Progress = ignore_progress) -> Dataset:
    """Return what a card's loader makes of its options; one that takes a while tells `progress`, if it has a use."""
    loader = catalogue.resolve(data.loader)
    told = {"progress": progress} if "progress" in signature(loader).parameters else {}
    dataset: Dataset = loader(root, **data.options, **told)
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
