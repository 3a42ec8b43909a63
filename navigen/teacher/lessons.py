"""From samples to lessons: terms, reasons, the search and its thought, stage by stage for all samples at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.api import Failure, Kind, Progress, ignore_progress
from bench.errors import BenchError
from navigen.teacher.distil import write_thoughts
from navigen.teacher.drafts import Found
from navigen.teacher.evolve import count_calls, search
from navigen.teacher.protocol import Desk
from navigen.teacher.reason import write_reasons
from navigen.teacher.sample import Lesson, Sample, Teaching
from navigen.teacher.terms import lacking, teach_terms

STAGES = ("terms", "reason", "founders", "single", "children", "judge", "distil")

Lessons = dict[str, Lesson | Failure]


@dataclass(frozen=True, slots=True)
class Calls:
    """How many calls a teaching takes by operation, without those that are asked again.

    Thoughts that break a rule take one more each, `most` of them.
    """

    terms: int
    reason: int
    search: int
    distil: int

    @property
    def total(self) -> int:
        """The calls that are certain."""
        return self.terms + self.reason + self.search + self.distil

    @property
    def most(self) -> int:
        """The calls if every thought has to be corrected."""
        return self.total + self.distil


def plan_calls(samples: Sequence[Sample], settings: Teaching) -> Calls:
    """Return how many calls teaching the samples will take if none fails: 2R + 2 a search, a reason and a thought."""
    made = sum(sample.kind is not Kind.NEXT_ITEM for sample in samples)
    reasons = len(samples) if settings.thoughts else 0
    terms = len(lacking([sample.target for sample in samples]))
    return Calls(terms, reasons, made * count_calls(settings), made if settings.thoughts else 0)


def teach(samples: Sequence[Sample], desk: Desk, settings: Teaching, progress: Progress = ignore_progress) -> Lessons:
    """Return sample id -> lesson, or the Failure of the first stage that failed it ("judge: not JSON").

    Neighbours change nothing, nor does the order of samples. Terms are asked for targets that have none, once an item;
    items of a history are shown with the terms they have.
    """
    if twice := [name for name, count in Counter(sample.id for sample in samples).items() if count > 1]:
        raise BenchError(f"teach: sample {twice[0]!r} is given twice; expected ids that are unique")
    failed: dict[str, Failure] = {}
    terms = _terms(samples, desk, settings, failed)
    progress("terms", len(samples), len(samples))
    reasons = _reasons(samples, terms, desk, settings, failed)
    progress("reasons", len(samples), len(samples))
    made = [sample for sample in samples if sample.kind is not Kind.NEXT_ITEM and sample.id not in failed]
    found: dict[str, Found] = {}
    told = search(made, [terms[one.id] for one in made], desk, settings, progress) if made else []
    for sample, result in zip(made, told, strict=True):
        if isinstance(result, Failure):
            failed[sample.id] = result
        else:
            found[sample.id] = result
    thoughts = _thoughts(samples, terms, reasons, found, desk, settings, failed)
    progress("thoughts", len(samples), len(samples))
    lessons: Lessons = {}
    for sample in samples:
        name = sample.id
        if name in failed:
            lessons[name] = failed[name]
            continue
        best, reason = found.get(name), reasons.get(name, "")
        lessons[name] = (
            Lesson(sample, terms[name], reason)
            if best is None
            else Lesson(
                sample,
                terms[name],
                reason,
                best.best.draft.instruction,
                thoughts.get(name, ""),
                best.best.marks.fitness,
                best.trace,
            )
        )
    return lessons


def count_failures(lessons: Mapping[str, Lesson | Failure]) -> dict[str, int]:
    """Return stage -> how many samples failed at it, in the order of the stages; without stages where none did."""
    stages = [one.reason.partition(":")[0] for one in lessons.values() if isinstance(one, Failure)]
    return {stage: stages.count(stage) for stage in STAGES if stage in stages}


def _terms(
    samples: Sequence[Sample], desk: Desk, settings: Teaching, failed: dict[str, Failure]
) -> dict[str, tuple[str, ...]]:
    by_item = teach_terms([sample.target for sample in samples], desk, settings.seed)
    terms: dict[str, tuple[str, ...]] = {}
    for sample in samples:
        own = by_item[sample.target.id]
        if isinstance(own, Failure):
            failed[sample.id] = Failure(f"terms: {own.reason}")
        else:
            terms[sample.id] = own
    return terms


def _reasons(
    samples: Sequence[Sample],
    terms: Mapping[str, tuple[str, ...]],
    desk: Desk,
    settings: Teaching,
    failed: dict[str, Failure],
) -> dict[str, str]:
    asked = [sample for sample in samples if sample.id not in failed] if settings.thoughts else []
    replies = write_reasons(asked, [terms[one.id] for one in asked], desk, settings.seed)
    return _sort_out("reason", asked, replies, failed)


def _thoughts(
    samples: Sequence[Sample],
    terms: Mapping[str, tuple[str, ...]],
    reasons: Mapping[str, str],
    found: Mapping[str, Found],
    desk: Desk,
    settings: Teaching,
    failed: dict[str, Failure],
) -> dict[str, str]:
    asked = [sample for sample in samples if sample.id in found] if settings.thoughts else []
    names = [sample.id for sample in asked]
    own, why, best = [terms[name] for name in names], [reasons[name] for name in names], [found[name] for name in names]
    replies = write_thoughts(asked, own, why, best, desk, settings.seed)
    return _sort_out("distil", asked, replies, failed)


def _sort_out(
    stage: str, asked: Sequence[Sample], replies: Sequence[str | Failure], failed: dict[str, Failure]
) -> dict[str, str]:
    """Return sample id -> text of the replies; those that are failures are put into `failed`."""
    texts: dict[str, str] = {}
    for sample, reply in zip(asked, replies, strict=True):
        if isinstance(reply, Failure):
            failed[sample.id] = Failure(f"{stage}: {reply.reason}")
        else:
            texts[sample.id] = reply
    return texts
