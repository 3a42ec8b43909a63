"""The search for an instruction: drafts in three directions, judged, crossed and changed over rounds.

A search of R rounds takes 2R + 2 calls a sample; all samples' questions of a step are asked together.
Departures from the released code, each with the setting that brings the released behaviour back:
1. The best draft so far keeps the score it has, and only new drafts are judged (`keep="best"`). Released: it is judged
   anew beside its children each round, and may be lost to the judge's mood (`keep="released"`). Between the two,
   `keep="mean"` judges it anew and counts the mean of all its scores: a lucky score wears off, and nothing is lost.
2. Candidates stand before the judge in an order drawn for each sample and round (`shuffle`). Released: always in the
   order in which they were written (`shuffle=False`).
3. A judge's reply that cannot be read is asked for again by the desk, as any is. Released: it fails the sample.
4. What may not be named is a setting (`conceal`, see `navigen.teacher.fitness`).
5. No round at all (`rounds=0`: the best of the first three) and no search at all (`search="single"`: one balanced
   draft, judged once so that its fitness can be compared; 2 calls) are settings. Released: at least one round.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from bench.api import Failure, Progress, ignore_progress
from bench.rng import stream
from navigen.prompt import compact
from navigen.teacher.asking import CONCEALED, MAKE, make_ask, sample_facts, sample_texts
from navigen.teacher.drafts import CHILDREN, FOUNDERS, Draft, Found, Judged
from navigen.teacher.fitness import Scores, average, find_named, mark
from navigen.teacher.protocol import Ask, Desk
from navigen.teacher.reading import read_drafts, read_scores
from navigen.teacher.sample import Sample, Teaching

T = TypeVar("T")


@dataclass
class _Run:
    """The search of one sample as it stands: judged drafts, best first, and drafts that wait for the judge."""

    sample: Sample
    terms: tuple[str, ...]
    facts: Mapping[str, Any]
    texts: Mapping[str, str]
    waiting: list[Draft] = field(default_factory=list)
    pool: list[Judged] = field(default_factory=list)
    rounds: list[Mapping[str, Any]] = field(default_factory=list)
    calls: int = 0
    failure: Failure | None = None


def search(
    samples: Sequence[Sample],
    terms: Sequence[tuple[str, ...]],
    desk: Desk,
    settings: Teaching,
    progress: Progress = ignore_progress,
) -> list[Found | Failure]:
    """Return what the search finds for every sample of a picture or clip, in order; `terms` are the targets'."""
    runs = [_start(sample, own, settings) for sample, own in zip(samples, terms, strict=True)]
    last = 0 if settings.search == "single" else settings.rounds
    _first(runs, desk, settings)
    for number in range(last + 1):
        if number:
            _breed(runs, desk, settings, number)
        _judge(runs, desk, settings, number)
        progress("search", number + 1, last + 1)
    return [run.failure or Found(run.pool[0], tuple(run.rounds), run.calls) for run in runs]


def count_calls(settings: Teaching) -> int:
    """Return the calls that the search of one sample takes."""
    return 2 if settings.search == "single" else 2 * settings.rounds + 2


def _start(sample: Sample, terms: tuple[str, ...], settings: Teaching) -> _Run:
    facts = {**sample_facts(sample, terms), "conceal": settings.conceal}
    texts = {**sample_texts(facts), "make": MAKE[sample.kind], "conceal": CONCEALED[settings.conceal]}
    return _Run(sample, terms, facts, texts)


def _first(runs: Sequence[_Run], desk: Desk, settings: Teaching) -> None:
    """Let the first drafts be written."""
    names, operation = (("balanced",), "single") if settings.search == "single" else (FOUNDERS, "founders")

    def ask(run: _Run) -> Ask:
        return make_ask(operation, run.sample.id, settings.seed, {**run.facts, "directions": list(names)}, run.texts)

    def take(run: _Run, told: list[tuple[str, str]]) -> None:
        run.waiting = [Draft(name, 0, *one) for name, one in zip(names, told, strict=True)]

    _step(runs, desk, operation, ask, lambda _, text: read_drafts(text, names), take)


