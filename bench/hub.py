"""Things on the Hugging Face hub under one name, `hub:OWNER/NAME@COMMIT`: fetched when asked to, else read locally.

A run never goes online: what it names is in the local cache of huggingface_hub or it is an error. The commit decides
the bytes, so a branch or a tag, which can move, names nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path

from bench.errors import BenchError, unknown

PREFIX = "hub:"
TABLES = ("parquet", "csv", "tsv", "jsonl", "json", "inter", "item")
KINDS: dict[str, tuple[str, ...]] = {  # what is read of each kind; programs and pickled weights never are
    "model": ("*.safetensors", "*.json", "*.jinja", "*.model", "*.txt", "*.md"),
    "dataset": (*(f"*.{table}{packed}" for table in TABLES for packed in ("", ".gz")), "*.md"),
}
PICKLED = (".bin", ".ckpt", ".pickle", ".pkl", ".pt", ".pth")
SAFE = ".safetensors"
FORM = re.compile(r"hub:(?P<name>[\w.-]+/[\w.-]+)(?:@(?P<revision>.*))?", re.ASCII)
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Reference:
    """A model or data set of the hub at one commit (40 hexadecimal digits)."""

    name: str
    revision: str
    kind: str = "model"

    def __str__(self) -> str:
        """Return it as it is written."""
        return f"{PREFIX}{self.name}@{self.revision}"

    @property
    def fetching(self) -> str:
        """The command that fetches it."""
        return f"navibench fetch {self}{'' if self.kind == 'model' else f' --kind {self.kind}'}"


def is_reference(text: str | Path) -> bool:
    """Return whether a setting names something on the hub."""
    return str(text).startswith(PREFIX)


def reference(text: str | Path, kind: str = "model") -> Reference:
    """Return what a text `hub:OWNER/NAME@COMMIT` names; BenchError says how to find the commit where none is given."""
    if kind not in KINDS:
        raise unknown("kind", kind, KINDS)
    found = FORM.fullmatch(str(text))
    if found is None:
        raise BenchError(f"{text}: expected {PREFIX}OWNER/NAME@COMMIT")
    name, revision = found["name"], found["revision"] or ""
    if not COMMIT.fullmatch(revision):
        place = f"https://huggingface.co/{'datasets/' if kind == 'dataset' else ''}{name}"
        told = f"{revision!r} may mean other bytes tomorrow" if revision else "no commit is given"
        raise BenchError(
            f"{text}: {told}; expected {PREFIX}{name}@COMMIT with all 40 digits of a commit, as {place}/commits/main "
            f"lists them, or: git ls-remote {place} {revision or 'main'}"
        )
    return Reference(name, revision, kind)


def locate(text: str | Path, kind: str = "model", only: Sequence[str] = ()) -> Path:
    """Return the folder that a text names: a hub reference's in the local cache, any other text's own path.

    Nothing is downloaded. `only`: the patterns of the files that are needed, by default all of the kind. BenchError
    names the command that fetches what is absent or incomplete.
    """
    return cached(reference(text, kind), only) if is_reference(text) else Path(text)


def cached(wanted: Reference, only: Sequence[str] = ()) -> Path:
    """Return the folder of a reference in the local cache, whole; BenchError names the command that fetches it."""
    _need_library(wanted)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    fetching = " ".join([wanted.fetching, *(f'--only "{pattern}"' for pattern in only)])
    try:
        folder = Path(
            snapshot_download(
                wanted.name,
                repo_type=wanted.kind,
                revision=wanted.revision,
                allow_patterns=list(only or KINDS[wanted.kind]),
                local_files_only=True,
            )
        )
    except LocalEntryNotFoundError as error:
        part = "only in part " if "ncomplete" in type(error).__name__ else ""
        raise BenchError(f"{wanted} is {part}not in the local cache, and a run fetches nothing: {fetching}") from None
    refuse_pickled(wanted, [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()])
    return folder


def fetch(wanted: Reference, only: Sequence[str] = ()) -> Path:
    """Download a reference into the cache of huggingface_hub and return its folder.

    `only`: patterns that the files of a data set have to match. Programs and pickled weights stay away; a model that
    has no other weights is refused before anything of it is fetched. BenchError if the hub cannot be reached, has no
    such thing, or asks for a login (HF_TOKEN).
    """
    _need_library(wanted)
    if only and wanted.kind == "model":
        raise BenchError("--only is for data sets; a model is read from all of its files")
    from huggingface_hub import HfApi, snapshot_download

    try:
        names = HfApi().list_repo_files(wanted.name, repo_type=wanted.kind, revision=wanted.revision)
    except Exception as error:  # the library has a class for each status, and its transport some more
        raise _failed(wanted, error) from None
    refuse_pickled(wanted, names)
    chosen = [name for name in names if any(fnmatch(name, pattern) for pattern in only or KINDS[wanted.kind])]
    if not any(not name.endswith(".md") for name in chosen):
        told = ", ".join(sorted(names)[:8]) or "nothing"
        raise BenchError(
            f"{wanted}: no file that a {wanted.kind} is read from ({', '.join(only) or 'any'}); it has {told}"
        )
    try:
        folder = snapshot_download(
            wanted.name,
            repo_type=wanted.kind,
            revision=wanted.revision,
            allow_patterns=list(only or KINDS[wanted.kind]),
        )
    except Exception as error:  # as above
        raise _failed(wanted, error) from None
    return Path(folder)


def refuse_pickled(wanted: Reference, names: Sequence[str]) -> None:
    """Raise BenchError for a model whose weights are pickled only: to load those is to run what they contain."""
    pickled = sorted(name for name in names if name.endswith(PICKLED))
    if wanted.kind == "model" and pickled and not any(name.endswith(SAFE) for name in names):
        raise BenchError(
            f"{wanted}: its weights are pickled only ({', '.join(pickled[:3])}); take a commit with safetensors, or "
            "convert them (save_pretrained) and name the folder"
        )


def _failed(wanted: Reference, error: Exception) -> BenchError:
    reason = " ".join(f"{type(error).__name__}: {error}".split())[:240]
    return BenchError(
        f"{wanted} cannot be fetched as a {wanted.kind} ({reason}); check name, commit, --kind and network"
    )


def _need_library(wanted: Reference) -> None:
    if find_spec("huggingface_hub") is None:
        raise BenchError(f'{wanted} needs the package huggingface_hub: pip install "navibench[hub]"')
