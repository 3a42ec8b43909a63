"""Models named as NAME@COMMIT: which files of theirs the local hub cache holds, and the command that fetches them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

from bench.errors import BenchError

NAME = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Pinned:
    """A repository of the hub at one commit, so that its weights cannot change."""

    name: str
    commit: str

    @property
    def command(self) -> str:
        """What fetches it into the hub's cache, where it is found without further settings."""
        return f"hf download {self.name} --revision {self.commit}"

    def folder(self) -> Path | None:
        """Return the folder of its files in the hub's cache, None where configuration or weights are not whole."""
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(self.name, "config.json", revision=self.commit)
        if not isinstance(found, str):
            return None
        folder = Path(found).parent
        return folder if has_weights(folder) else None


def pinned(name: str) -> Pinned | None:
    """Return the repository that NAME@COMMIT names, None for any other text; a commit has 40 digits."""
    found = NAME.fullmatch(name)
    if found is None and "@" in name and not Path(name).exists():
        raise BenchError(f"{name}: expected NAME@COMMIT with the 40 digits of a commit, or a folder")
    return None if found is None else Pinned(found[1], found[2])


def local(name: str) -> Path:
    """Return the folder of a model named by its folder or as NAME@COMMIT; nothing is downloaded."""
    repository = pinned(name)
    if repository is None:
        return Path(name)
    folder = repository.folder()
    if folder is None:
        raise BenchError(f"{name} is not in the hub's cache: {repository.command}")
    return folder


def has_weights(folder: Path) -> bool:
    """Return whether a folder holds its safetensors whole: one file, or all that its index names."""
    if (folder / "model.safetensors").is_file():
        return True
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return False
    told = json.loads(index.read_text(encoding="utf-8")).get("weight_map", {})
    return bool(told) and all((folder / name).is_file() for name in set(told.values()))
