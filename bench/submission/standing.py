"""A submission beside what was accepted before: stored reports with their best possible figures, earlier archives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.errors import BenchError
from bench.report.board import Page
from bench.report.render import from_json
from bench.submission.archive import read_members
from bench.submission.form import Form, read_form
from bench.submission.limits import LIMITS, Limits
from bench.submission.reasons import RefusalError
from bench.submission.strict import parse

OPTIMUM = re.compile(r"(^|[:.])(Bayes)?Optimal$|oracle", re.IGNORECASE)
SLACK = 0.02
"""How far above the best expected figure luck may carry a system on a few thousand cases."""


@dataclass
class Before:
    """What a folder of results holds: pages of reports, and the sha256 of answers that were submitted by whom."""

    pages: list[Page] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)

    def optimum(self, told: Mapping[str, Any]) -> float | None:
        """Return the primary figure of the best possible system on the same question, if one is known."""
        figures = [
            row.figures[page.question.primary].value
            for page in self.same(told)
            for row in page.rows
            if OPTIMUM.search(row.system) and page.question.primary in row.figures
        ]
        return max((value for value in figures if value is not None), default=None)

    def same(self, told: Mapping[str, Any]) -> list[Page]:
        """Return the pages that ask what a run was asked."""
        asked = (told["task"]["id"], told["task"]["version"], told["data"]["fingerprint"], told["seen"], None)
        return [
            page
            for page in self.pages
            if (one := page.question, (one.task, one.version, one.fingerprint, one.seen, one.limit))[1] == asked
        ]

    def rank(self, told: Mapping[str, Any], value: float | None) -> tuple[int, int] | None:
        """Return (place, systems) among those known, this one included; None where nothing is known."""
        primary = told["task"]["primary"]
        known = {
            row.label: figure.value
            for page in self.same(told)
            for row in page.rows
            if not OPTIMUM.search(row.system) and (figure := row.figures.get(primary)) and figure.value is not None
        }
        if not known or value is None:
            return None
        sign = 1 if catalogue.scorer(primary).higher_is_better else -1
        return 1 + sum(sign * other > sign * value for other in known.values()), len(known) + 1

    def copies(self, answers: str, place: str) -> Iterator[RefusalError]:
        """Yield answers (by their sha256) that were submitted before."""
        if answers in self.answers:
            yield RefusalError("copied-answers", f"{place}: they are in {self.answers[answers]}")

    def wonders(self, told: Mapping[str, Any], value: float | None, place: str) -> Iterator[RefusalError]:
        """Yield a primary figure that no system can have."""
        best, primary = self.optimum(told), told["task"]["primary"]
        if best is None or value is None or not catalogue.scorer(primary).higher_is_better:
            return
        if value > best + SLACK:
            yield RefusalError("beats-optimum", f"{place}: {primary} {value:.4f}; the best possible is {best:.4f}")


def read_before(folder: Path | None, apart_from: Path, limits: Limits = LIMITS) -> Before:
    """Return what lies in a folder: reports (*.json) and submissions (*.zip) at any depth, without the one in hand."""
    before = Before()
    if folder is None:
        return before
    if not folder.is_dir():
        raise BenchError(f"{folder}: no such folder; --against takes one that holds reports and submissions")
    for path in sorted(folder.glob("*.json")):
        before.pages += from_json(path)
    for path in sorted(folder.rglob("*.zip")):
        if path.resolve() == apart_from.resolve():
            continue
        try:
            form = form_of(path, limits)
        except RefusalError:  # refused when it is verified itself, and never a reason to refuse another
            continue
        for run in form.runs:
            before.answers[run.files["answers.parquet"]] = f"{path.relative_to(folder)} ({run.system})"
    return before


def form_of(path: Path, limits: Limits = LIMITS) -> Form:
    """Return what an archive says of itself, without unpacking it."""
    members = {member.name: member for member in read_members(path, limits)}
    member = members.get("submission.json")
    if member is None or member.size > limits.manifest:
        raise RefusalError("submission-absent", str(path))
    with path.open("rb") as stream:
        stream.seek(member.start)
        return read_form(parse(stream.read(member.size), "submission.json", limits), limits.runs)
