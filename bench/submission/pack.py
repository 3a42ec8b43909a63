"""From finished runs to one archive: equal runs and names are equal bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.errors import BenchError
from bench.io import canonical, file_sha256
from bench.media import rendered
from bench.store import Run, canonical_lines, find_runs, folder_of_runs
from bench.submission.archive import check_name, write_archive
from bench.submission.form import OPTIONAL, SCHEMA, Entered, check_manifest, check_sender
from bench.submission.reasons import RefusalError
from bench.submission.strict import read_strict


def pack(places: Sequence[Path], to: Path, name: str, contact: str, licence: str, media: bool = False) -> list[Run]:
    """Write the archive of every finished run at or below the places and return the runs.

    `media`: with the rendered pictures and clips. A Refusal says what `verify` would refuse of the runs' form.
    """
    check_sender(name, contact, licence)
    if to.suffix != ".zip":
        raise BenchError(f"{to}: expected a name that ends in .zip")
    runs = find_runs(places)
    files: dict[str, Path | bytes] = {}
    entered: dict[str, dict[str, Any]] = {}
    sent: dict[str, str] = {}
    for run in runs:
        line = enter(run)
        if line["folder"] in entered:
            raise RefusalError("submission-runs", f"{run.folder}: {line['folder']} is named twice")
        entered[line["folder"]] = line
        files |= {f"runs/{line['folder']}/{file}": run.folder / file for file in line["files"]}
        for path in media_of(run) if media else []:
            inner = path.relative_to(folder_of_runs(run, run.task) / "media").as_posix()
            sent[inner] = file_sha256(path)
            files[f"runs/media/{inner}"] = path
    told = {"schema": SCHEMA, "name": name, "contact": contact, "licence": licence, "media": sent}
    told["runs"] = [entered[folder] for folder in sorted(entered)]
    files["submission.json"] = canonical_lines(told).encode()
    for member in files:
        check_name(member.encode("utf-8", "replace"))
    write_archive(to, files)
    return runs


def enter(run: Run) -> dict[str, Any]:
    """Return a run's line of `submission.json`, its manifest checked as `verify` checks it."""
    told = run.manifest
    folder = f"{run.task}/{run.system.replace(':', '.')}/{run.folder.name}"
    present = [file for file in ("run.json", "answers.parquet", *OPTIONAL) if (run.folder / file).exists()]
    line = {
        "folder": folder,
        "task": run.task,
        "system": run.system,
        "seed": told["seed"],
        "files": {file: file_sha256(run.folder / file) for file in present},
        "figures": {name: figure["value"] for name, figure in told["figures"].items()},
    }
    canonical(line)
    check_manifest(read_strict(run.folder / "run.json", f"{folder}/run.json"), Entered(**line))
    return line


def media_of(run: Run) -> list[Path]:
    """Return the rendered files of a run, sorted; one that another tool put elsewhere cannot be sent."""
    place = folder_of_runs(run, run.task) / "media"
    found = sorted({path for path in rendered(run, run.task).values() if isinstance(path, Path)})
    for path in found:
        if not path.is_relative_to(place):
            raise RefusalError("media-place", f"{path} does not lie below {place}")
    return found
