"""Answers against the questions: every case once, of the task's kind, from the catalogue, as deep as was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bench.api import Answer, Dataset, Example, Failure, Instruction, Item, Query, Ranking, Task
from bench.judge import EXPECTED, checked
from bench.media import Shot, chosen, maker, seed_of
from bench.submission.reasons import RefusalError
from bench.tables import read_answers, read_media

FIELDS = {
    "ranking": {"items", "ties", "rest"},
    "instruction": {"text", "terms"},
    "media": {"path"},
    "failure": {"failure"},
}


def take_answers(path: Path, place: str, task: Task, data: Dataset, examples: Sequence[Example]) -> dict[str, Answer]:
    """Return the stored answers once all of them are sound; the table itself was decoded before."""
    check_rows(path, place, [example.query.id for example in examples])
    answers = read_answers(path)
    for example in examples:
        case = f"{place}: {example.query.id}"
        check_answer(answers[example.query.id], example.query, task, data.train.items, case)
    return answers


def check_rows(path: Path, place: str, wanted: list[str]) -> None:
    """Refuse cases that are missing, unknown, repeated or out of order, and cells that belong to another kind."""
    rows = _rows(path)
    cases = [row["case"] for row in rows]
    if None in cases or (strange := sorted(set(cases) - set(wanted))):
        raise RefusalError("case-unknown", f"{place}: {'null' if None in cases else strange[0]!r}")
    if len(set(cases)) != len(cases):
        met: set[str] = set()
        twice = [case for case in cases if case in met or met.add(case)]  # type: ignore[func-returns-value]
        raise RefusalError("case-duplicate", f"{place}: {twice[0]!r}")
    if absent := sorted(set(wanted) - set(cases)):
        raise RefusalError("case-absent", f"{place}: {len(absent):,} of {len(wanted):,}, the first is {absent[0]!r}")
    if cases != wanted:
        raise RefusalError("case-order", f"{place}: cases are stored in order of their ids")
    for row in rows:
        if row["kind"] not in FIELDS:
            raise RefusalError("answer-kind", f"{place}: {row['case']}: {row['kind']!r}")
        foreign = [name for name, value in row.items() if value is not None and name not in ("case", "kind")]
        if wrong := set(foreign) - FIELDS[row["kind"]]:
            raise RefusalError(
                "answer-fields", f"{place}: {row['case']}: a {row['kind']} with {', '.join(sorted(wrong))}"
            )
        if row["kind"] == "media":
            raise RefusalError("answer-media", f"{place}: {row['case']}")


def _rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = pq.ParquetFile(path).read().to_pylist()
    return found


def check_answer(answer: Answer, query: Query, task: Task, items: Mapping[str, Item], place: str) -> None:
    """Refuse an answer that the harness would not have stored."""
    if isinstance(answer, Failure):
        return
    if type(answer).__name__.lower() not in EXPECTED[task.kind]:
        raise RefusalError("answer-kind", f"{place}: {type(answer).__name__} for {task.kind}")
    if isinstance(answer, Ranking):
        check_ranking(answer, query, task, items, place)
    elif isinstance(answer, Instruction) and not answer.text.strip():
        raise RefusalError("answer-empty", place)
    if isinstance(found := checked(answer, query, task.kind, items), Failure):
        raise RefusalError("answer-kind", f"{place}: {found.reason}")


def check_ranking(answer: Ranking, query: Query, task: Task, items: Mapping[str, Item], place: str) -> None:
    """Refuse unknown, repeated and excluded items, wrong counts of ties and rest, and rankings that end too early."""
    listed = set(answer.items)
    if not listed and not answer.rest:
        raise RefusalError("answer-empty", place)
    if len(listed) != len(answer.items):
        raise RefusalError("ranking-duplicate", place)
    if strangers := sorted(listed - items.keys()):
        raise RefusalError("ranking-unknown-item", f"{place}: {strangers[0]!r}")
    if barred := sorted(listed & set(query.exclude)):
        raise RefusalError("ranking-excluded", f"{place}: {barred[0]!r}")
    if answer.ties and (sum(answer.ties) != len(answer.items) or min(answer.ties) < 1):
        raise RefusalError("ranking-ties", place)
    candidates = len(items) - len(set(query.exclude) & items.keys())
    left = candidates - len(listed)
    if answer.rest not in (0, left):
        raise RefusalError("ranking-rest", f"{place}: {answer.rest}; {left} are left")
    if not answer.rest and len(listed) < min(task.depth, candidates):
        raise RefusalError("ranking-shallow", f"{place}: {len(listed)} of {min(task.depth, candidates)}")


def take_media(
    path: Path, place: str, out: Path, told: Mapping[str, Any], answers: Mapping[str, Answer], sent: Mapping[str, str]
) -> dict[str, Path | Failure]:
    """Return the rendered files of a run, or nothing where the submission holds none of them.

    A file must lie where its generator, prompt and seed put it, so that nobody sends pictures of something else.
    """
    if not path.exists():
        return {}
    found = read_media(path, out)
    rendering = told.get("rendering") or {"fingerprint": "", "device": "", "cases": None}
    if strange := sorted(set(found) - answers.keys()):
        raise RefusalError("media-unknown-case", f"{place}: {strange[0]!r}")
    examples = [Example(Query(case, "", ()), ()) for case in answers]
    if set(found) != chosen(examples, rendering["cases"]):
        raise RefusalError("media-absent", f"{place}: {len(found):,} rows are not the cases that were to be rendered")
    made_by = maker(rendering["fingerprint"], rendering["device"])
    for case, file in found.items():
        answer = answers[case]
        if isinstance(file, Failure):
            continue
        inner = file.relative_to(out / "media").as_posix() if file.is_relative_to(out / "media") else ""
        if not isinstance(answer, Instruction) or not inner:
            raise RefusalError("media-place", f"{place}: {case}")
        name = Shot(answer.text, seed_of(case)).name
        if inner.rpartition(".")[0] != f"{made_by}/{name[:2]}/{name}":
            raise RefusalError("media-place", f"{place}: {case}: {inner}")
        if sent and inner not in sent:
            raise RefusalError("media-absent", f"{place}: {case}: {inner}")
    return found if sent else {}
