"""From a file of a stranger's to unpacked members: whatever is wrong here, nothing more is read of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.io import file_sha256
from bench.submission.archive import Member, read_members, unpack
from bench.submission.faults import demand
from bench.submission.form import Entered, Form, check_manifest, read_form
from bench.submission.limits import Limits
from bench.submission.reasons import RefusalError
from bench.submission.strict import read_strict

TABLES = ("run.json", "answers.parquet", "scores.parquet", "media.parquet")


@dataclass(frozen=True, slots=True)
class Opened:
    """An unpacked archive: `names` are its members below `folder`, `told` is what `submission.json` holds."""

    folder: Path
    names: frozenset[str]
    told: dict[str, Any]

    def file(self, run: Entered, name: str) -> Path | None:
        """Return a run's file if it is a member: a form may name any folder, and only names of members are safe."""
        inner = f"runs/{run.folder}/{name}"
        return self.folder / inner if name in run.files and inner in self.names else None


def open_archive(path: Path, folder: Path, limits: Limits) -> Opened:
    """Unpack a checked archive into an empty folder; what is broken or hostile is refused at once."""
    members = read_members(path, limits)
    names = frozenset(member.name for member in members)
    if "submission.json" not in names:
        raise RefusalError("submission-absent", f"{len(names):,} members, none of them submission.json")
    check_places(members)
    unpack(path, members, folder)
    return Opened(folder, names, read_strict(folder / "submission.json", "submission.json", limits))


def check_places(members: list[Member]) -> None:
    """Refuse files where no run keeps any: tables and manifests lie in a run's folder, media below `runs/media`."""
    for member in members:
        parts = member.name.split("/")
        if member.name == "submission.json":
            continue
        is_media = parts[:2] == ["runs", "media"]
        if parts[0] != "runs" or is_media == (Path(member.name).suffix in (".json", ".parquet")):
            raise RefusalError("member-place", member.name)
        if not is_media and parts[-1] not in TABLES:
            raise RefusalError("member-place", member.name)


def file_faults(opened: Opened, form: Form) -> Iterator[RefusalError]:
    """Yield files that are not listed, listed and not there, or not those that were packed."""
    listed = form.listed()
    for name in sorted(opened.names - listed.keys() - {"submission.json"}):
        yield RefusalError("file-unlisted", name)
    for name in sorted(listed.keys() - opened.names):
        yield RefusalError("file-absent", name)
    for name, stated in listed.items():
        if name in opened.names and file_sha256(opened.folder / name) != stated:
            yield RefusalError("file-changed", name)


def open_safely(path: Path, folder: Path, limits: Limits) -> Form:
    """Unpack an archive and return its form; anything wrong with it, its files or its manifests is refused at once."""
    opened = open_archive(path, folder, limits)
    form = read_form(opened.told, limits.runs)
    demand(file_faults(opened, form))
    for run in form.runs:
        check_manifest(read_strict(folder / "runs" / run.folder / "run.json", f"{run.folder}/run.json", limits), run)
    return form
