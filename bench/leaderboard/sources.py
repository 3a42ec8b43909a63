"""Where a leaderboard's figures come from: stored reports, submitted archives or folders, and runs at hand."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.errors import BenchError
from bench.report.board import Page, gather
from bench.report.groups import Group, Question, grouped
from bench.report.render import from_json
from bench.report.scored import Column, Scored, scored
from bench.report.scored_file import command, read_scored
from bench.store import find_runs
from bench.submission.confined import decode_apart
from bench.submission.limits import LIMITS
from bench.submission.opening import open_safely

SUBMISSIONS = "submissions"


@dataclass(frozen=True, slots=True)
class Source:
    """Pages under one name; `groups` are the runs behind them where these are at hand, by question and label.

    `scores` are the per-case scores of rows: those of runs, and those stored beside a report. `replaced` counts runs
    that a newer run of the same system and question replaces.
    """

    name: str
    pages: tuple[Page, ...]
    groups: Mapping[tuple[Question, str], Group] = field(default_factory=dict)
    replaced: int = 0
    scores: Mapping[tuple[Question, str], Column] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """How many rows its pages hold."""
        return sum(len(page.rows) for page in self.pages)


@contextmanager
def opened(results: Path, runs: Sequence[Path] = ()) -> Iterator[list[Source]]:
    """Yield the sources below `results` and the folders `runs`; what archives hold lies on disk until the end.

    `results` holds stored reports (`*.json`), some with per-case scores beside them (`*.parquet`), and, below
    `submissions`, archives and folders of finished runs. A file that is not what its place says is an error.
    """
    if not results.is_dir():
        raise BenchError(f"{results}: no such folder; expected reports from `navibench report --format json`")
    found = _stored(results)
    with tempfile.TemporaryDirectory(prefix="navibench-board-") as room:
        found += _submitted(results / SUBMISSIONS, Path(room))
        found += [_of_runs(folder.as_posix(), folder) for folder in runs]
        if not found:
            raise BenchError(f"{results}: no report in there; `navibench report --format json > {results}/NAME.json`")
        yield found


def _stored(results: Path) -> list[Source]:
    for path in sorted(results.glob("*.parquet")):
        if not path.with_suffix(".json").is_file():
            raise BenchError(f"{path}: no report beside it; `{command(path)}` makes both")
    found = []
    for path in sorted(results.glob("*.json")):
        pages, beside = tuple(from_json(path)), path.with_suffix(".parquet")
        found.append(Source(path.name, pages, scores=_columns(read_scored(beside, pages)) if beside.is_file() else {}))
    return found


def _columns(pages: Iterable[Scored]) -> dict[tuple[Question, str], Column]:
    return {key: column for page in pages for key, column in page.columns().items()}


def _submitted(folder: Path, room: Path) -> list[Source]:
    found = []
    for number, place in enumerate(sorted(folder.iterdir()) if folder.is_dir() else ()):
        archives = sorted(place.rglob("*.zip")) if place.is_dir() else [place] if place.suffix == ".zip" else []
        for count, archive in enumerate(archives):
            name = archive.relative_to(folder.parent).as_posix()
            found.append(_of_runs(name, _unpacked(archive, room / f"{number}-{count}")))
        if place.is_dir() and any(place.rglob("run.json")):
            found.append(_of_runs(f"{SUBMISSIONS}/{place.name}", place))
        elif not archives:
            raise BenchError(f"{place}: neither an archive from `navibench submit pack` nor a folder of finished runs")
    return found


def _unpacked(archive: Path, folder: Path) -> Path:
    """Return the folder of an archive's runs, unpacked and decoded as carefully as `navibench submit verify` does."""
    folder.mkdir()
    try:
        open_safely(archive, folder, LIMITS)
        for unfit in decode_apart(folder / "runs", LIMITS):
            raise unfit.reason
    except BenchError as error:
        raise BenchError(f"{archive}: {error}; see `navibench submit verify`") from None
    return folder / "runs"


def _of_runs(name: str, folder: Path) -> Source:
    runs = find_runs([folder.resolve()])
    told = grouped(runs)
    groups = {(asked, group.label): group for asked, members in told.items() for group in members}
    used = sum(len(group.runs) for group in groups.values())
    return Source(name, tuple(gather(runs)), groups, len(runs) - used, _columns(scored(told)))
