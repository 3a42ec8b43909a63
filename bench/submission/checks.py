"""Answers against the questions: every case once, of the task's kind, from the catalogue, as deep as was asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from bench.api import Answer, Dataset, Example, Failure, Instruction, Item, Query, Ranking, Task
from bench.judge import EXPECTED, checked
from bench.media import Shot, chosen, maker, seed_of
from bench.submission.faults import Faults
from bench.submission.reasons import RefusalError
from bench.tables import answer_of

SURPLUS = 1000  # rows looked at beyond those that there should be
FIELDS = {
    "ranking": {"items", "ties", "rest"},
    "instruction": {"text", "terms"},
    "media": {"path"},
    "failure": {"failure"},
}


def take_answers(
    rows: Sequence[dict[str, Any]], place: str, task: Task, data: Dataset, examples: Sequence[Example], faults: Faults
) -> tuple[dict[str, Answer], set[str]]:
    """Return the answers that can be read, by case, and the cases whose answers have a fault or are not there."""
    wanted = {example.query.id: example.query for example in examples}
    faults.note(case_faults(rows, place, list(wanted)))
    answers: dict[str, Answer] = {}
    faulty: set[str] = set()
    for row in rows:
        case = row["case"]
        sound = faults.note(row_faults(row, place))
        if case not in wanted:
            continue
        if not sound or case in answers:
            faulty.add(case)
        if row["kind"] not in FIELDS or row["kind"] == "media" or case in answers:
            continue
        answers[case] = answer_of(row, place)
        if not faults.note(answer_faults(answers[case], wanted[case], task, data.train.items, f"{place}: {case}")):
            faulty.add(case)
    return answers, faulty | (wanted.keys() - answers.keys())


def case_faults(rows: Sequence[Mapping[str, Any]], place: str, wanted: list[str]) -> Iterator[RefusalError]:
    """Yield cases that are unknown, repeated, missing or, if none is, out of order."""
    cases = [row["case"] for row in rows]
    if None in cases:
        yield RefusalError("case-unknown", f"{place}: {'null'!r}")
    met = Counter(case for case in cases if case is not None)
    for case in sorted(met.keys() - set(wanted)):
        yield RefusalError("case-unknown", f"{place}: {case!r}")
    for case, count in met.items():
        if count > 1:
            yield RefusalError("case-duplicate", f"{place}: {case!r}")
    whole = len(rows) < len(wanted) + SURPLUS  # else there may be others
    if whole and (absent := sorted(set(wanted) - met.keys())):
        yield RefusalError("case-absent", f"{place}: {len(absent):,} of {len(wanted):,}, the first is {absent[0]!r}")
    if cases != wanted and sorted(cases, key=str) == wanted:
        yield RefusalError("case-order", f"{place}: cases are stored in order of their ids")


def row_faults(row: Mapping[str, Any], place: str) -> Iterator[RefusalError]:
    """Yield a kind that is none or cannot be sent, and cells that belong to another kind."""
    if row["kind"] not in FIELDS:
        yield RefusalError("answer-kind", f"{place}: {row['case']}: {row['kind']!r}")
        return
    foreign = {name for name, value in row.items() if value is not None and name not in ("case", "kind")}
    if wrong := foreign - FIELDS[row["kind"]]:
        yield RefusalError("answer-fields", f"{place}: {row['case']}: a {row['kind']} with {', '.join(sorted(wrong))}")
    if row["kind"] == "media":
        yield RefusalError("answer-media", f"{place}: {row['case']}")


def read_rows(path: Path, cases: int) -> list[dict[str, Any]]:
    """Return the first rows of a table that was decoded before: as many as there are cases, and some more.

    More are never needed to refuse a table that has more: one of those here is unknown or there twice.
    """
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = []
    for batch in pq.ParquetFile(path).iter_batches(batch_size=4096):
        found += batch.slice(0, cases + SURPLUS - len(found)).to_pylist()
        if len(found) == cases + SURPLUS:
            break
    return found


def answer_faults(
    answer: Answer, query: Query, task: Task, items: Mapping[str, Item], place: str
) -> Iterator[RefusalError]:
    """Yield what of an answer the harness would not have stored."""
    if isinstance(answer, Failure):
        return
    if type(answer).__name__.lower() not in EXPECTED[task.kind]:
        yield RefusalError("answer-kind", f"{place}: {type(answer).__name__} for {task.kind}")
        return
    sound = True
    if isinstance(answer, Ranking):
        for fault in ranking_faults(answer, query, task, items, place):
            sound = False
            yield fault
    elif isinstance(answer, Instruction) and not answer.text.strip():
        yield RefusalError("answer-empty", place)
    if sound and isinstance(found := checked(answer, query, task.kind, items), Failure):
        yield RefusalError("answer-kind", f"{place}: {found.reason}")


def ranking_faults(
    answer: Ranking, query: Query, task: Task, items: Mapping[str, Item], place: str
) -> Iterator[RefusalError]:
    """Yield unknown, repeated and excluded items, wrong counts of ties and rest, and a ranking that ends too early."""
    listed = set(answer.items)
    if not listed and not answer.rest:
        yield RefusalError("answer-empty", place)
        return
    if repeated := len(answer.items) - len(listed):
        yield RefusalError("ranking-duplicate", place)
    if strangers := sorted(listed - items.keys()):
        yield RefusalError("ranking-unknown-item", f"{place}: {strangers[0]!r}")
    if barred := sorted(listed & set(query.exclude)):
        yield RefusalError("ranking-excluded", f"{place}: {barred[0]!r}")
    if answer.ties and (sum(answer.ties) != len(answer.items) or min(answer.ties) < 1):
        yield RefusalError("ranking-ties", place)
    candidates = len(items) - len(set(query.exclude) & items.keys())
    left = candidates - len(listed)
    if answer.rest not in (0, left) and not (repeated or strangers or barred):
        yield RefusalError("ranking-rest", f"{place}: {answer.rest}; {left} are left")
    if not answer.rest and len(listed) < min(task.depth, candidates):
        yield RefusalError("ranking-shallow", f"{place}: {len(listed)} of {min(task.depth, candidates)}")


def media_faults(
    rows: Sequence[Mapping[str, Any]],
    place: str,
    told: Mapping[str, Any],
    examples: Sequence[Example],
    answers: Mapping[str, Answer],
    sent: Collection[str],
) -> Iterator[RefusalError]:
    """Yield rows of other cases than were to be rendered, and files that are not where they must be.

    A file must lie where its generator, prompt and seed put it, so that nobody sends pictures of something else.
    """
    rendering = told.get("rendering") or {"fingerprint": "", "device": "", "cases": None}
    cases, wanted = Counter(row["case"] for row in rows), {example.query.id for example in examples}
    for case in sorted(cases.keys() - wanted, key=str):
        yield RefusalError("media-unknown-case", f"{place}: {case!r}")
    for case in (case for case, count in cases.items() if count > 1):
        yield RefusalError("case-duplicate", f"{place}: {case!r}")
    if (
        cases.keys() <= wanted
        and len(rows) < len(wanted) + SURPLUS
        and cases.keys() != chosen(examples, rendering["cases"])
    ):
        yield RefusalError("media-absent", f"{place}: {len(cases):,} rows are not the cases that were to be rendered")
    made_by = maker(rendering["fingerprint"], rendering["device"])
    for row in rows:
        case, answer = row["case"], answers.get(row["case"])
        if not row["path"] or answer is None:
            continue
        inner = _inner(row["path"])
        if not isinstance(answer, Instruction) or not inner:
            yield RefusalError("media-place", f"{place}: {case}")
            continue
        name = Shot(answer.text, seed_of(case)).name
        if inner.rpartition(".")[0] != f"{made_by}/{name[:2]}/{name}":
            yield RefusalError("media-place", f"{place}: {case}: {inner}")
        elif sent and inner not in sent:
            yield RefusalError("media-absent", f"{place}: {case}: {inner}")


def made_media(rows: Sequence[Mapping[str, Any]], out: Path) -> dict[str, Path | Failure]:
    """Return the rendered files below `out`, by case, of rows without faults."""
    return {
        row["case"]: out / row["path"] if row["path"] else Failure(row["failure"] or "no reason given") for row in rows
    }


def _inner(path: str) -> str:
    """Return a file's path below `media/`, "" if it lies elsewhere."""
    place = PurePosixPath(path)
    return place.relative_to("media").as_posix() if place.is_relative_to("media") else ""
