"""What a gallery shows, read from runs: every system's answers, media and scores, and the people behind the cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.api import Answer, Data, Dataset, Example, Failure, Instruction, Item, Media, Progress, ignore_progress
from bench.cards import check_loader
from bench.errors import BenchError
from bench.pose import load_data
from bench.report.groups import Group, Question
from bench.settle import recall_job
from bench.store import Run, folder_for
from bench.tables import read_answers, read_media


@dataclass(frozen=True, slots=True)
class Shown:
    """What one system gave for one case: words, a file, or a line that says why there is none."""

    text: str = ""
    file: Path | None = None
    note: str = ""
    rendered: bool = False


@dataclass(frozen=True)
class Hand:
    """One system's answers to a question; of several seeds the first is shown, and scores are means over all.

    `inside` is the folder that its files have to lie in.
    """

    label: str
    seeds: tuple[int, ...]
    scores: NDArray[np.float64]  # [cases], NaN where it was not judged
    answers: Mapping[str, Answer]
    media: Mapping[str, Path | Failure]
    inside: Path | None

    def shown(self, case: str) -> Shown:
        """Return what to show of a case."""
        answer, file = self.answers.get(case), self.media.get(case)
        text = answer.text if isinstance(answer, Instruction) else ""
        if isinstance(answer, Failure):
            return Shown(note=f"no answer: {answer.reason}", rendered=case in self.media)
        if isinstance(file, Failure):
            return Shown(text, note=f"could not be rendered: {file.reason}", rendered=True)
        if file is None and isinstance(answer, Media):
            file = answer.path
        return Shown(text, file, rendered=file is not None)


@dataclass(frozen=True)
class Exhibit:
    """A question's cases, in order of their ids, with all systems, best first; the people where data were loaded."""

    cases: tuple[str, ...]
    hands: tuple[Hand, ...]
    examples: Mapping[str, Example]
    items: Mapping[str, Item]
    notes: tuple[str, ...]


class People:
    """The data of questions, loaded once each."""

    def __init__(self, root: Path | None, progress: Progress = ignore_progress) -> None:
        self.root, self.progress = root, progress
        self._known: dict[tuple[str, str], Dataset | str] = {}

    def of(self, run: Run, asked: Question) -> Dataset | str:
        """Return the data a run was asked on, or a line that says why they are not at hand."""
        data = recall_job(run).task.data
        key = (asked.fingerprint, repr(data))
        if key not in self._known:
            try:
                found = self._load(data)
                same = found.fingerprint == asked.fingerprint
                self._known[key] = found if same else "the data here are not those that the runs were asked on"
            except BenchError as error:
                self._known[key] = str(error)
        return self._known[key]

    def _load(self, data: Data) -> Dataset:
        check_loader(data)
        return load_data(data, self.root, self.progress)


def exhibit(asked: Question, groups: Sequence[Group], people: People) -> Exhibit:
    """Return what to show of a question; `groups` in the order of its page."""
    cases = tuple(sorted(groups[0].scores.cases))
    told = [_hand(group, asked, cases) for group in groups]
    found = people.of(groups[0].runs[0], asked)
    hands, notes = tuple(hand for hand, _ in told), [note for _, note in told if note]
    if isinstance(found, str):
        why = f"Histories and true next items are not shown: {found}"
        return Exhibit(cases, hands, {}, {}, (why, *notes))
    examples = {line.query.id: line for line in found.examples}
    return Exhibit(cases, hands, examples, found.train.items, tuple(notes))


def _hand(group: Group, asked: Question, cases: Sequence[str]) -> tuple[Hand, str]:
    run = Run(group.runs[0].folder.resolve())
    media, inside, note = _media(run)
    place = {case: index for index, case in enumerate(group.scores.cases)}
    if sorted(place) != list(cases):
        raise BenchError(f"{run.folder}: was asked other cases than the other systems of {asked.title}")
    scores = group.scores.metrics[asked.primary][[place[case] for case in cases]]
    seeds = tuple(one.manifest["seed"] for one in group.runs)
    hand = Hand(group.label, seeds, scores, read_answers(run.answers), media, inside)
    return hand, f"{group.label}: {note}" if note else ""


def _media(run: Run) -> tuple[Mapping[str, Path | Failure], Path | None, str]:
    """Return a run's files and the output folder they lie in, which is known only while the run lies in its place."""
    told: dict[str, Any] = run.manifest
    usual = folder_for(Path(), run.task, run.system, told["seed"], told["key"])
    depth = len(usual.parts)
    if ".." in usual.parts or usual.is_absolute() or run.folder.parts[-depth:] != usual.parts:
        lost = f"its run lies outside its output folder, where its media are (expected .../{usual})"
        return {}, None, lost if run.media.exists() else ""
    out = run.folder.parents[depth - 1]
    return (read_media(run.media, out) if run.media.exists() else {}), out, ""
