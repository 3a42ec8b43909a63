"""What ran: the key that holds a run's whole configuration, and the versions and machine it ran on."""

from __future__ import annotations

import os
import platform
import re
import sys
from functools import cache
from hashlib import sha256
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from bench import catalogue
from bench.api import Train
from bench.config import plain
from bench.errors import BenchError
from bench.io import digest, file_sha256
from bench.plan import Job

# Reading or judging results and drawing tables cannot change an answer or a score, so these do not enter the key.
PRESENTATION = ("bench/cli", "bench/gate", "bench/report", "bench/reproduce", "bench/stats", "bench/submission")
IMPORT = re.compile(r"^\s*(?:from|import)\s+(\w+)[\w.]*\s", re.MULTILINE)
RECORDED = (
    *("navibench", "numpy", "pandas", "pillow", "pyarrow", "scipy", "snowballstemmer"),
    *("torch", "accelerate", "peft", "tokenizers", "transformers"),
    *("av", "diffusers", "lpips", "open_clip_torch", "torchmetrics", "torchvision"),
)


def run_key(job: Job, fingerprint: str) -> str:
    """Return the sha256 over everything that decides a run's answers and scores.

    That is: the card, the data, the system with its configuration, seed, limit, candidates, device and the source code
    of the harness and of the packages that hold the data loader, the system and the scorers, or that these import.
    """
    return digest({**described(job), "data": fingerprint, "code": code_digest(job.packages), **loaded(job)})


def fit_key(job: Job, fingerprint: str) -> str:
    """Return the sha256 over everything that decides what a system learns: data, settings, seed, device, source code.

    Limit, candidates, scorers and media do not, so runs that differ only in those share one folder of checkpoints.
    Nor do settings that a system's class lists as `answering`. `fingerprint` is `train_digest`'s.
    """
    told = described(job)
    leave = getattr(catalogue.system(job.system), "answering", ())
    config = {name: value for name, value in told["system"]["config"].items() if name not in leave}
    learnt = {"system": [job.system, job.target, config], "seed": job.seed, "device": told["device"]}
    return digest({**learnt, "data": fingerprint, "code": code_digest(job.packages), **loaded(job)})


def train_digest(train: Train) -> str:
    """Return the sha256 over what a system can read while it learns: texts, attributes, sequences, validation.

    Where the media lie does not enter: tasks that differ in nothing but pictures or clips share what is learnt.
    """
    items = [[name, item.title, item.caption, plain(item.attributes)] for name, item in sorted(train.items.items())]
    asked = [[example.query.id, example.query.history, example.targets] for example in train.validation]
    return digest([items, sorted(train.sequences.items()), asked])


def loaded(job: Job) -> dict[str, Any]:
    """Return the sha256 of what the system reads besides the data (checkpoints, base models), by folder name.

    A system says what that is with a class method `files(config)`; one that has none reads nothing.
    """
    told = getattr(catalogue.system(job.system), "files", None)
    folders = [] if told is None else [Path(place) for place in told(job.config)]
    return {"files": sorted([place.name, folder_digest(place)] for place in folders)} if folders else {}


def folder_digest(folder: Path) -> str:
    """Return the sha256 over the names and bytes of the files in a folder, or of a single file.

    Subfolders are left out, and cards (README.md), which no system reads.
    """
    if not folder.exists():
        raise BenchError(f"{folder}: no such file or folder, though a system reads it; name one that is there")
    files = (
        sorted(path for path in folder.iterdir() if path.is_file() and path.name != "README.md")
        if folder.is_dir()
        else [folder]
    )
    return digest([[path.name, file_sha256(path)] for path in files])


def described(job: Job) -> dict[str, Any]:
    """Return the job as JSON-able values: what was asked for, before anything was loaded."""
    return {
        "task": plain(job.task),
        "system": {
            "name": job.system,
            "target": job.target,
            "config": plain(job.config),
            "changed": plain(job.changed),
        },
        "seed": job.seed,
        "limit": job.limit,
        "seen": job.seen.value,
        "device": plain(job.device),
        **job.rendering.described(),
    }


@cache
def code_digest(packages: tuple[str, ...]) -> str:
    """Return the sha256 over the Python sources of the packages, whatever folder or machine they lie on.

    A module that is a single file stands for every .py file beside it, since it may import its neighbours; one that
    is installed among others (site-packages) stands for itself.
    """
    total = sha256()
    for name in sorted(with_imports({"bench", *packages})):
        for place, file in sorted(sources(name)):
            if not place.startswith(PRESENTATION):
                total.update(f"{place}\0{sha256(file.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def with_imports(names: set[str]) -> set[str]:
    """Return the packages and those they import, however far, that are neither built in nor installed for good."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        text = "\n".join(file.read_text(encoding="utf-8") for _, file in sources(name))
        waiting |= {other for other in set(IMPORT.findall(text)) - found if is_own(other)}
    return found


def is_own(name: str) -> bool:
    """Return whether a top-level module is source code in use: neither Python's own nor installed among others."""
    if name in sys.stdlib_module_names or (spec := find_spec(name)) is None:
        return False
    places = [Path(place) for place in (*(spec.submodule_search_locations or ()), spec.origin) if place]
    return bool(places) and not any({"site-packages", "dist-packages"} & set(place.parts) for place in places)


def sources(name: str) -> list[tuple[str, Path]]:
    """Return (place within the package, file) for every Python source of a top-level module."""
    module = import_module(name)
    if hasattr(module, "__path__"):  # a package, with or without __init__.py
        roots = [Path(root) for root in module.__path__]
        return [(f"{name}/{file.relative_to(root).as_posix()}", file) for root in roots for file in root.rglob("*.py")]
    if module.__file__ is None:
        raise BenchError(f"{name}: has no source file, so a run of it could not be told from a run of another version")
    own = Path(module.__file__)
    installed = "site-packages" in own.parts
    return [(file.name, file) for file in ([own] if installed else own.parent.glob("*.py"))]


@cache
def figures_digest() -> str:
    """Return the sha256 over the code that turns scores into figures (`bench/stats` and `bench/judge.py`)."""
    files = [file for file in sources("bench") if file[0].startswith(("bench/stats", "bench/judge.py"))]
    return digest([[place, sha256(file.read_bytes()).hexdigest()] for place, file in sorted(files)])


def host() -> dict[str, Any]:
    """Return the versions and the machine, without any name or path that tells whose machine it is."""
    return {
        "python": platform.python_version(),
        "platform": f"{sys.platform} {platform.machine()}",
        "cores": os.cpu_count() or 1,
        "packages": {name: found for name in RECORDED if (found := _version(name))},
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