def _breed(runs: Sequence[_Run], desk: Desk, settings: Teaching, number: int) -> None:
    """Let two children of the two best drafts be written."""

    def ask(run: _Run) -> Ask:
        parents = [{"instruction": one.draft.instruction, "comment": one.comment} for one in run.pool[:2]]
        facts = {**run.facts, "parents": parents, "round": number}
        texts = {**run.texts, "parents": "\n".join(map(compact, parents))}
        return make_ask("children", run.sample.id, settings.seed, facts, texts)

    def take(run: _Run, told: list[tuple[str, str]]) -> None:
        run.waiting = [Draft(name, number, *one) for name, one in zip(CHILDREN, told, strict=True)]
        if settings.keep != "best":
            run.waiting.insert(0, run.pool[0].draft)

    _step(runs, desk, "children", ask, lambda _, text: read_drafts(text, CHILDREN), take)


def _judge(runs: Sequence[_Run], desk: Desk, settings: Teaching, number: int) -> None:
    """Let waiting drafts be judged and sorted in: of equally fit ones the older stands first."""

    def ask(run: _Run) -> Ask:
        shown = [run.waiting[place].instruction for place in _order(run, settings, number)]
        names = _names(len(shown))
        facts = {**run.facts, "candidates": shown, "round": number}
        listed = "\n".join(f"{name}: {compact(text)}" for name, text in zip(names, shown, strict=True))
        texts = {**run.texts, "candidates": listed, "names": ", ".join(names)}
        return make_ask("judge", run.sample.id, settings.seed, facts, texts)

    def read(ask: Ask, text: str) -> list[tuple[Scores, str]]:
        return read_scores(text, _names(len(ask.facts["candidates"])))

    def take(run: _Run, told: list[tuple[Scores, str]]) -> None:
        by_place = dict(zip(_order(run, settings, number), told, strict=True))
        known = {one.draft: one.scores for one in run.pool} if settings.keep == "mean" else {}
        new = [_mark(run, draft, known.get(draft, ()), *by_place[place]) for place, draft in enumerate(run.waiting)]
        old = {"best": run.pool[:1], "mean": run.pool[1:], "released": []}[settings.keep]
        before = [one.draft.name for one in run.pool]
        run.pool = sorted([*old, *new] if settings.keep == "best" else [*new, *old], key=lambda one: -one.marks.fitness)
        told_of = {
            "round": number,
            "old": before,
            "drafts": [one.tell() for one in new],
            "kept": run.pool[0].draft.name,
            "fitness": run.pool[0].marks.fitness,
        }
        run.rounds.append(told_of)

    _step(runs, desk, "judge", ask, read, take)


def _mark(run: _Run, draft: Draft, before: tuple[Scores, ...], scores: Scores, comment: str) -> Judged:
    named = find_named(draft.instruction, run.sample.target, run.terms, run.facts["conceal"])
    every = (*before, scores)
    return Judged(draft, mark(average(every), named), comment, every)


def _order(run: _Run, settings: Teaching, number: int) -> list[int]:
    """Return the places of the waiting drafts in the order in which the judge reads them."""
    count = len(run.waiting)
    if not settings.shuffle:
        return list(range(count))
    return [int(place) for place in stream(settings.seed, "candidates", run.sample.id, number).permutation(count)]


def _names(count: int) -> list[str]:
    return [f"candidate_{place + 1}" for place in range(count)]


def _step(
    runs: Sequence[_Run],
    desk: Desk,
    stage: str,
    ask: Callable[[_Run], Ask],
    read: Callable[[Ask, str], T],
    take: Callable[[_Run, T], None],
) -> None:
    """Ask about all samples that have not failed, in one call; who gets no answer fails at this stage."""
    alive = [run for run in runs if run.failure is None]
    replies = desk.ask([ask(run) for run in alive], read) if alive else []
    for run, reply in zip(alive, replies, strict=True):
        run.calls += 1
        if isinstance(reply, Failure):
            run.failure = Failure(f"{stage}: {reply.reason}")
        else:
            take(run, reply)
