"""Results on disk: one folder a run (`run.json`, `answers.parquet`, `scores.parquet`), found again by path or name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from bench.errors import BenchError
from bench.io import canonical, file_sha256, read_json, write_text
from bench.tables import Scores, read_scores

SCHEMA = 1
KEPT = ".runs"  # the name of a file of runs (`bench.kept`) ends so
REQUIRED: dict[str, set[str]] = {
    "key": set(),
    "asked": set(),
    "task": {"id", "version", "primary", "scorers"},
    "system": {"name", "config", "changed"},
    "seed": set(),
    "limit": set(),
    "seen": set(),
    "device": {"name", "dtype"},
    "data": {"fingerprint"},
    "code": {"asked", "judged", "figures"},
    "policies": {"level", "resamples"},
    "counts": {"cases", "users", "failed", "reasons"},
    "figures": set(),
    "seconds": {"ask", "attempts"},
    "host": {"python", "platform", "cores", "packages"},
    "files": {"answers.parquet", "scores.parquet"},
}


@dataclass(frozen=True)
class Run:
    """A run's folder; reading checks that what is there is what was written."""

    folder: Path

    whole: ClassVar[bool] = True
    """Whether answers lie beside the scores."""

    @property
    def answers(self) -> Path:
        """Where the answers are."""
        return self.folder / "answers.parquet"

    @property
    def scores(self) -> Path:
        """Where the per-case scores are."""
        return self.folder / "scores.parquet"

    @property
    def media(self) -> Path:
        """Where it says which files were rendered; absent where nothing was to be."""
        return self.folder / "media.parquet"

    @property
    def parts(self) -> Path:
        """Where answers wait until the last block is in."""
        return self.folder / "answers"

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The content of `run.json`; a missing, broken or newer one is an error."""
        path = self.folder / "run.json"
        return check_manifest(read_json(path), path)

    @property
    def task(self) -> str:
        """The task's id."""
        return str(self.manifest["task"]["id"])

    @property
    def system(self) -> str:
        """The system's name."""
        return str(self.manifest["system"]["name"])

    @property
    def label(self) -> str:
        """A name that tells runs apart in tables."""
        return f"{self.task} · {self.system} · {self.folder.name}"

    def finished(self, key: str) -> bool:
        """Return whether this folder holds the complete run of that key, its files unchanged."""
        if not (self.folder / "run.json").exists():
            return False
        if self.manifest["key"] != key:
            return False
        files = self.manifest["files"]
        return all((self.folder / name).is_file() and file_sha256(self.folder / name) == files[name] for name in files)

    def read_scores(self) -> Scores:
        """Return the per-case scores, or say that the file is not the one this run wrote."""
        stated = self.manifest["files"].get("scores.parquet")
        found = read_scores(self.scores)
        if file_sha256(self.scores) != stated:
            raise BenchError(
                f"{self.scores}: changed since the run was made; `navibench score {self.folder}` remakes it"
            )
        return found

    def write_manifest(self, content: dict[str, Any]) -> None:
        """Write `run.json`, the last act of a run."""
        self.__dict__.pop("manifest", None)
        write_text(self.folder / "run.json", canonical_lines(content))


def check_manifest(found: object, path: Path) -> dict[str, Any]:
    """Return what stands in a `run.json`; `path` names the place in errors, which are BenchErrors."""
    if not isinstance(found, dict) or not isinstance(found.get("schema"), int):
        raise BenchError(f"{path}: not a run; expected the keys described in docs/results-schema.md")
    if found["schema"] > SCHEMA:
        raise BenchError(f"{path}: schema {found['schema']} is newer than {SCHEMA}; upgrade navibench")
    for name, parts in REQUIRED.items():
        if name not in found or (parts and not (isinstance(found[name], dict) and parts <= found[name].keys())):
            raise BenchError(f"{path}: {name} is missing or incomplete; see docs/results-schema.md")
    return found


def canonical_lines(content: dict[str, Any]) -> str:
    """Return JSON with one top-level key a line, sorted: equal content is equal text, and a diff can be read."""
    rows = [f"{canonical(key)}: {canonical(content[key])}" for key in sorted(content)]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def folder_for(out: Path, task: str, system: str, seed: int, key: str) -> Path:
    """Return where a run lives: names for people, the key's head for certainty."""
    return out.joinpath(*task.split("/"), system.replace(":", "."), f"{seed}-{key[:12]}")


def folder_of_runs(run: Run, task: str) -> Path:
    """Return the output folder that a run lies in, which also holds what runs share."""
    return run.folder.parents[task.count("/") + 2]


def checkpoints_for(out: Path, system: str, seed: int, key: str) -> Path:
    """Return where a system keeps its checkpoints: beside the tasks, shared by all runs that learn the same."""
    return out.joinpath("fits", system.replace(":", "."), f"fit-{seed}-{key[:12]}")


def shared_for(out: Path, code: str) -> Path:
    """Return where systems made of the same code (its sha256) keep stages that more than one of them needs."""
    return out.joinpath("fits", "shared", code[:12])


def replies_for(out: Path) -> Path:
    """Return where replies that were paid for are kept, by what was asked of whom: no code makes them untrue."""
    return out.joinpath("fits", "replies")


def find_runs(places: Iterable[Path]) -> list[Run]:
    """Return every finished run at or below the places, sorted by folder; a place without any is an error.

    A place may be a file of runs, which stands for the folder that they lay in.
    """
    found: dict[Path, Run] = {}
    for place in places:
        if not place.exists():
            raise BenchError(f"{place}: no such folder; runs are made by `navibench run`")
        if place.suffix == KEPT and place.is_file():
            from bench.kept import read_kept

            found.update({run.folder.resolve(): run for run in read_kept(place)})
            continue
        paths = [place / "run.json"] if (place / "run.json").exists() else sorted(place.rglob("run.json"))
        if not paths:
            raise BenchError(f"{place}: no finished run in there; runs are made by `navibench run`")
        found.update({path.parent.resolve(): Run(path.parent) for path in paths})
    return [found[path] for path in sorted(found)]


def current(runs: Iterable[Run]) -> list[Run]:
    """Return the runs without those that a newer run of the same question to the same system replaces."""
    newest: dict[str, Run] = {}
    for run in sorted(runs, key=lambda run: (run.manifest["asked"], run.folder)):
        told = run.manifest
        asked = [told["data"]["fingerprint"], told["task"]["version"], told["seen"], told["limit"], told["seed"]]
        asked += [told["device"], told.get("rendering")]
        newest[canonical([run.task, run.system, told["system"]["changed"], *asked])] = run
    return sorted(newest.values(), key=lambda run: run.folder)
